"""Tasks: how much the county wants lent in every township and year."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from app.domain.identity import TOWNSHIP_DIGITS
from app.domain.words import LoanKind
from app.simulation.arrays import Streams, Timeline
from app.simulation.assumptions import Assumptions
from app.simulation.spec import CountySpec

_TASK_STEP: Final = 1_000_000  # fen: tasks are set in 万元


def lending_years(time: Timeline, *, whole: bool) -> pl.DataFrame:
    """This function will list the years of lending to the end, or (`whole`) to the last that is over."""
    first = int(time.origin.astype("datetime64[Y]").astype(int)) + 1970 + time.first // 12
    end = time.until.year - (whole and (time.until.month, time.until.day) < (12, 31))
    return pl.DataFrame({"year": range(first, end + 1)}, schema={"year": pl.Int32()})


def tasks(
    spec: CountySpec, a: Assumptions, time: Timeline, tables: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """This function will set every township's yearly task, near what was lent there the year before."""
    towns, years = _towns(spec), lending_years(time, whole=False)
    grid = towns.join(years, how="cross").sort("place_code", "year")
    lent = _lent(tables)
    own = grid.join(lent, on=["place_code", "year"], how="left", maintain_order="left")
    before = pl.col("lent").shift(1).over("place_code", order_by="year")
    noise = Streams(seed=spec.seed, block=0)("tasks").standard_normal(len(grid)) * a.number("task_sd")
    # Before the first year nothing was lent, so that its task is set by what it came to.
    based = pl.when(pl.col("year") == years["year"].min()).then("lent").otherwise(before).fill_null(0)
    wanted = based * (1.0 + a.number("task_growth")) * pl.Series(np.exp(noise))
    rounded = (wanted / _TASK_STEP).round().cast(pl.Int64) * _TASK_STEP
    return own.select(
        "place_code",
        pl.date(pl.col("year"), 1, 1).alias("starts_on"),
        pl.date(pl.col("year"), 12, 31).alias("ends_on"),
        pl.max_horizontal(rounded, pl.lit(a.whole("task_least") * 100)).alias("amount"),
    )


def _towns(spec: CountySpec) -> pl.DataFrame:
    return pl.DataFrame({"place_code": [f"{spec.county_code}{100 + town}" for town in range(spec.townships)]})


def _lent(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """This function will add up new loans by township and year: place_code, year, lent (fen)."""
    fresh = tables["loans"].filter(pl.col("kind") == LoanKind.NEW.value)
    homes = tables["households"].select("household_id", "village_code")
    town = pl.col("village_code").str.head(TOWNSHIP_DIGITS).alias("place_code")
    year = pl.col("disbursed_on").dt.year().alias("year")
    joined = fresh.select("household_id", "amount", year).join(homes, on="household_id")
    return joined.group_by(town, "year").agg(pl.col("amount").sum().alias("lent"))
