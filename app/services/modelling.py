"""Training as a use case: ledgers in, artefacts out. Nothing that serves imports this."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from app import CODE_VERSION
from app.assessment import Basis, assess, faults
from app.domain.errors import TrainingError
from app.domain.frames import Frames
from app.features.base import landmark_base
from app.features.context import Context
from app.features.feature import Stage
from app.policy.policy import Policy, Rules
from app.scoring.action_effects import FOLLOWED, EffectsSpec, estimate_effects
from app.scoring.artifact import load
from app.scoring.effects_artifact import save_effects
from app.scoring.rating import rate
from app.scoring.spec import TrainingSpec
from app.scoring.training import train
from app.warning.effects import EffectTable

Progress = Callable[[str, int, int], None]
_LIBRARIES: Final = ("numpy", "polars")
_NAMES: Final = (("cluster", "township_code"), ("loan", "loan_id"))  # made unique over counties


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedCounty:
    """A county whose loans are known under every action, as only simulated ones can be.

    `outcomes`: loan_id, action, defaulted, repaid_by_24m, loss_fen. `strength` of the actions' assumed
    effects: central, low or high. `origin` says in plain values what county it is.
    """

    frames: Frames
    outcomes: pl.DataFrame
    strength: str
    origin: Mapping[str, Any]


def train_estimators(
    counties: Sequence[Frames],
    out_dir: Path,
    *,
    policy: Policy,
    known_until: date,
    trained_on: str,
    progress: Progress,
) -> Mapping[str, str]:
    """This function will train every estimator on the ledgers and save it below `out_dir`: ids by name.

    `policy` says when a loan counts as defaulted and rates each row by the rules of `known_until`, so that
    the rating stands beside the estimate. Raises TrainingError with what to do; nothing half is left.
    """
    rules = policy.at(known_until)
    days = int(rules.parameters["default_days_after_maturity"])
    ids = {}
    for done, stage in enumerate(Stage):
        progress("训练 train", done, len(Stage))
        spec = TrainingSpec(stage=stage, trained_on=trained_on, known_until=known_until, default_days=days)
        artefact = train(counties, spec, rating=lambda rows: rate(rows, rules)["rating_points"])
        ids[stage.value] = artefact.save(out_dir / stage.value)
    progress("训练 train", len(Stage), len(Stage))
    return ids


def train_effects(
    counties: Iterable[FollowedCounty],
    models_dir: Path,
    *,
    policy: Policy,
    known_until: date,
    trained_on: str,
) -> str:
    """This function will estimate what actions change and save it beside the estimators: the artefact's id.

    Every loan is assessed on the day of its formal assessment by the maturity estimator in `models_dir` and
    the rules of `known_until`, on what was known then. Raises ArtefactError without that estimator.
    """
    estimator = load(models_dir / Stage.MATURITY.value)
    basis = Basis(policy=policy, estimator=estimator, effects=EffectTable.of(None))
    parts: list[pl.DataFrame] = []
    origins: list[dict[str, Any]] = []
    for county in counties:
        parts.append(_followed(county, len(parts), basis, known_until))
        origins.append(dict(county.origin))
    spec = EffectsSpec(basis=trained_on)
    origin = {
        "trained_on": trained_on,
        "estimator": estimator.artefact_id,
        "policy": policy.name,
        "known_until": known_until.isoformat(),
        "counties": origins,
        "spec": spec.to_dict(),
        "versions": {"xindeng": CODE_VERSION} | {name: version(name) for name in _LIBRARIES},
    }
    return save_effects(models_dir, estimate_effects(pl.concat(parts), spec), origin)


def _followed(county: FollowedCounty, number: int, basis: Basis, until: date) -> pl.DataFrame:
    """Set beside each loan's formal assessment what became of it under every action."""
    named = [pl.format("{}-{}", pl.lit(number), c).alias(n) for n, c in _NAMES]
    failed = (pl.col("defaulted") | ~pl.col("repaid_by_24m")).alias("failed")
    rows = _formally_assessed(county.frames, basis, until).join(county.outcomes, on="loan_id")
    told = rows.filter(pl.col("pd_ppm").is_not_null()).with_columns(
        *named, failed, strength=pl.lit(county.strength)
    )
    return told.rename({"top_cause": "cause", "loss_fen": "loss"}).select(FOLLOWED)


def _formally_assessed(frames: Frames, basis: Basis, until: date) -> pl.DataFrame:
    rules = basis.policy.at(until)
    day = pl.col("matures_on").dt.offset_by(f"-{_formal_days(rules)}d").alias("as_of")
    loans = frames["loans"].unique("loan_id", keep="first", maintain_order=True).with_columns(day)
    running = pl.col("as_of").is_between("disbursed_on", until)
    base = landmark_base(frames, loans.filter(running).select("loan_id", "as_of"))
    sound = base.join(faults(base), on="loan_id", how="anti", maintain_order="left")
    context = Context.of(frames, sound["as_of"].unique().to_list())
    rows = sound.drop("row").with_row_index("row")
    return assess(frames, rows, as_of=until, basis=replace(basis, context=context)).select(
        "loan_id", "township_code", "pd_ppm", "top_cause"
    )


def _formal_days(rules: Rules) -> int:
    """Tell how many days before maturity the assessment of record is made."""
    days = [step.now.days_before for step in rules.reminders if step.now.formal]
    if not days:
        raise TrainingError(
            zh="政策包没有规定到期前的正式研判日。", en="The pack names no day of formal assessment."
        )
    return max(days)
