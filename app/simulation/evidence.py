"""What people saw and wrote down: visits and use records."""

from typing import Final

import numpy as np
import polars as pl

from app.domain.words import Contact, ProductionState, UsePurpose, UseState, Willingness
from app.simulation.arrays import B, D, F, I, between, words
from app.simulation.block import Block
from app.simulation.book import Book

_WRONG: Final = (UsePurpose.CONSUMPTION, UsePurpose.HOUSING, UsePurpose.WEDDING, UsePurpose.DEBT)


def visits(block: Block) -> pl.DataFrame:
    """This function will give the visits paid to loans while they concerned anyone; maybe none."""
    gaps = block.a.table("visit_gaps").get(block.spec.visits)
    if gaps is None:
        return pl.DataFrame(schema={"loan_id": pl.String})
    loan, day = _visit_days(block, gaps)
    found = _findings(block, loan, day)
    lag = between(block.streams("visit lag"), block.a.table("visit_known_lag"), len(loan))
    frame = pl.DataFrame(
        {"loan_id": block.loan_ids(loan), "visited_on": day} | found | {"known_on": day + lag}
    )
    return frame.unique(["loan_id", "visited_on"], keep="first", maintain_order=True).filter(
        pl.col("known_on") <= block.spec.until
    )


def _visit_days(block: Block, gaps: list[int]) -> tuple[I, D]:
    """This function will walk through each loan's life by the usual gaps, and stop before maturity."""
    rng, start = block.streams("visit days"), block.book.disbursed_on(block.hurdles.time)
    span = int((block.closed - start).astype(np.int64).max())
    steps = rng.integers(gaps[0], gaps[1] + 1, (len(block.book), span // gaps[0] + 1))
    days = np.cumsum(steps, axis=1)
    days[:, -1] = (block.maturity - start).astype(np.int64) - between(
        rng, block.a.table("due_visit"), len(block.book)
    )
    days.sort(axis=1)
    end = np.minimum(block.closed, block.hurdles.time.until64)
    loan, step = np.nonzero((days > 0) & (start[:, None] + days <= end[:, None]))
    return loan, start[loan] + days[loan, step]


def _findings(block: Block, loan: I, day: D) -> dict[str, pl.Series]:
    """This function will draw what is found: noisy reflections of the latent state in that month."""
    rng, book, month = block.streams("findings"), block.book.take(loan), block.hurdles.time.month(day)
    lines, noise = block.a.table("visit_lines"), block.a.table("visit_noise")
    chance = block.a.table("visit_chances")
    works = _production(block, book, month) + noise["production"] * rng.standard_normal(len(loan))
    wants = block.hurdles.will(book, month) + noise["willingness"] * rng.standard_normal(len(loan))
    contact = _contact(rng, wants < lines["lost"], chance)
    met = contact == 0
    production = (works < lines["poor"]).astype(np.int64) + (works < lines["stalled"])
    will = (wants < lines["hesitant"]).astype(np.int64) + (wants < lines["unwilling"])
    needs = (production == 0) & (rng.random(len(loan)) < chance["needs_funds"])
    return {
        "production": words(tuple(ProductionState), np.where(contact == 2, -1, production)),
        "use_state": words(tuple(UseState), np.where(met, _use(rng, book.misuse, chance), -1)),
        "willingness": words(tuple(Willingness), np.where(met, will, -1)),
        "contact": words(tuple(Contact), contact),
        "needs_funds": pl.Series(needs),
        "pictures": pl.Series(rng.poisson(block.a.number("visit_pictures"), len(loan))),
        "visitor_id": "V" + block.village_codes(book.home).str.slice(6),
    }


def _production(block: Block, book: Book, month: I) -> F:
    level = block.hurdles.foreseen(book, month) - block.a.number("visit_level")
    return block.hurdles.luck(book, month) + block.a.number("visit_capacity_weight") * np.minimum(level, 0.5)


def _contact(rng: np.random.Generator, unwilling: B, chance: dict[str, float]) -> I:
    draw = rng.random(len(unwilling))
    lost = unwilling & (draw < chance["lost"])
    return np.where(lost, 2, np.where(draw > 1 - chance["absent"], 1, 0))


def _use(rng: np.random.Generator, misuse: B, chance: dict[str, float]) -> I:
    draw = rng.random(len(misuse))
    seen = np.where(misuse, chance["misuse_seen"], chance["false_misuse"])
    return np.where(draw < seen, 2, np.where(draw > 1 - chance["idle_seen"], 1, 0))


def use_records(block: Block) -> pl.DataFrame:
    """This function will give the records of what the money of new loans was spent on."""
    rng, book = block.streams("use records"), block.book
    fresh = np.flatnonzero(book.kind == 0)
    parts = between(rng, block.a.table("use_record_parts"), len(fresh))
    loan = np.repeat(fresh, parts)
    number = np.arange(len(loan)) - np.repeat(np.cumsum(parts) - parts, parts)
    told = book.misuse & (rng.random(len(book)) < block.a.number("use_record_truth"))
    wrong = rng.integers(0, len(_WRONG), len(book))
    purpose = np.where(told[loan] & (number == 0), 1 + wrong[loan], 0)
    used = book.disbursed_on(block.hurdles.time)[loan] + 3 + number * 25 + rng.integers(0, 20, len(loan))
    frame = pl.DataFrame(
        {
            "loan_id": block.loan_ids(loan),
            "record_no": pl.Series(number + 1).cast(pl.String),
            "used_on": used,
            "amount": book.amount[loan] * 100 // np.repeat(parts, parts),
            "purpose": words((UsePurpose.PRODUCTION, *_WRONG), purpose),
        }
    )
    return frame.filter(pl.col("used_on") <= block.spec.until)
