"""Progress against lending tasks: what was newly lent in a task's period, of what was to be lent."""

from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import COUNTY_DIGITS, TOWNSHIP_DIGITS
from app.portfolio.movements import CARRYING
from app.portfolio.ratios import share

PROGRESS_COLUMNS: Final = (
    "place_code", "starts_on", "ends_on", "task_amount", "lent_loans", "lent_households", "lent_amount",
    "task_share",
)  # fmt: skip
_LENT: Final = (
    pl.len().cast(pl.Int64).alias("lent_loans"),
    pl.col("household_id").n_unique().cast(pl.Int64).alias("lent_households"),
    pl.col("amount").sum().alias("lent_amount"),
)


def progress(frames: Frames, book: pl.DataFrame, *, since: date, as_of: date) -> pl.DataFrame:
    """This function will list the tasks whose period touches the days from `since` to `as_of`.

    Gives PROGRESS_COLUMNS in order of place and start; money in fen, `task_share` in ppm. `book` is the
    loan book of `as_of`. Lent is what was paid out in the task's period up to `as_of` to households of the
    place as new and top-up loans; a renewal or an extension lends nothing anew (*design*).
    """
    known = Frames(MappingProxyType({"tasks": frames["tasks"]})).as_of(as_of)["tasks"]
    tasks = known.filter(pl.col("starts_on") <= as_of, pl.col("ends_on") >= since)
    places = [_lent_in(tasks, book, digits) for digits in _digits(tasks)]
    lent = pl.concat(places) if places else tasks.select("place_code", "starts_on", *_NOTHING)
    done = tasks.rename({"amount": "task_amount"}).join(lent, on=["place_code", "starts_on"], how="left")
    filled = done.with_columns(pl.col("lent_loans", "lent_households", "lent_amount").fill_null(0))
    shared = filled.with_columns(share("lent_amount", "task_amount").alias("task_share"))
    return shared.select(PROGRESS_COLUMNS).sort("place_code", "starts_on")


def task_shares(found: pl.DataFrame, *, digits: int) -> pl.DataFrame:
    """This function will give the task of each place of a level: place_code, task_amount, task_share.

    The level is the length of its division codes. Of several tasks the one that started last counts.
    """
    level = found.filter(pl.col("place_code").str.len_chars() == digits)
    latest = level.sort("starts_on").unique("place_code", keep="last", maintain_order=True)
    return latest.select("place_code", "task_amount", "lent_amount", "task_share").sort("place_code")


def county_share(found: pl.DataFrame) -> int | None:
    """This function will give the county's progress in ppm: of its task, else of its townships' tasks."""
    own = task_shares(found, digits=COUNTY_DIGITS)
    rows = own if own.height else task_shares(found, digits=TOWNSHIP_DIGITS)
    whole = rows.select(share(pl.col("lent_amount").sum(), pl.col("task_amount").sum()))
    value: int | None = whole.item() if rows.height else None
    return value


def _digits(tasks: pl.DataFrame) -> list[int]:
    return sorted(tasks.get_column("place_code").str.len_chars().unique().to_list())


_NOTHING: Final = tuple(
    pl.lit(0, pl.Int64).alias(name) for name in ("lent_loans", "lent_households", "lent_amount")
)


def _lent_in(tasks: pl.DataFrame, book: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Add up the loans of each task of one level of places."""
    level = tasks.filter(pl.col("place_code").str.len_chars() == digits)
    lent = book.filter(~pl.col("kind").is_in(CARRYING)).with_columns(
        pl.col("village_code").str.head(digits).alias("place_code")
    )
    found = lent.join(level.select("place_code", "starts_on", "ends_on"), on="place_code")
    within = pl.col("disbursed_on").is_between("starts_on", "ends_on")
    return found.filter(within).group_by("place_code", "starts_on").agg(_LENT)
