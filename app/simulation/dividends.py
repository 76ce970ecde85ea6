"""Dividends that firms owe to the households whose loans they use."""

import numpy as np
import polars as pl

from app.domain.words import FirmState
from app.simulation.arrays import B, D, I, Streams, between, labels, pick, wholes
from app.simulation.block import Block
from app.simulation.loanbook import amount

_STATES = (FirmState.OPERATING, FirmState.TROUBLED, FirmState.CLOSED)
_MONTHS = 12


def dividends(block: Block) -> pl.DataFrame:
    """This function will give the dividends of loans that firms use: by the year, and at maturity the rest.

    A firm in trouble pays late, in part or not at all, a closed one nothing. An unpaid dividend is known
    from the day of the contract, a paid one from the day of payment, since one row holds both.
    """
    loan, month, months = _due_months(block)
    book, time = block.book, block.hurdles.time
    due_on = time.day(month, book.day[loan])
    paid, paid_on, part = _payments(block, book.firm[loan], month, due_on)
    due = _due(block, loan, months)
    frame = pl.DataFrame(
        {
            "loan_id": block.loan_ids(loan),
            "due_on": due_on,
            "due": due,
            "firm_id": labels("F", book.firm[loan] + 1, 4),
            "paid_on": paid_on,
            "paid": wholes(np.where(part, np.rint(due * block.a.number("dividend_part")), due)),
            "known_on": np.where(paid, paid_on, book.disbursed_on(time)[loan]),
            "settled": paid,
        }
    )
    shown = [pl.when("settled").then(pl.col(name)).alias(name) for name in ("paid_on", "paid")]
    return frame.with_columns(shown).drop("settled")


def _due_months(block: Block) -> tuple[I, I, I]:
    """This function will list loan, month and the months paid for: every twelfth, and the last."""
    used = np.flatnonzero(block.book.firm >= 0)
    times = -(-block.book.term[used] // _MONTHS)
    loan = np.repeat(used, times)
    number = np.arange(len(loan)) - np.repeat(np.cumsum(times) - times, times)
    end = np.minimum((number + 1) * _MONTHS, block.book.term[loan])
    return loan, block.book.start[loan] + end, end - number * _MONTHS


def _due(block: Block, loan: I, months: I) -> I:
    table, firms = block.a.table("dividend_rates"), len(block.hurdles.world.firm_closed)
    rates = np.array(list(table))[pick(_county(block)("dividend rates"), table, firms)]
    year = amount(block)[loan] * rates[block.book.firm[loan]] // 1_000_000
    return wholes(year * months // _MONTHS)


def _county(block: Block) -> Streams:
    """This function will open the streams that all blocks share: a firm pays everyone the same."""
    return Streams(seed=block.spec.seed, block=0)


def _payments(block: Block, firm: I, month: I, due_on: D) -> tuple[B, D, B]:
    """This function will say which dividends were paid by the end, when, and of which only a part."""
    rng, table = block.streams("dividends"), block.a.table("dividend_payment")
    state = _state(block, firm, month)
    chance = {
        key: np.array([table[s.value][key] for s in _STATES])[state] for key in ("paid", "part", "late")
    }
    draw, late = rng.random(len(firm)), rng.random(len(firm)) < chance["late"]
    windows = block.a.table("dividend_days")
    in_time, delay = (between(rng, windows[key], len(firm)) for key in ("in_time", "late"))
    paid_on = due_on + np.where(late, delay, in_time)
    time = block.hurdles.time
    open_then = time.month(paid_on) < block.hurdles.world.firm_closed[firm]
    paid = (draw < chance["paid"] + chance["part"]) & open_then & (paid_on <= time.until64)
    return paid, paid_on, draw >= chance["paid"]


def _state(block: Block, firm: I, month: I) -> I:
    """This function will give the state of firms in a month by position in _STATES."""
    world = block.hurdles.world
    return wholes((month >= world.firm_troubled[firm]).astype(np.int64) + (month >= world.firm_closed[firm]))
