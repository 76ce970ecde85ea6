"""Duties that come back: when each falls due between two days, and whether it was done."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from app.domain.errors import InvalidValueError
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME
from app.policy.policy import Policy
from app.policy.rules import Resolved

_MONTHS: Final = {"month": range(1, 13), "quarter": (3, 6, 9, 12)}
_PERIOD: Final = {"month": 1, "quarter": 3, "year": 12}
_SCHEMA: Final[dict[str, pl.DataType]] = {
    "due_on": pl.Date(),
    "due_after": pl.Date(),
    "code": pl.String(),
    "zh": pl.String(),
    "by": pl.String(),
    "what": pl.String(),
    "times": pl.Int64(),
    "clause": pl.String(),
    "shown_by": pl.String(),
    "facts": pl.Int64(),
    "done": pl.Boolean(),
}
DUTY_COLUMNS: Final = tuple(_SCHEMA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One day on which a duty falls due."""

    on: date
    duty: Resolved[Any, Any]


def duties_between(policy: Policy, first: date, last: date) -> pl.DataFrame:
    """This function will list the duties that fall due from `first` to `last`, both included.

    DUTY_COLUMNS by day and code: who (`by`) does `what`, how many `times` within the period that ends on
    the day (and began after `due_after`), and where that is said (`clause`). A duty on a day that a
    month does not have falls due on its last day; a quarterly one in the last month of the quarter.
    Each duty is read from the rules of its own day. `facts` and `done` are null: see `with_done`.
    Raises InvalidValueError where `last` lies before `first`, NoRulesInForceError where the pack holds
    on none of these days.
    """
    if last < first:
        raise InvalidValueError(zh="止日早于起日。", en="The last day lies before the first.")
    policy.at(first)
    rows = [_row(due) for due in sorted(_due(policy, first, last), key=lambda due: (due.on, due.duty.code))]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def with_done(duties: pl.DataFrame, frames: Frames, *, as_of: date) -> pl.DataFrame:
    """This function will say of duties that the ledger can show whether they were done by their day.

    Fills in `facts`, how many facts of the table `shown_by` happened after the day on which the duty fell due
    before and up to its own day, known on `as_of`, and `done`: as many as it asks `times`. Both are null for
    duties that no table shows, `done` also for those still ahead and not done yet.
    """
    known = frames.as_of(as_of)
    counts = [_count(known, *row) for row in duties.select("shown_by", "due_after", "due_on").iter_rows()]
    facts = pl.Series("facts", counts, pl.Int64)
    enough = pl.col("facts") >= pl.col("times")
    open_yet = (pl.col("due_on") >= as_of) & ~enough
    return duties.with_columns(facts).with_columns(pl.when(~open_yet).then(enough).alias("done"))


def _count(known: Frames, table: str | None, after: date, until: date) -> int | None:
    if table is None:
        return None
    happened = pl.col(BY_NAME[table].happened)
    return known[table].filter(happened > after, happened <= until).height


def _due(policy: Policy, first: date, last: date) -> Iterator[Due]:
    for code, entry in policy.pack.duties.items():
        for year in range(first.year, last.year + 1):
            for value in entry.in_force:
                for on in _days(value, year):
                    if first <= on <= last and entry.at(on) is value:
                        yield Due(on=on, duty=Resolved(code, entry, value))


def _days(value: Any, year: int) -> Iterator[date]:  # noqa: ANN401 - DutyInForce, which generics hide
    for month in _MONTHS.get(value.every, (value.month,)):
        yield date(year, month, min(value.day, monthrange(year, month)[1]))


def _before(now: Any, on: date) -> date:  # noqa: ANN401
    """The day on which the duty fell due a period ago."""
    months = on.year * 12 + on.month - 1 - _PERIOD[now.every]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(now.day, monthrange(year, month + 1)[1]))


def _row(due: Due) -> tuple[Any, ...]:
    now, reference = due.duty.now, due.duty.now.reference
    clause = f"{reference.document} {reference.clause}".strip()
    before, names = _before(now, due.on), (due.duty.code, due.duty.entry.zh, now.by, now.what)
    return due.on, before, *names, now.times, clause, now.shown_by, None, None
