"""The pipeline, on one screen: frames and a day go in, assessments come out. No clock, no I/O (design §1)."""

from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Final

import polars as pl

from app import CODE_VERSION
from app.domain.errors import NoRulesInForceError
from app.domain.frames import Frames
from app.domain.money import PPM
from app.domain.words import Light
from app.features.build import build
from app.features.context import Context
from app.features.fingerprint import digest, row_hashes
from app.policy.evaluate import outcomes
from app.policy.policy import Policy, Rules
from app.scoring.explanation import agreement
from app.scoring.pd_model import Estimator, estimate, shadow
from app.scoring.rating import rate
from app.warning.calendar import judge_reminders
from app.warning.causes import judge_causes
from app.warning.effects import EffectTable
from app.warning.lights import judge_evidence, judge_guards, judge_lights
from app.warning.next_change import marks, next_change_on
from app.warning.recommendation import recommend
from app.warning.triggers import judge_triggers

# Urgency sorts lists: the light first, then the day of maturity, then the estimate; lower is more urgent.
_DAYS_STRIDE: Final = 10 * PPM
_LIGHT_STRIDE: Final = 1_000_000 * _DAYS_STRIDE
_DAYS_SHIFT: Final = 500_000


_SHARED_PAYLOAD: Final = (
    "rating_parts",
    "rating_indicators",
    "rating_refer",
    "limit_granted",
    "reasons",
    "causes",
    "agreement_why",
)
_VERSIONS: Final = ("watermark", "policy", "policy_hash", "artefact_id", "code_version", "inputs_hash")
_OPINIONS: Final = (
    "pd_ppm",
    "pd_low_ppm",
    "pd_high_ppm",
    "margin_fixed",
    "rating_points",
    "rating_grade",
    "rating_limit",
    "agreement",
    "top_cause",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one kind of assessment is stored: the columns of its natural key, its payload and its columns."""

    key: tuple[str, ...]
    payload: tuple[str, ...]
    columns: tuple[str, ...]


LOANS: Final = Form(
    key=("loan_id", "as_of", "policy_hash", "artefact_id", "code_version", "inputs_hash"),
    payload=(
        *_SHARED_PAYLOAD,
        "triggers",
        "data_gaps",
        "guards",
        "pd_threshold_ppm",
        "actions",
        "second_person",
        "reminders",
        "formal_due_on",
        "term_months",
        "use_mode",
    ),
    columns=(
        "assessment_id",
        "loan_id",
        "household_id",
        "borrower_id",
        "township_code",
        "village_code",
        "bank",
        "industry",
        "kind",
        "amount",
        "balance",
        "disbursed_on",
        "matures_on",
        "days_to_maturity",
        "as_of",
        *_VERSIONS,
        "light",
        "trigger_light",
        "model_light",
        "data_gap",
        *_OPINIONS,
        "top_action",
        "urgency",
        "next_change_on",
        "payload",
    ),
)
APPLICATIONS: Final = Form(
    key=("application_id", "as_of", "policy_hash", "artefact_id", "code_version", "inputs_hash"),
    payload=(*_SHARED_PAYLOAD, "eligibility", "eligibility_spoke", "eligibility_unclear"),
    columns=(
        "assessment_id",
        "application_id",
        "household_id",
        "borrower_id",
        "bank",
        "industry",
        "amount",
        "term_months",
        "as_of",
        *_VERSIONS,
        *_OPINIONS,
        "eligibility",
        "payload",
    ),
)
# An application has no triggers and no required evidence yet; causes are named from facts and estimate.
_NO_WARNINGS: Final = (
    pl.lit([], pl.List(pl.Struct({"code": pl.String(), "cause": pl.String()}))).alias("triggers"),
    pl.lit([], pl.List(pl.Struct({"code": pl.String()}))).alias("data_gaps"),
)
_NO_EFFECTS: Final = EffectTable.of(None)
# What makes a loan unfit to be assessed: it is quarantined with the reason.
_FAULTS: Final = (
    (pl.col("village_code").is_null(), "农户没有所在村"),
    (pl.col("matures_on").is_null(), "没有到期日期"),
    (pl.col("matures_on") <= pl.col("disbursed_on"), "到期日期不晚于放款日期"),
    (pl.col("amount") <= 0, "贷款金额不大于零"),
)


_JOINT: Final = "+"  # between the ids of the artefacts that an assessment rests on


def estimator_id(artefact_id: str) -> str:
    """This function will give the estimator's part of what an assessment names as its artefacts.

    >>> estimator_id("0a+1b"), estimator_id("0a")
    ('0a', '0a')
    """
    return artefact_id.partition(_JOINT)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What assessments rest on beside the facts: the rules' pack, an estimator and the effects of actions.

    `challengers` estimate too, in a column `shadow` of their own, and move nothing.
    """

    policy: Policy
    estimator: Estimator | None
    effects: EffectTable
    context: Context | None = None
    challengers: tuple[Estimator, ...] = ()

    @property
    def artefact_id(self) -> str:
        """This function will name the artefacts that speak: the estimator's id, joined by the effects'.

        Empty where there is no estimator: without a probability there is nothing that effects could move.
        """
        ids = (self.estimator.artefact_id, self.effects.artefact_id) if self.estimator else ()
        return _JOINT.join(filter(None, ids))


def assess(frames: Frames, base: pl.DataFrame, *, as_of: date, basis: Basis) -> pl.DataFrame:
    """This function will assess loans, one or a million: `base` from `loan_base`, one row per loan.

    Gives the columns of ASSESSMENT_SCHEMA in the order of `base`; every reason is in `payload` as JSON.
    Raises NoRulesInForceError when the pack says nothing for the day.
    """
    rules = basis.policy.at(as_of)
    judged = judge(frames, base, as_of=as_of, basis=basis)
    judged = _with(judged, judge_reminders(judged, rules))
    until = basis.policy.next_change_after(as_of)
    judged = judged.with_columns(next_change_on(judged, marks(rules), policy_changes_on=until), _urgency())
    return _stored_form(judged, basis, frames.watermark, LOANS)


def judge(frames: Frames, base: pl.DataFrame, *, as_of: date, basis: Basis) -> pl.DataFrame:
    """This function will judge loans up to the recommendation, and keep the features that it rests on."""
    rules = basis.policy.at(as_of)
    judged = lit(_opinions(frames, base, rules, basis), rules)
    judged = _with(judged, judge_causes(judged, rules))
    loss = rules.parameters["loss_given_default"]
    return _with(judged, recommend(judged, rules, basis.effects, loss_given_default=loss))


def lit(judged: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will add lights with all their reasons to features with `pd_ppm`: the one way to a light.

    What it adds is that of `judge_triggers`, `judge_evidence`, `judge_guards` and `judge_lights`.
    """
    spoken = _with(
        judged, judge_triggers(judged, rules), judge_evidence(judged, rules), judge_guards(judged, rules)
    )
    return _with(spoken, judge_lights(spoken, thresholds(rules)))


def appraise(frames: Frames, base: pl.DataFrame, *, as_of: date, basis: Basis) -> pl.DataFrame:
    """This function will appraise applications by the same steps: `base` from `application_base`.

    Gives identity, rating, eligibility, estimate and versions; every reason is in `payload` as JSON.
    """
    rules = basis.policy.at(as_of)
    # the base lists every application once, in order of its id
    ids = frames["applications"]["application_id"].unique().sort()
    judged = _opinions(frames, base, rules, basis).with_columns(ids)
    judged = _with(judged, _eligibility(judged, rules))
    judged = _with(judged, judge_causes(judged.with_columns(_NO_WARNINGS), rules))
    # nothing is done about an application, so that no effect of an action speaks in it
    return _stored_form(judged, replace(basis, effects=_NO_EFFECTS), frames.watermark, APPLICATIONS)


def faults(base: pl.DataFrame) -> pl.DataFrame:
    """This function will name the loans that cannot be assessed and why: loan_id, reason."""
    found = [pl.when(test).then(pl.lit(reason)) for test, reason in _FAULTS]
    reason = pl.concat_str(found, separator="；", ignore_nulls=True)
    return base.select("loan_id", reason.alias("reason")).filter(pl.col("reason") != "")


def thresholds(rules: Rules) -> dict[Light, int]:
    """This function will give the estimate's thresholds of the lights in parts per million.

    Raises NoRulesInForceError where a pack reaches back to days on which it has no lights.
    """
    if "pd_red" not in rules.parameters:
        raise NoRulesInForceError(
            zh=f"政策包“{rules.policy}”自 {rules.since} 起没有红黄绿灯的界限，不能研判",
            en=f"the policy pack {rules.policy!r} has no lights from {rules.since} on, so it cannot assess",
            policy=rules.policy,
            day=rules.since.isoformat(),
        )
    return {light: round(rules.parameters[f"pd_{light.value}"] * PPM) for light in (Light.YELLOW, Light.RED)}


def _opinions(frames: Frames, base: pl.DataFrame, rules: Rules, basis: Basis) -> pl.DataFrame:
    """Put the two opinions side by side: rating and estimate, on the same features."""
    bounds = thresholds(rules)  # before all work: a day without lights is told at once
    features = build(frames, base, context=basis.context)
    inputs = pl.Series("inputs_hash", row_hashes(features.drop("row")))
    rated = _with(features.with_columns(inputs), rate(features, rules), estimate(features, basis.estimator))
    rates = basis.estimator.rating_rates if basis.estimator else None
    watched = (shadow(features, basis.challengers),) if basis.challengers else ()
    return _with(rated, agreement(rated, bounds, rates), *watched)


def _with(frame: pl.DataFrame, *parts: pl.DataFrame) -> pl.DataFrame:
    return reduce(lambda whole, part: whole.hstack(part.drop("row")), parts, frame)


def _eligibility(judged: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    said = outcomes(rules.eligibility, judged, rules.parameters)
    return judged.select("row").hstack(
        said.rename({name: f"eligibility_{name}" for name in said.columns[1:]})
    )


def _urgency() -> pl.Expr:
    light = (Light.RED.rank - pl.col("light_rank").cast(pl.Int64)) * _LIGHT_STRIDE
    days = (pl.col("days_to_maturity").cast(pl.Int64) + _DAYS_SHIFT).clip(0, 2 * _DAYS_SHIFT - 1)
    return (light + days * _DAYS_STRIDE + PPM - pl.col("pd_ppm").fill_null(PPM)).alias("urgency")


def _stored_form(judged: pl.DataFrame, basis: Basis, watermark: int, form: Form) -> pl.DataFrame:
    """Bring assessments into the columns that are stored; the id is the hash of the natural key."""
    known = judged.with_columns(
        watermark=pl.lit(watermark),
        policy=pl.lit(basis.policy.name),
        policy_hash=pl.lit(basis.policy.content_hash),
        artefact_id=pl.lit(basis.artefact_id),
        code_version=pl.lit(CODE_VERSION),
    )
    key = known.select(
        pl.concat_str(*(pl.col(c).cast(pl.String) for c in form.key), separator="|")
    ).to_series()
    ids = pl.Series("assessment_id", [digest(text.encode()) for text in key])
    payload = pl.struct(form.payload).struct.json_encode().alias("payload")
    watched = ("shadow",) if basis.challengers else ()
    return known.with_columns(ids, payload).select(*form.columns, *watched)
