"""What each action does to a loan: when money is due, and how the latent state moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from app.domain.words import Action
from app.simulation.arrays import B, F, I, wholes
from app.simulation.book import ACTIONS, Book
from app.simulation.hurdles import Hurdles


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A loan under one action; arrays by loan."""

    postponed: I  # months by which the principal is put off
    parts: I  # quarterly parts of it
    capacity: F  # log resources gained in full effect
    at_once: F  # share of that gained already at maturity
    will: F
    factor: F  # of the principal, above 1 when more is lent
    late_will: F  # will gained once overdue for some months
    compensated: B

    def where(self, rows: B | I) -> "Plan":
        """This function will give the plan of some loans."""
        return Plan(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def _plain(book: Book) -> dict[str, F | I | B]:
    zero, count = np.zeros(len(book)), np.zeros(len(book), dtype=np.int64)
    return {
        "postponed": count,
        "parts": count + 1,
        "capacity": zero,
        "at_once": zero + 1,
        "will": zero,
        "factor": zero + 1,
        "late_will": zero,
        "compensated": count.astype(np.bool_),
    }


def _collect(_hurdles: Hurdles, _book: Book) -> dict[str, F | I | B]:
    return {}


def _reschedule(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    return {
        "parts": np.full(len(book), hurdles.a.whole("reschedule_parts")),
        "will": np.full(len(book), hurdles.a.effect("reschedule_willingness")),
    }


def _extension(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    return {
        "postponed": best_delay(hurdles, book),
        "will": np.full(len(book), hurdles.a.effect("extension_willingness")),
    }


def best_delay(hurdles: Hurdles, book: Book) -> I:
    """This function will find the months to the first best moment after the household's next sales."""
    low, high = hurdles.a.table("extension_bounds")
    delays = np.arange(low, high + 1)
    hand = hurdles.world.trades.in_hand[hurdles.homes.industry[book.home]]
    season = hurdles.time.season(book.maturity[:, None] + delays)
    return wholes(low + np.take_along_axis(hand, season, axis=1).argmax(axis=1))


def _renewal(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    return {
        "postponed": np.full(len(book), hurdles.a.whole("renewal_months")),
        "capacity": _if_sound(hurdles, book, "renewal_sound", "renewal_unsound"),
        "will": np.full(len(book), hurdles.a.effect("renewal_willingness")),
    }


def _top_up(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    return _renewal(hurdles, book) | {
        "capacity": _if_sound(hurdles, book, "top_up_sound", "top_up_unsound"),
        "factor": np.full(len(book), hurdles.a.number("top_up_factor")),
    }


def _if_sound(hurdles: Hurdles, book: Book, good: str, bad: str) -> F:
    sound = hurdles.sound(book, book.maturity - 1) > 0
    return np.where(sound, hurdles.a.effect(good), hurdles.a.effect(bad))


def _extra_help(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    """This function will add a sum of money: worth most to those who have least."""
    month = book.maturity
    own = hurdles.resources(book, month) * np.exp(np.minimum(hurdles.luck(book, month - 1), 0.0))
    return {
        "capacity": np.log1p(hurdles.a.effect("help_money") / own),
        "at_once": np.full(len(book), hurdles.a.number("help_at_once")),
    }


def _credit_education(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    a = hurdles.a
    stubborn = hurdles.will(book, book.maturity - 1) < a.number("stubborn_below")
    return {
        "will": a.effect("education_willingness") * np.where(stubborn, a.number("education_stubborn"), 1.0)
    }


def _compensation(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    return {
        "late_will": np.full(len(book), hurdles.a.effect("compensation_willingness")),
        "compensated": np.ones(len(book), dtype=np.bool_),
    }


def _recovery(hurdles: Hurdles, book: Book) -> dict[str, F | I | B]:
    return {"late_will": np.full(len(book), hurdles.a.effect("recovery_willingness"))}


_EFFECTS: Final[Mapping[Action, Callable[[Hurdles, Book], dict[str, F | I | B]]]] = {
    Action.COLLECT: _collect,
    Action.RESCHEDULE: _reschedule,
    Action.EXTENSION: _extension,
    Action.RENEWAL: _renewal,
    Action.TOP_UP: _top_up,
    Action.EXTRA_HELP: _extra_help,
    Action.CREDIT_EDUCATION: _credit_education,
    Action.COMPENSATION: _compensation,
    Action.RECOVERY: _recovery,
}


def plan(hurdles: Hurdles, book: Book, action: Action) -> Plan:
    """This function will give every loan's plan under one action."""
    return Plan(**(_plain(book) | _EFFECTS[action](hurdles, book)))  # type: ignore[arg-type]


def plan_each(hurdles: Hurdles, book: Book, actions: Sequence[Action] = ACTIONS) -> Plan:
    """This function will give every loan's plan under the action that was taken for it."""
    plans = [plan(hurdles, book, action) for action in actions]
    rows = np.arange(len(book))
    return Plan(
        **{f.name: np.stack([getattr(p, f.name) for p in plans])[book.action, rows] for f in fields(Plan)}
    )
