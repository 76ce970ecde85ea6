"""Lending round by round: every household's loans over the years, with what practice did before maturity."""

from dataclasses import dataclass, replace

import numpy as np

from app.domain.words import Action
from app.simulation.actions import plan_each
from app.simulation.arrays import B, F, I, Streams, pick, wholes
from app.simulation.book import ACTIONS, METHODS, POSTPONING, Book, joined
from app.simulation.following import follow
from app.simulation.hurdles import Hurdles
from app.simulation.probability import chosen, default_probability, log_odds

_ROUNDS = 40
_COLLECT = ACTIONS.index(Action.COLLECT)
_RENEWAL, _EXTENSION = POSTPONING


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """What each household does next; `after` holds the loan to be continued where `continued`."""

    start: I  # month, or beyond the end for never
    continued: B
    after: Book


def lend(hurdles: Hurdles, streams: Streams) -> Book:
    """This function will give all loans disbursed up to the end, by household and time."""
    books: list[Book] = []
    queue = _first(hurdles, streams)
    for number in range(_ROUNDS):
        fresh = _open(hurdles, streams, queue, number)
        if len(fresh) == 0:
            break
        decided = _decide(hurdles, streams, fresh, number)
        books.append(decided)
        queue = _after(hurdles, streams, decided, number)
    book = joined(books)
    return book.take(np.lexsort((book.round, book.home)))


def _first(hurdles: Hurdles, streams: Streams) -> _Next:
    count, time = len(hurdles.homes), hurdles.time
    rng = streams("first loans")
    span = time.last - time.first + 1
    start = time.first + rng.integers(-6, span, count)
    return _Next(
        start=_in_season(hurdles, rng, np.maximum(start, time.first)),
        continued=np.zeros(count, dtype=np.bool_),
        after=_blank(count),
    )


def _in_season(hurdles: Hurdles, rng: np.random.Generator, start: I) -> I:
    """This function will move a start by up to five months towards the seasons of lending."""
    weights = np.array(hurdles.a.table("start_season"))[(start[:, None] + np.arange(6)) % 12]
    edges = np.cumsum(weights, axis=1)
    return wholes(start + (edges / edges[:, -1:] < rng.random((len(start), 1))).sum(axis=1))


def _blank(count: int) -> Book:
    zero = np.zeros(count, dtype=np.int64)
    names = ("round", "kind", "start", "day", "term", "amount", "method", "rate", "postponed", "depth")
    return Book(
        home=np.arange(count),
        instalments=zero + 1,
        firm=zero - 1,
        continues=zero - 1,
        action=zero + _COLLECT,
        misuse=zero.astype(np.bool_),
        capacity_shift=np.zeros(count),
        will_shift=np.zeros(count),
        **dict.fromkeys(names, zero),
    )


def _open(hurdles: Hurdles, streams: Streams, queue: _Next, number: int) -> Book:
    new = _new_loans(hurdles, streams, queue.start, number)
    carried = _carried(queue.after)
    rows = np.flatnonzero(queue.continued)
    both = joined([new.take(np.flatnonzero(~queue.continued)), carried.take(rows)])
    both = both.take(np.argsort(both.home, kind="stable"))
    both = replace(both, round=np.full(len(both), number))
    rated = replace(both, rate=_rates(hurdles, both))
    return rated.take(rated.disbursed_on(hurdles.time) <= hurdles.time.until64)


def _new_loans(hurdles: Hurdles, streams: Streams, start: I, number: int) -> Book:
    a, rng, count = hurdles.a, streams(f"loans {number}"), len(start)
    method = pick(rng, {m: a.table("method_shares")[m.value] for m in METHODS}, count)
    terms = np.array(list(a.table("term_shares")))
    term = terms[pick(rng, a.table("term_shares"), count)]
    amounts = np.array(list(a.table("amount_shares")))
    blank = replace(_blank(count), start=start, day=rng.integers(1, 29, count))
    return replace(
        blank,
        term=term,
        amount=amounts[pick(rng, a.table("amount_shares"), count)],
        method=method,
        instalments=np.where(method == len(METHODS) - 1, np.maximum(term // 6, 1), 1),
        firm=_firms(hurdles, rng, blank),
        misuse=rng.random(count) < a.number("misuse_share"),
    )


def _firms(hurdles: Hurdles, rng: np.random.Generator, book: Book) -> I:
    stopped = np.datetime64(hurdles.a.table("firm_use_until"))
    used = rng.random(len(book)) < hurdles.a.number("firm_use_share")
    firm = rng.integers(0, len(hurdles.world.firm_closed), len(book))
    return np.where(used & (book.disbursed_on(hurdles.time) <= stopped), firm, -1)


def _carried(after: Book) -> Book:
    """This function will turn loans that were renewed or extended into the loans that continue them."""
    return replace(
        after,
        kind=np.where(after.action == _RENEWAL, 1, 2),
        start=after.maturity,
        term=after.postponed,
        amount=np.rint(after.due).astype(np.int64),
        instalments=np.ones(len(after), dtype=np.int64),
        method=np.where(after.method == len(METHODS) - 1, 0, after.method),
        continues=after.round,
        action=np.full(len(after), _COLLECT),
        postponed=np.zeros(len(after), dtype=np.int64),
        depth=after.depth + 1,
    )


def _rates(hurdles: Hurdles, book: Book) -> I:
    table = hurdles.a.table("rates")
    since = np.array([np.datetime64(row["from"]) for row in table])
    at = np.searchsorted(since, book.disbursed_on(hurdles.time), side="right") - 1
    ppm = np.array([[row["short"], row["long"]] for row in table])
    return ppm[at, (book.term > 12).astype(np.int64)]


def _decide(hurdles: Hurdles, streams: Streams, book: Book, number: int) -> Book:
    """This function will record what practice did: treatment before maturity, or measures after default."""
    rng = streams(f"practice {number}")
    before = _treatment(
        hurdles, rng.standard_normal(len(hurdles.homes)), rng.random(len(hurdles.homes)), book
    )
    after = _measure(hurdles, rng.random(len(hurdles.homes)), book)
    acted = replace(book, action=np.where(before == _COLLECT, after, before))
    plan = plan_each(hurdles, acted)
    return replace(acted, postponed=plan.postponed)


def _treatment(hurdles: Hurdles, noise: F, draw: F, book: Book) -> I:
    a, month, table = hurdles.a, book.maturity - 1, hurdles.a.table("practice_signs")
    seen = log_odds(default_probability(hurdles, book, 1)) + noise[book.home] * a.number(
        "practice_risk_noise"
    )
    signs = {
        "level": np.ones(len(book)),
        "risk": np.maximum(seen - log_odds(np.array([table["known_risk"]])), 0.0),
        "sound": hurdles.sound(book, month),
        "weak_will": (hurdles.will(book, month) < table["weak_will"]).astype(np.float64),
        "strain": (hurdles.luck(book, month) < table["strain"]).astype(np.float64),
    }
    odds = [np.exp(sum(row[k] * v for k, v in signs.items())) for row in a.table("practice").values()]
    again = np.where(book.depth > 0, a.number("practice_again"), 1.0)
    weights = np.stack(odds) * again
    edges = np.cumsum(weights / (1.0 + weights.sum(axis=0)), axis=0)
    choices = np.array([*(ACTIONS.index(Action[name.upper()]) for name in a.table("practice")), _COLLECT])
    return wholes(choices[(edges < draw[book.home]).sum(axis=0)])


def _measure(hurdles: Hurdles, draw: F, book: Book) -> I:
    shares = hurdles.a.table("after_default")
    edges = np.cumsum(list(shares.values()))
    choices = np.array([*(ACTIONS.index(Action[name.upper()]) for name in shares), _COLLECT])
    return choices[np.searchsorted(edges, draw[book.home], side="right")]


def _after(hurdles: Hurdles, streams: Streams, book: Book, number: int) -> _Next:
    """This function will say who borrows again and when; those never in `book` are done."""
    a, rng, count = hurdles.a, streams(f"again {number}"), len(hurdles.homes)
    path = follow(hurdles, book, plan_each(hurdles, book))
    again = chosen(rng, np.full(count, a.number("reborrow_share")))[book.home]
    gap = rng.integers(1, a.whole("reborrow_gap") + 1, count)[book.home]
    free = (path.repaid >= 0) & (path.repaid <= a.whole("bad_record_months")) & again
    later = _in_season(hurdles, rng, (book.maturity + path.repaid + gap))
    never = np.full(count, hurdles.time.last + 1)
    start, continued = never.copy(), np.zeros(count, dtype=np.bool_)
    start[book.home] = np.where(book.treated, book.maturity, np.where(free, later, never[0]))
    continued[book.home] = book.treated
    return _Next(start=start, continued=continued, after=_spread(count, _shifted(hurdles, book)))


def _shifted(hurdles: Hurdles, book: Book) -> Book:
    """This function will add an action's effect to what the next loan carries."""
    plan = plan_each(hurdles, book)
    return replace(
        book, capacity_shift=book.capacity_shift + plan.capacity, will_shift=book.will_shift + plan.will
    )


def _spread(count: int, book: Book) -> Book:
    """This function will lay loans out by household, blank for those without."""
    both = joined([_blank(count), book])
    position = np.arange(count)
    position[book.home] = count + np.arange(len(book))
    return both.take(position)
