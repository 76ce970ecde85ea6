"""Coverage of rating, granting and use (评级、授信、用信): how many households, how much, of how many."""

from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import COUNTY_DIGITS, TOWNSHIP_DIGITS
from app.domain.words import Registration
from app.portfolio.ratios import mean, share

COVERAGE_COLUMNS: Final = (
    "households", "registered", "rated", "registered_rated", "granted", "granted_amount", "used",
    "used_amount", "granted_used", "rated_share", "registered_rated_share", "granted_share", "used_share",
    "granted_mean", "used_mean",
)  # fmt: skip
_TABLES: Final = ("households", "registrations", "ratings", "credit_lines")


def coverage(
    frames: Frames,
    book: pl.DataFrame,
    *,
    as_of: date,
    by: str | None = None,
    rated: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """This function will count the households rated, granted a line and using it, as of a day.

    `book` is the loan book of the day; `by` is township_code, village_code, county_code or bank, and None
    counts the county in one row. `rated` (household_id) replaces the ledger's ratings. Gives `by` and
    COVERAGE_COLUMNS: money and means in fen, shares in ppm. `registered` counts households that are or
    were 建档立卡; `granted` those with a line in force (of each bank the latest); `used` those that owe.
    rated_share and granted_share are of all households, registered_rated_share of the registered ones,
    used_share is of the granted ones. A bank has no households of its own, so that it has no shares of them.
    What the ledger does not hold at all (no rating, no line) is null, not zero.
    """
    known = Frames(MappingProxyType({name: frames[name] for name in _TABLES})).as_of(as_of)
    homes = _by_bank(known, book, as_of) if by == "bank" else _by_household(known, book, as_of, rated)
    sums = pl.col(*_SUMMED).sum()
    counted = homes.select(sums) if by is None else homes.group_by(by).agg(sums).sort(by, nulls_last=True)
    unheld = _unheld(known, rated if by != "bank" else None, bank=by == "bank")
    nulled = counted.with_columns(pl.lit(None, pl.Int64).alias(name) for name in unheld)
    return nulled.with_columns(_SHARES).select(*([] if by is None else [by]), *COVERAGE_COLUMNS)


_SUMMED: Final = (
    "households", "registered", "rated", "registered_rated", "granted", "granted_amount", "used",
    "used_amount", "granted_used",
)  # fmt: skip
_SHARES: Final = (
    share("rated", "households").alias("rated_share"),
    share("registered_rated", "registered").alias("registered_rated_share"),
    share("granted", "households").alias("granted_share"),
    share("granted_used", "granted").alias("used_share"),
    mean("granted_amount", "granted").alias("granted_mean"),
    mean("used_amount", "used").alias("used_mean"),
)


def _by_household(known: Frames, book: pl.DataFrame, as_of: date, rated: pl.DataFrame | None) -> pl.DataFrame:
    found = _ratings(known, as_of) if rated is None else rated
    lines = _lines(known, as_of).group_by("household_id").agg(pl.col("granted_amount").sum())
    used = book.group_by("household_id").agg(pl.col("balance").sum().alias("used_amount"))
    joined = _everyone(_households(known, as_of), lines, used).with_columns(
        _among("household_id", _registered(known, as_of)).alias("registered"),
        _among("household_id", found).alias("rated"),
    )
    return joined.with_columns(_FILLED).with_columns(_HELD)


def _everyone(homes: pl.DataFrame, *more: pl.DataFrame) -> pl.DataFrame:
    """Join what households hold; one that is not on the list of households has no place."""
    everyone = homes.with_columns(pl.lit(1, pl.Int64).alias("households"))
    for part in more:
        everyone = everyone.join(part, on="household_id", how="full", coalesce=True)
    return everyone.with_columns(pl.col("households").fill_null(0))


def _by_bank(known: Frames, book: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """List households bank by bank, as far as the bank rated, granted or lent."""
    pair = ["household_id", "bank"]
    lines = _lines(known, as_of).group_by(pair).agg(pl.col("granted_amount").sum())
    used = book.group_by(pair).agg(pl.col("balance").sum().alias("used_amount"))
    rated = _ratings(known, as_of).drop_nulls("bank").select(pair).unique()
    marked = rated.with_columns(pl.lit(1, pl.Int64).alias("rated"))
    pairs = pl.concat([lines.select(pair), used.select(pair), rated]).unique()
    joined = pairs.join(lines, on=pair, how="left").join(used, on=pair, how="left")
    absent = (pl.lit(0, pl.Int64).alias("households"), pl.lit(0, pl.Int64).alias("registered"))
    full = joined.join(marked, on=pair, how="left").with_columns(pl.col("rated").fill_null(0), *absent)
    return full.with_columns(_FILLED).with_columns(_HELD)


_FILLED: Final = pl.col("granted_amount", "used_amount").fill_null(0)
_GRANTED, _USED = pl.col("granted_amount") > 0, pl.col("used_amount") > 0
_HELD: Final = (
    _GRANTED.cast(pl.Int64).alias("granted"),
    _USED.cast(pl.Int64).alias("used"),
    (_GRANTED & _USED).cast(pl.Int64).alias("granted_used"),
    (pl.col("registered") * pl.col("rated")).alias("registered_rated"),
)


def _households(known: Frames, as_of: date) -> pl.DataFrame:
    village = pl.col("village_code")
    return known["households"].filter(pl.col("surveyed_on") <= as_of).select(
        "household_id",
        "village_code",
        village.str.head(TOWNSHIP_DIGITS).alias("township_code"),
        village.str.head(COUNTY_DIGITS).alias("county_code"),
    )  # fmt: skip


def _registered(known: Frames, as_of: date) -> pl.DataFrame:
    marks = known["registrations"].filter(pl.col("registered_on") <= as_of).sort("registered_on")
    latest = marks.unique("household_id", keep="last", maintain_order=True)
    return latest.filter(pl.col("registration") != Registration.ORDINARY.value)


def _ratings(known: Frames, as_of: date) -> pl.DataFrame:
    return known["ratings"].filter(pl.col("rated_on") <= as_of)


def _lines(known: Frames, as_of: date) -> pl.DataFrame:
    """List the lines in force; a bank's later line takes the place of its earlier one (*design*)."""
    in_force = known["credit_lines"].filter(pl.col("granted_on") <= as_of, pl.col("expires_on") >= as_of)
    latest = in_force.sort("granted_on", "line_id").unique(
        ["household_id", "bank"], keep="last", maintain_order=True
    )
    return latest.rename({"credit_limit": "granted_amount"})


def _among(column: str, frame: pl.DataFrame) -> pl.Expr:
    return pl.col(column).is_in(frame.get_column(column).unique().implode()).cast(pl.Int64)


def _unheld(known: Frames, rated: pl.DataFrame | None, *, bank: bool) -> list[str]:
    """Name what the ledger does not hold."""
    no_ratings = known["ratings"].is_empty() and rated is None
    lacking = {
        ("rated", "registered_rated"): no_ratings,
        ("households", "registered", "registered_rated"): bank,
        ("granted", "granted_amount", "granted_used"): known["credit_lines"].is_empty(),
        ("registered", "registered_rated"): known["registrations"].is_empty(),
    }
    return sorted({name for names, is_lacking in lacking.items() if is_lacking for name in names})
