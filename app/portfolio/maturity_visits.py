"""The visits that a calendar of maturities asks of each township, beside what it can make."""

from datetime import date
from typing import Final

import polars as pl

from app.policy.rules import Rules
from app.portfolio.maturities import week_grid, week_of
from app.portfolio.scheme import parameter, section

TOWNSHIP: Final = "township"
VISIT_COLUMNS: Final = (
    "iso_year", "iso_week", "week_from", "township_code", "step", "days_before", "visits", "needed",
    "capacity", "short",
)  # fmt: skip


def visits_needed(book: pl.DataFrame, rules: Rules, *, begin: date, weeks: int) -> pl.DataFrame:
    """This function will count the households a township must see in each ISO week: VISIT_COLUMNS.

    One row per week, township and step of the reminder calendar that is addressed to townships (T-60 and
    T-20 in the national pack): `visits` households with a loan that reaches the step in the week; `needed`
    adds the steps up, `capacity` is the pack's `visits_per_week`, and `short` what goes beyond it (0 when it
    fits). Weeks without a visit are left out.
    """
    steps = [step for step in section(rules, "reminders", as_of=begin) if step.now.addressee == TOWNSHIP]
    capacity = int(parameter(rules, "visits_per_week", as_of=begin))
    table = pl.DataFrame(
        [(step.code, step.now.days_before) for step in steps],
        schema={"step": pl.String(), "days_before": pl.Int64()},
        orient="row",
    )
    reached = pl.col("matures_on") - pl.duration(days=pl.col("days_before"))
    pairs = book.filter("active").join(table, how="cross").with_columns(reached.alias("on"))
    counted = (
        pairs.filter(pl.col("on") >= begin)
        .group_by(week_of(pl.col("on")).alias("week_from"), "township_code", "step", "days_before")
        .agg(pl.col("household_id").n_unique().cast(pl.Int64).alias("visits"))
    )
    needed = pl.col("visits").sum().over("week_from", "township_code").alias("needed")
    full = week_grid(begin, weeks).join(counted, on="week_from").with_columns(needed)
    short = pl.max_horizontal(pl.col("needed") - capacity, pl.lit(0)).alias("short")
    return (
        full.with_columns(pl.lit(capacity, pl.Int64).alias("capacity"), short)
        .select(VISIT_COLUMNS)
        .sort("week_from", "township_code", "days_before", descending=[False, False, True], nulls_last=True)
    )
