"""Causes: a recorded fact outranks what moved the estimate when a cause is named (design §6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.words import Cause
from app.policy.policy import Resolved, Rules
from app.policy.schema import RecordedCause, RecordedCauseInForce
from app.warning.lists import fired, lists

NO_CAUSE: Final = ""  # of a loan with nothing adverse: never null, so that lists can page and filter by it
SHAP_COLUMNS: Final = {f"shap_{cause.value}": cause.value for cause in Cause}
_CAUSES: Final = pl.Series("cause", [cause.value for cause in Cause])
_ENUM: Final = pl.Enum(_CAUSES)
_MONITORING: Final = tuple(Cause).index(Cause.MONITORING)
_RECORDED: Final = 0
_WEIGHED: Final = 2  # sections that the estimate's weight stands beside: recorded facts and its own
_BASES: Final = pl.Series("basis", ["recorded", "estimate", "trigger", "evidence"])  # by section
Fact = Resolved[RecordedCause, RecordedCauseInForce]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Section:
    """Causes of one basis, in the order that they have in each loan: where, which, and the rules' codes."""

    at: Ints
    cause: Ints
    codes: pl.Series


def judge_causes(judged: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will name the causes that speak in every loan.

    `judged` is the features frame with `shap_<cause>` (Int64 log-odds in fixed point, nullable),
    `triggers` and `data_gaps`. Gives `row`, `top_cause` (`""` when nothing is adverse) and `causes`:
    `cause`, `basis`, `weight` (the estimate's, null without one) and `code` (null for an estimate).
    The order of `basis`: `recorded` facts by the pack's priority; the `estimate` where it is adverse,
    the largest first; then a `trigger` and missing `evidence`, for causes that nothing named yet.
    """
    weights = _weights(judged)
    sections = (_recorded(judged, rules), _estimated(weights), _triggered(judged), _unseen(judged))
    at, entries = _named(sections, weights)
    causes = lists(judged.height, at, entries, "causes")
    top = causes.list.first().struct.field("cause").fill_null(NO_CAUSE).alias("top_cause")
    return pl.DataFrame([judged["row"], top, causes])


def _weights(judged: pl.DataFrame) -> pl.DataFrame:
    """(loans, causes): what the estimate says of each, null without one."""
    columns = [pl.col(c) if c in judged.columns else pl.lit(None).alias(c) for c in SHAP_COLUMNS]
    return judged.select("row", *columns).drop("row").cast(pl.Int64)


def _named(sections: Sequence[_Section], weights: pl.DataFrame) -> tuple[Ints, pl.DataFrame]:
    """Put the sections in order, loan by loan, and leave out what an earlier one named; facts all stay."""
    at = np.concatenate([section.at for section in sections])
    cause = np.concatenate([section.cause for section in sections])
    number = np.repeat(np.arange(len(sections)), [len(section.at) for section in sections])
    order = np.lexsort((number, at))
    new = number[order] == _RECORDED
    new[np.unique(at[order] * len(_CAUSES) + cause[order], return_index=True)[1]] = True
    kept = order[new]
    codes = pl.concat([section.codes for section in sections]).gather(kept).alias("code")
    weight = _looked_up(weights, at[kept], cause[kept], number[kept] < _WEIGHED)
    return at[kept], pl.DataFrame([_CAUSES.gather(cause[kept]), _BASES.gather(number[kept]), weight, codes])


def _looked_up(weights: pl.DataFrame, at: Ints, cause: Ints, weighed: NDArray[np.bool_]) -> pl.Series:
    """The weight of each cause where there is one; null elsewhere."""
    given = weighed & weights.select(pl.all().is_not_null()).to_numpy()[at, cause]
    numbers = pl.Series("weight", weights.fill_null(0).to_numpy()[at, cause])
    return numbers.set(pl.Series(~given), None)


def _recorded(judged: pl.DataFrame, rules: Rules) -> _Section:
    facts, conditions = _facts(rules)
    at, which = fired(judged, conditions)
    causes = np.array([tuple(Cause).index(fact.entry.cause) for fact in facts], dtype=np.int64)
    codes = pl.Series([fact.code for fact in facts], dtype=pl.String)
    return _Section(at=at, cause=causes[which], codes=codes.gather(which))


def _estimated(weights: pl.DataFrame) -> _Section:
    numbers = weights.fill_null(0).to_numpy()
    at, cause = np.nonzero(numbers > 0)
    order = np.lexsort((cause, -numbers[at, cause], at))
    codes = pl.Series([None], dtype=pl.String).new_from_index(0, len(at))
    return _Section(at=at[order], cause=cause[order], codes=codes)


def _triggered(judged: pl.DataFrame) -> _Section:
    at, entries = _exploded(judged["triggers"])
    causes = entries.struct.field("cause").cast(_ENUM).to_physical().cast(pl.Int64).to_numpy()
    return _Section(at=at, cause=causes, codes=entries.struct.field("code"))


def _unseen(judged: pl.DataFrame) -> _Section:
    at, entries = _exploded(judged["data_gaps"])
    return _Section(at=at, cause=np.full(len(at), _MONITORING), codes=entries.struct.field("code"))


def _exploded(lists_of: pl.Series) -> tuple[Ints, pl.Series]:
    """The entries of all lists, one after another, and the loans that they belong to."""
    counts = lists_of.list.len()
    at = np.repeat(np.arange(len(counts)), counts.to_numpy())
    return at, lists_of.filter(counts > 0).explode()


@cache
def _facts(rules: Rules) -> tuple[tuple[Fact, ...], tuple[pl.Expr, ...]]:
    ordered = sorted(rules.recorded_causes, key=lambda fact: (fact.entry.priority, fact.code))
    return tuple(ordered), tuple(fact.now.when.expression(rules.parameters) for fact in ordered)
