"""The two opinions of an assessment in words: rating, estimate, how they relate, causes, reasons."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from app.assessment import Basis, estimator_id
from app.domain.money import PPM
from app.domain.words import Agreement, Cause
from app.policy.policy import Rules
from app.scoring.explanation import reason_sentences
from app.scoring.explanation_tables import FRACTION_BITS
from app.scoring.pd_model import Estimator
from app.services.clauses import clause, find, word_of
from app.warning.effects import ESTIMATE
from app.warning.sentences import cause_sentence

Told = dict[str, Any]
Row = Mapping[str, Any]

_NO_ARTEFACT: Final = (
    "没有可用的模型，仅由评级和规则判断。",
    "There is no trained estimator; the rating and the rules decide.",
)
_OUT_OF_RANGE: Final = (
    "距到期天数超出模型适用范围，仅由规则判断。",
    "Maturity is outside the range the estimator was trained for; the rules decide.",
)
_ONE_OPINION: Final = (
    "两种意见缺一，无法比较。",
    "One of the two opinions is missing; there is nothing to compare.",
)
_AGREEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Agreement.AGREE: "agree",
        Agreement.RATING_KINDER: "the rating is kinder",
        Agreement.RATING_STRICTER: "the rating is stricter",
        Agreement.ONE_ONLY: "only one of them speaks",
    }
)


def rating(row: Row, payload: Row, rules: Rules) -> Told:
    """This function will tell the rating with every indicator's points and citation.

    `limit` is the grade's within the cap in force, `grade_limit` the grade's own; both in fen.
    """
    return {
        "points": row["rating_points"],
        "grade": row["rating_grade"],
        "limit": payload["limit_granted"],
        "grade_limit": row["rating_limit"],
        "parts": [_part(code, points, rules) for code, points in (payload["rating_parts"] or {}).items()],
        "indicators": [
            _indicator(code, seen, rules) for code, seen in (payload["rating_indicators"] or {}).items()
        ],
    }


def _part(code: str, points: int | None, rules: Rules) -> Told:
    labels, found = clause(rules, "parts", code), find(rules, "parts", code)
    most = None if found is None else found.now.points
    return {"code": code, "zh": labels["zh"], "en": labels["en"], "points": points, "of": most}


def _indicator(code: str, seen: Row, rules: Rules) -> Told:
    found = find(rules, "indicators", code)
    own = (
        {"part": "", "unit": "", "of": None}
        if found is None
        else {"part": found.entry.part, "unit": found.entry.unit, "of": found.now.best}
    )
    return {**clause(rules, "indicators", code), **own, "value": seen["value"], "points": seen["points"]}


def estimate(row: Row, basis: Basis) -> Told:
    """This function will tell the probability of default, or plainly why there is none."""
    estimator = basis.estimator
    known = row["pd_ppm"] is not None
    why = (None, None) if known else _NO_ARTEFACT if estimator is None else _OUT_OF_RANGE
    shares = {
        name: row[ppm] / PPM if known else None
        for name, ppm in (("value", "pd_ppm"), ("low", "pd_low_ppm"), ("high", "pd_high_ppm"))
    }
    return {
        **shares,
        "estimator": estimator_id(row["artefact_id"]) or None,
        "trained_on": trained_on(row, basis),
        "why_zh": why[0],
        "why_en": why[1],
    }


def trained_on(row: Row, basis: Basis) -> str | None:
    """This function will say what the artefact of an assessment was trained on, if it is still at hand."""
    estimator = _at_hand(row, basis)
    return None if estimator is None else str(estimator.trained_on)


def _at_hand(row: Row, basis: Basis) -> Estimator | None:
    estimator = basis.estimator
    same = estimator is not None and estimator.artefact_id == estimator_id(row["artefact_id"])
    return estimator if same else None


def agreement(row: Row, payload: Row) -> Told:
    """This function will say whether rating and estimate agree, and why not."""
    word = word_of(Agreement, row["agreement"])
    why = payload["agreement_why"] or {}
    return {
        "word": word.value,
        "zh": word.zh,
        "en": _AGREEMENTS[word],
        "why_zh": why.get("zh") or _ONE_OPINION[0],
        "why_en": why.get("en") or _ONE_OPINION[1],
    }


def causes(row: Row, payload: Row, rules: Rules, basis: Basis) -> list[Told]:
    """This function will tell the causes in order, each with what it rests on and whether it is `sure`.

    A recorded fact is sure. Of what the estimate names, a first cause is that leads the next by more than
    the estimator's own lead; otherwise all that lie so close to the first are unsure, and say so.
    """
    estimator = _at_hand(row, basis)
    lead = 0 if estimator is None else estimator.cause_lead
    first, second, *_ = (*(c["weight"] for c in payload["causes"] if c["basis"] == ESTIMATE), 0, 0)
    doubted = first - lead if first - second < lead else first
    return [_cause(cause, rules, doubted) for cause in payload["causes"]]


def _cause(cause: Row, rules: Rules, doubted: int) -> Told:
    """Tell a cause; of the estimate's, those of more weight than `doubted` are unsure."""
    weight = cause["weight"]
    sure = cause["basis"] != ESTIMATE or weight <= doubted
    said = cause_sentence(cause, rules, sure=sure)
    return {
        "cause": cause["cause"],
        "zh": word_of(Cause, cause["cause"]).zh,
        "basis": cause["basis"],
        "weight": None if weight is None else weight * 2.0**-FRACTION_BITS,
        "sure": sure,
        "sentence_zh": said.zh,
        "sentence_en": said.en,
    }


def reasons(payload: Row) -> list[Told]:
    """This function will tell the features that speak against the loan, the strongest first (log-odds)."""
    return [_reason(reason) for reason in payload["reasons"] or ()]


def _reason(reason: Row) -> Told:
    zh, en = reason_sentences(reason)
    seen = {name: reason[name] for name in ("code", "feature", "cause", "value", "typical", "unit")}
    contribution = reason["contribution"] * 2.0**-FRACTION_BITS
    return {**seen, "sentence_zh": zh, "sentence_en": en, "contribution": contribution}


def versions(row: Row, basis: Basis) -> Told:
    """This function will name what an assessment rests on."""
    return {
        "policy": row["policy"],
        "policy_hash": row["policy_hash"],
        "artefact_id": row["artefact_id"],
        "code": row["code_version"],
        "watermark": row["watermark"],
        "trained_on": trained_on(row, basis),
    }
