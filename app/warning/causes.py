"""Causes: a recorded fact outranks what moved the estimate when a cause is named (design §6)."""

from functools import cache
from typing import Final

import polars as pl

from app.domain.words import Cause
from app.policy.policy import Resolved, Rules
from app.policy.schema import RecordedCause, RecordedCauseInForce
from app.warning.lists import AT, fired, lists

NO_CAUSE: Final = ""  # of a loan with nothing adverse: never null, so that lists can page and filter by it
SHAP_COLUMNS: Final = {f"shap_{cause.value}": cause.value for cause in Cause}
_NAMED: Final = {"cause": pl.String, "basis": pl.String, "weight": pl.Int64, "code": pl.String}
Fact = Resolved[RecordedCause, RecordedCauseInForce]
_SORT: Final = (AT, "section", "order")


def judge_causes(judged: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will name the causes that speak in every loan.

    `judged` is the features frame with `shap_<cause>` (Int64 log-odds in fixed point, nullable),
    `triggers` and `data_gaps`. Gives `row`, `top_cause` (`""` when nothing is adverse) and `causes`:
    `cause`, `basis`, `weight` (the estimate's, null without one) and `code` (null for an estimate).
    The order of `basis`: `recorded` facts by the pack's priority; the `estimate` where it is adverse,
    the largest first; then a `trigger` and missing `evidence`, for causes that nothing named yet.
    """
    frame = judged.lazy().with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(AT))
    weights = _weights(frame, judged.columns)
    estimated = _section(weights.filter(pl.col("weight") > 0), 1, "estimate", order=-pl.col("weight"))
    parts = [_recorded(judged, rules, weights), estimated, _triggered(frame), _unseen(frame)]
    ordered = pl.concat(parts).sort(*_SORT, maintain_order=True).filter(_new())
    named = ordered.select(AT, *_NAMED).collect()
    causes = lists(judged.height, named[AT].to_numpy(), named.drop(AT), "causes")
    top = causes.list.first().struct.field("cause").fill_null(NO_CAUSE).alias("top_cause")
    return judged.select("row", top, causes)


def _new() -> pl.Expr:
    return pl.struct(AT, "cause").is_first_distinct() | (pl.col("basis") == "recorded")


def _weights(frame: pl.LazyFrame, given: list[str]) -> pl.LazyFrame:
    columns = [pl.col(c) if c in given else pl.lit(None).alias(c) for c in SHAP_COLUMNS]
    wide = frame.select(AT, *(column.cast(pl.Int64) for column in columns)).rename(SHAP_COLUMNS)
    return wide.unpivot(index=AT, variable_name="cause", value_name="weight").drop_nulls("weight")


def _section(
    found: pl.LazyFrame, number: int, basis: str, *, order: pl.Expr, code: pl.Expr | None = None
) -> pl.LazyFrame:
    code = pl.lit(None, dtype=pl.String) if code is None else code
    return found.select(
        AT,
        pl.lit(number, dtype=pl.Int8).alias("section"),
        order.cast(pl.Int64).alias("order"),
        "cause",
        pl.lit(basis).alias("basis"),
        pl.col("weight").cast(pl.Int64),
        code.alias("code"),
    )


def _recorded(judged: pl.DataFrame, rules: Rules, weights: pl.LazyFrame) -> pl.LazyFrame:
    ordered, conditions = _facts(rules)
    at, which = fired(judged, conditions)
    table = pl.DataFrame(
        [(fact.code, fact.entry.cause.value, i) for i, fact in enumerate(ordered)],
        schema={"code": pl.String, "cause": pl.String, "order": pl.Int64},
        orient="row",
    )
    found = table[which].with_columns(pl.Series(AT, at, dtype=pl.Int64))
    weighted = found.lazy().join(weights, on=[AT, "cause"], how="left", maintain_order="left")
    return _section(weighted, 0, "recorded", order=pl.col("order"), code=pl.col("code"))


@cache
def _facts(rules: Rules) -> tuple[tuple[Fact, ...], tuple[pl.Expr, ...]]:
    ordered = sorted(rules.recorded_causes, key=lambda fact: (fact.entry.priority, fact.code))
    return tuple(ordered), tuple(fact.now.when.expression(rules.parameters) for fact in ordered)


def _triggered(frame: pl.LazyFrame) -> pl.LazyFrame:
    hits = _exploded(frame, "triggers").select(AT, "cause", "code", pl.lit(None).alias("weight"))
    return _section(hits, 2, "trigger", order=pl.int_range(pl.len()), code=pl.col("code"))


def _unseen(frame: pl.LazyFrame) -> pl.LazyFrame:
    gaps = _exploded(frame, "data_gaps").select(
        AT, pl.lit(Cause.MONITORING.value).alias("cause"), "code", pl.lit(None).alias("weight")
    )
    return _section(gaps, 3, "evidence", order=pl.int_range(pl.len()), code=pl.col("code"))


def _exploded(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    some = frame.select(AT, column).filter(pl.col(column).list.len() > 0)
    return some.explode(column).unnest(column)
