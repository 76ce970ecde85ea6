"""Shocks as they were written down, insurance, and bad credit marks."""

from typing import Final

import numpy as np
import polars as pl

from app.domain.words import CreditMark, InsuranceKind, ShockKind
from app.simulation.arrays import B, I, between, wholes, words
from app.simulation.block import Block
from app.simulation.world import KINDS

_PERSONAL: Final = tuple(KINDS.index(k) for k in (ShockKind.ILLNESS, ShockKind.DEATH, ShockKind.ACCIDENT))
_COVER: Final = {
    ShockKind.ILLNESS: InsuranceKind.ILLNESS,
    ShockKind.ACCIDENT: InsuranceKind.ACCIDENT,
    ShockKind.DISASTER: InsuranceKind.CROPS,
    ShockKind.ANIMAL_DISEASE: InsuranceKind.LIVESTOCK,
}


def shocks(block: Block, head: I) -> pl.DataFrame:
    """This function will give the recorded part of the shocks, each with the day it became known."""
    month, kind, home = _struck(block)
    rng, time = block.streams("shock records"), block.hurdles.time
    day = time.day(month, rng.integers(1, 29, len(month)))
    lag = between(rng, block.a.table("shock_known_lag"), len(month))
    recorded = rng.random(len(month)) < block.a.number("shock_recorded")
    size = block.hurdles.homes.size[home]
    # The head goes on borrowing, so death is of another member where there is one.
    member = np.where(kind == KINDS.index(ShockKind.DEATH), np.minimum(1, size - 1), rng.integers(0, size))
    loss = (
        block.a.number("shock_loss_share")
        * block.hurdles.homes.income[home]
        * -np.expm1(block.hurdles.state.jump[kind, home])
    )
    frame = pl.DataFrame(
        {
            "household_id": block.household_ids(home),
            "kind": words(KINDS, kind),
            "happened_on": day,
            "loss": block.fen(np.round(loss, -2)),
            "person_id": np.where(np.isin(kind, _PERSONAL), head[home] + member, -1),
            "known_on": day + lag,
        }
    )
    return frame.filter(recorded & (frame["known_on"] <= block.spec.until).to_numpy())


def _struck(block: Block) -> tuple[I, I, I]:
    hits = block.hurdles.state.hits[: block.hurdles.time.last + 1][:, :, block.homes]
    month, kind, position = np.nonzero(hits)
    home = block.homes[position]
    on_file = month >= block.first_loan[home] - block.a.whole("shocks_on_file")
    return month[on_file], kind[on_file], home[on_file]


def insurance(block: Block) -> pl.DataFrame:
    """This function will give yearly policies taken with each loan, and what they paid."""
    parts = [_policies(block, kind, cover) for kind, cover in _COVER.items()]
    frame = pl.concat(parts)
    return frame.filter(pl.col("starts_on") <= block.spec.until)


def _policies(block: Block, kind: ShockKind, cover: InsuranceKind) -> pl.DataFrame:
    number, book, time = KINDS.index(kind), block.book, block.hurdles.time
    sold = block.hurdles.homes.insured[number] & (block.hurdles.state.proneness[number] > 0)
    years = np.where(sold[book.home], -(-book.term // 12), 0)
    loan = np.repeat(np.arange(len(book)), years)
    year = np.arange(len(loan)) - np.repeat(np.cumsum(years) - years, years)
    start = book.start[loan] + 12 * year
    paid, paid_on = _payouts(block, number, loan, start)
    begins = time.day(start, book.day[loan])
    return pl.DataFrame(
        {
            "household_id": block.household_ids(book.home[loan]),
            "policy_id": f"P{number}"
            + block.loan_ids(loan).str.slice(1)
            + "-"
            + pl.Series(year + 1).cast(pl.String),
            "kind": pl.Series([cover.value], dtype=pl.String).new_from_index(0, len(loan)),
            "insured": np.full(len(loan), block.a.table("insured_sum")[cover.value] * 100),
            "starts_on": begins,
            "ends_on": time.day(start + 12, book.day[loan]) - 1,
            "paid_out": pl.Series(_sum_paid(block, cover, number, book.home[loan])),
            "paid_out_on": paid_on,
            "paid": paid,
        }
    ).select(
        pl.exclude("paid", "paid_out", "paid_out_on"),
        *(pl.when("paid").then(pl.col(name)).alias(name) for name in ("paid_out", "paid_out_on")),
        known_on=pl.when("paid").then("paid_out_on").otherwise("starts_on"),
    )


def _payouts(block: Block, number: int, loan: I, start: I) -> tuple[B, np.ndarray]:
    """This function will find the first claim within each policy's year that was paid by the end."""
    hits, home = block.hurdles.state.hits[:, number], block.book.home[loan]
    months = np.minimum(start[:, None] + np.arange(1, 12), len(hits) - 1)
    struck = hits[months, home[:, None]]
    lag = between(block.streams(f"payouts {number}"), block.a.table("payout_lag"), len(loan))
    day = block.hurdles.time.day(start + 1 + struck.argmax(axis=1), 28) + lag
    return struck.any(axis=1) & (day <= block.hurdles.time.until64), day


def _sum_paid(block: Block, cover: InsuranceKind, number: int, home: I) -> I:
    fall = -np.expm1(block.hurdles.state.jump[number, home])
    return wholes(np.rint(block.a.table("insured_sum")[cover.value] * fall).astype(np.int64) * 100)


def credit_marks(block: Block) -> pl.DataFrame:
    """This function will give bad records from before the first loan and from long unpaid loans."""
    time, book, path = block.hurdles.time, block.book, block.path
    old = block.homes[block.hurdles.homes.marked[block.homes]]
    bad = np.flatnonzero(path.bad_record & ~book.treated)
    will = block.hurdles.will(book.take(bad), book.maturity[bad])
    faith = np.where(will > block.a.number("good_faith_above"), 1, 0)
    frame = pl.DataFrame(
        {
            "household_id": block.household_ids(np.concatenate([old, book.home[bad]])),
            "mark": words(tuple(CreditMark), np.concatenate([np.ones(len(old), dtype=np.int64), faith])),
            "marked_on": np.concatenate(
                [time.day(block.first_loan[old] - 18, 15), block.maturity[bad] + block.a.whole("mark_after")]
            ),
        }
    )
    return frame.filter(pl.col("marked_on") <= block.spec.until).sort("household_id", "marked_on")
