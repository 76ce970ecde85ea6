"""The reminder calendar before maturity: T-60, T-30, T-20 (documents 000 and 004)."""

from typing import Final

import numpy as np
import polars as pl

from app.policy.policy import Rules
from app.warning.lists import fired, lists

_NEVER: Final = pl.lit(None, dtype=pl.Date)


def judge_reminders(
    features: pl.DataFrame, rules: Rules, *, formally_assessed_on: pl.Expr = _NEVER
) -> pl.DataFrame:
    """This function will say which reminder steps have fallen due on or before `as_of`.

    Gives `row`, `reminders` (`code`, `due_on`, `formal`; the earliest first, empty before the first step
    and again after maturity), `formal_due_on` (null where the calendar has no formal step) and
    `missed_formal`: the formal day has passed before maturity, and `formally_assessed_on` (a date
    expression on the frame; null means never) does not reach it.
    """
    ordered = sorted(rules.reminders, key=lambda step: (-step.now.days_before, step.code))
    table = pl.DataFrame(
        [(step.code, step.now.days_before, step.now.formal) for step in ordered],
        schema={"code": pl.String, "days_before": pl.Int64, "formal": pl.Boolean},
        orient="row",
    )
    at, which = fired(features, [_due(step.now.days_before) for step in ordered])
    entries = table[which].with_columns(features.get_column("matures_on").gather(at))
    due_on = _days_before("matures_on", pl.col("days_before")).alias("due_on")
    column = lists(features.height, at, entries.select("code", due_on, "formal"), "reminders")
    formal = table.filter("formal")["days_before"].max()
    return features.select("row", column, *_formal(formal, formally_assessed_on))


def _due(days_before: int) -> pl.Expr:
    running = pl.col("as_of") <= pl.col("matures_on")
    return running & (pl.col("as_of") >= _days_before("matures_on", pl.lit(days_before)))


def _days_before(column: str, days: pl.Expr) -> pl.Expr:
    return pl.col(column) - pl.duration(days=days)


def _formal(days_before: object, assessed_on: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    if not isinstance(days_before, int | np.integer):
        return _NEVER.alias("formal_due_on"), pl.lit(value=False).alias("missed_formal")
    due_on = _days_before("matures_on", pl.lit(int(days_before)))
    passed = (pl.col("as_of") > due_on) & (pl.col("as_of") <= pl.col("matures_on"))
    unseen = assessed_on.is_null() | (assessed_on < due_on)
    return due_on.alias("formal_due_on"), (passed & unseen).fill_null(value=False).alias("missed_formal")
