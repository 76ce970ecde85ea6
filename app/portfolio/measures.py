"""What townships and banks are measured by: statistics, coverage and progress, side by side."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import TOWNSHIP_DIGITS
from app.portfolio.appraisal import MEASURES
from app.portfolio.coverage import coverage
from app.portfolio.movements import movements
from app.portfolio.progress import progress, task_shares
from app.portfolio.statistics import statistics, with_places

TOWNSHIP: Final = "township_code"
_FROM_STATISTICS: Final = (
    "overdue_rate_amount", "overdue_rate_households", "interest_overdue_rate_households", "closing_amount",
    "new_amount",
)  # fmt: skip
_FROM_COVERAGE: Final = ("rated_share", "granted_share", "used_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time with the loan books of the day before it and of its last day."""

    since: date
    as_of: date
    opening: pl.DataFrame
    closing: pl.DataFrame

    @property
    def moves(self) -> pl.DataFrame:
        """This function will tell how every loan's balance moved."""
        return movements(self.opening, self.closing)


def measures(frames: Frames, stretch: Stretch, *, by: str) -> pl.DataFrame:
    """This function will measure townships (`by` township_code) or banks (`by` bank): `by` and MEASURES.

    Null where nothing was measured: no loan, no task, no rating in the ledger, no part of a bank in it.
    Only what the ledger records counts, never a rating that was computed for a report.
    """
    counted = statistics(stretch.moves, as_of=stretch.as_of, by=by).filter(pl.col(by).is_not_null())
    if by == TOWNSHIP:
        counted = with_places(counted, townships(frames, stretch.as_of))
    covered = coverage(frames, stretch.closing, as_of=stretch.as_of, by=by).select(by, *_FROM_COVERAGE)
    found = counted.select(by, *_FROM_STATISTICS).join(covered, on=by, how="left")
    tasks = progress(frames, stretch.closing, since=stretch.since, as_of=stretch.as_of)
    shares = task_shares(tasks, digits=TOWNSHIP_DIGITS).select(pl.col("place_code").alias(by), "task_share")
    if by != TOWNSHIP:
        shares = shares.clear()
    return found.join(shares, on=by, how="left").select(by, *sorted(MEASURES)).sort(by)


def townships(frames: Frames, day: date) -> pl.Series:
    """This function will list the townships in which households were known on a day."""
    homes = frames["households"].filter(pl.col("known_on") <= day)
    return homes.select(pl.col("village_code").str.head(TOWNSHIP_DIGITS).alias(TOWNSHIP)).to_series().unique()
