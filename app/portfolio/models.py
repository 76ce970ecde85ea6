"""Model villages and model households of a year (信用示范村, 信用示范户), by what they repaid."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.policy.rules import Rules
from app.portfolio.ladder import household_record
from app.portfolio.scheme import parameter

HOUSEHOLD_COLUMNS: Final = (
    "rank", "household_id", "township_code", "village_code", "years_on_time", "loans_on_time",
    "repaid_on_time",
)  # fmt: skip
VILLAGE_COLUMNS: Final = (
    "rank", "village_code", "township_code", "borrowers", "households_on_time", "on_time_share",
    "repaid_on_time",
)  # fmt: skip


def model_households(
    frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date, year: int
) -> pl.DataFrame:
    """This function will choose the model households of a year, at most as many as the pack says.

    Chosen are households that repaid a loan on time in the year, none late in it, owe nothing overdue and
    have no open mark of bad faith; by years on time, then what they repaid on time in the year (fen), then
    their number. The order is *design*; the source prints only how many. With HOUSEHOLD_COLUMNS.
    """
    most = int(parameter(rules, "model_households", as_of=as_of))
    merits = _merits(frames, book, as_of=as_of, year=year)
    order = merits.filter("worthy").sort(
        "years_on_time", "repaid_on_time", "household_id", descending=[True, True, False]
    )
    return _ranked(order.head(most)).select(HOUSEHOLD_COLUMNS)


def model_villages(
    frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date, year: int
) -> pl.DataFrame:
    """This function will choose the model villages of a year, at most as many as the pack says.

    Chosen are villages where nobody owes anything overdue or has an open mark of bad faith, and somebody
    repaid on time in the year; by the share of those with loans who did, then by their number, then what
    they repaid (fen), then the village's code. The order is *design*. With VILLAGE_COLUMNS.
    """
    most = int(parameter(rules, "model_villages", as_of=as_of))
    merits = _merits(frames, book, as_of=as_of, year=year).filter(pl.col("loans") > 0)
    villages = merits.group_by("village_code", "township_code").agg(
        pl.len().cast(pl.Int64).alias("borrowers"),
        pl.col("worthy").sum().cast(pl.Int64).alias("households_on_time"),
        pl.col("repaid_on_time").sum(),
        pl.any_horizontal("overdue", "bad_faith").any().alias("blemished"),
    )
    share = (pl.col("households_on_time") / pl.col("borrowers")).alias("on_time_share")
    worthy = villages.with_columns(share).filter(~pl.col("blemished"), pl.col("households_on_time") > 0)
    by = ("on_time_share", "households_on_time", "repaid_on_time", "village_code")
    order = worthy.sort(by, descending=[True, True, True, False])
    return _ranked(order.head(most)).select(VILLAGE_COLUMNS)


def _merits(frames: Frames, book: pl.DataFrame, *, as_of: date, year: int) -> pl.DataFrame:
    """Add to every household's record what it repaid in the year, and whether that makes it worthy."""
    of_year = book.filter(pl.col("repaid_on").dt.year() == year)
    on_time = pl.col("repaid_on") <= pl.col("matures_on")
    sums = of_year.group_by("household_id").agg(
        on_time.sum().cast(pl.Int64).alias("loans_on_time"),
        (~on_time).any().alias("late_in_year"),
        pl.col("amount").filter(on_time).sum().alias("repaid_on_time"),
    )
    record = household_record(frames, book, as_of=as_of).join(sums, on="household_id", how="left")
    filled = record.with_columns(
        pl.col("loans_on_time", "repaid_on_time").fill_null(0),
        pl.col("late_in_year").fill_null(value=False),
    )
    blemish = pl.any_horizontal("late_in_year", "overdue", "bad_faith")
    return filled.with_columns(((pl.col("loans_on_time") > 0) & ~blemish).alias("worthy"))


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_row_index("rank", offset=1).with_columns(pl.col("rank").cast(pl.Int64))
