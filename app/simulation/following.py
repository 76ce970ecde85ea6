"""Follow loans month by month past their maturity under a plan."""

from dataclasses import dataclass

import numpy as np

from app.simulation.actions import Plan
from app.simulation.arrays import B, F, I, flags
from app.simulation.book import Book
from app.simulation.hurdles import Hurdles

_NEVER = -1
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What became of loans; months count from the original maturity, -1 means never."""

    paid: F  # (month, loan) share of the principal due at maturity that was paid in that month
    defaulted: I  # first month whose due part was not paid within the month of grace
    repaid: I  # month in which nothing was owed any more
    bad_record: B
    compensated: F  # share of the principal that the fund paid to the bank

    @property
    def unpaid(self) -> F:
        """This function will give the share of the principal never paid by the household."""
        left = 1.0 - self.paid.sum(axis=0)
        return np.where(left < _TINY, 0.0, left)


def follow(hurdles: Hurdles, book: Book, plan: Plan) -> Path:
    """This function will play the months from maturity to the end of the follow-up."""
    months, size = hurdles.a.whole("follow_months") + 1, len(book)
    paid, missed = np.zeros((months, size)), np.full(size, _NEVER)
    first, repaid = missed.copy(), missed.copy()
    compensated, bad = np.zeros(size), np.zeros(size, dtype=np.bool_)
    for month in range(months):
        owed = _due_by(plan, month) - paid.sum(axis=0)
        scheduled = _falls_due(plan, month)
        tries = (owed > _TINY) & (scheduled | _retries(hurdles, missed, month))
        paid[month] = _payment(hurdles, book, plan, month, owed, tries=tries, first=first, asked=bad)
        short = scheduled & (owed - paid[month] > _TINY)
        missed = np.where(short & (missed < 0), month, np.where(owed - paid[month] > _TINY, missed, _NEVER))
        first = np.where(short & (first < 0), month, first)
        repaid = np.where((repaid < 0) & (paid.sum(axis=0) > 1.0 - _TINY), month, repaid)
        late = (missed >= 0) & (month - missed >= hurdles.a.whole("bad_record_months"))
        compensated = np.where(
            late & ~bad & plan.compensated, _cover(hurdles, owed - paid[month]), compensated
        )
        bad |= late
    return Path(paid=paid, defaulted=first, repaid=repaid, bad_record=bad, compensated=compensated)


def _due_by(plan: Plan, month: int) -> F:
    since = month - plan.postponed
    return np.clip(since // 3 + 1, 0, plan.parts) / plan.parts


def _falls_due(plan: Plan, month: int) -> B:
    since = month - plan.postponed
    return flags((since >= 0) & (since % 3 == 0) & (since // 3 < plan.parts))


def _retries(hurdles: Hurdles, missed: I, month: int) -> B:
    return flags((missed >= 0) & ((month - missed) % hurdles.a.whole("arrears_step") == 0))


def _payment(  # noqa: PLR0913
    hurdles: Hurdles, book: Book, plan: Plan, month: int, owed: F, *, tries: B, first: I, asked: B
) -> F:
    """This function will give the share of the principal paid in a month: all owed, part, or nothing."""
    a, at, state = hurdles.a, book.maturity + month, hurdles.state
    overdue = (first >= 0) & (first < month)
    gained = plan.capacity * np.minimum(1.0, plan.at_once + month / 6.0)
    capacity = (
        hurdles.capacity(book, at)
        + gained
        - np.log(np.maximum(owed, _TINY) * plan.factor)
        + overdue * a.number("arrears_capacity")
        + state.capacity_noise[at, book.home]
    )
    will = (
        hurdles.will(book, at)
        + plan.will
        + overdue * a.number("arrears_willingness")
        + asked * plan.late_will
        + state.will_noise[at, book.home]
    )
    part = np.where(capacity > 0, 1.0, a.number("partial_share") * np.exp(np.minimum(capacity, 0.0)))
    return np.where(tries & (will > 0), owed * part, 0.0)


def _cover(hurdles: Hurdles, owed: F) -> F:
    return hurdles.a.number("compensation_share") * owed
