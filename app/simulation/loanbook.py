"""Loans, what preceded them and what is due on them."""

from typing import Any, Final

import numpy as np
import polars as pl

from app.domain.words import UseMode
from app.simulation.arrays import I, between, pick, wholes, words
from app.simulation.block import Block
from app.simulation.book import KINDS, METHODS

_YEARLY, _END, _PARTS = 1, 2, 3
_MODES: Final = (UseMode.OWN, UseMode.FIRM)


def loans(block: Block, head: I) -> pl.DataFrame:
    """This function will give the loans; `head` holds the person number of every household's head."""
    book, homes, time = block.book, block.hurdles.homes, block.hurdles.time
    return pl.DataFrame(
        {
            "loan_id": block.loan_id,
            "household_id": block.household_ids(book.home),
            "borrower_id": head[book.home],
            "bank": bank(block, book.home),
            "amount": amount(block),
            "annual_rate": book.rate,
            "disbursed_on": book.disbursed_on(time),
            "matures_on": block.maturity,
            "industry": words(block.hurdles.world.trades.codes, homes.industry[book.home]),
            "method": words(METHODS, book.method),
            "use_mode": words(_MODES, (book.firm >= 0).astype(np.int64)),
            "kind": words(KINDS, book.kind),
            "continues_loan_id": block.loan_ids(continued(block)),
            "firm_id": words(_firm_names(block), book.firm),
            "line_id": line_ids(block),
            "group_id": block.group_ids(book.home),
            "subsidised": block.streams("subsidy").random(len(book)) < block.a.number("subsidised_share"),
            "helper_id": "B" + block.village_codes(book.home).str.slice(6),
        }
    )


def bank(block: Block, homes: I) -> pl.Series:
    """This function will give the bank of some households."""
    table = block.a.table("banks")
    drawn = pick(block.streams("banks"), table, len(block.hurdles.homes))
    return words(tuple(table), drawn[homes])


def amount(block: Block) -> I:
    """This function will give the loans' principal in fen."""
    return block.book.amount * 100


def continued(block: Block) -> I:
    """This function will give the position of the loan that each loan continues, -1 for none."""
    return np.where(block.book.continues >= 0, np.arange(len(block.book)) - 1, -1)


def _firm_names(block: Block) -> tuple[str, ...]:
    return tuple(f"F{number + 1:04d}" for number in range(len(block.hurdles.world.firm_closed)))


def _line_start(block: Block) -> I:
    """This function will say which loans open a line: a household's first, and one three years on."""
    book = block.book
    return (book.start - block.first_loan[book.home]) // (12 * block.a.whole("line_years"))


def line_ids(block: Block) -> pl.Series:
    """This function will name the credit line each loan was drawn on."""
    number = pl.Series(_line_start(block) + 1).cast(pl.String)
    return "C" + block.household_ids(block.book.home).str.slice(1) + "-" + number


def credit_lines(block: Block) -> pl.DataFrame:
    """This function will give the lines: one authorisation, to be drawn on within three years."""
    frame = pl.DataFrame(
        {
            "line_id": line_ids(block),
            "household_id": block.household_ids(block.book.home),
            "bank": bank(block, block.book.home),
            "credit_limit": np.maximum(amount(block), block.a.whole("line_least") * 100),
            "granted_on": block.book.disbursed_on(block.hurdles.time) - 10,
            "revolving": np.ones(len(block.book), dtype=np.bool_),
        }
    )
    lines = frame.group_by("line_id", maintain_order=True).agg(
        pl.col("household_id", "bank").first(), pl.col("credit_limit").max(),
        pl.col("granted_on").first(), pl.col("revolving").first(),
    )  # fmt: skip
    return lines.with_columns(expires_on=pl.col("granted_on").dt.offset_by(f"{block.a.whole('line_years')}y"))


def applications(block: Block, head: I) -> pl.DataFrame:
    """This function will give the applications for new loans, some for more than was granted."""
    book, rng = block.book, block.streams("applications")
    days, more = between(rng, block.a.table("application_lead"), len(book)), rng.random(len(book))
    extra = (more < block.a.number("asked_more_share")) * block.a.whole("asked_more") * 100
    asked = np.minimum(amount(block) + extra, max(block.a.table("amount_shares")) * 100)
    frame = pl.DataFrame(
        {
            "application_id": "A" + block.loan_id.str.slice(1),
            "household_id": block.household_ids(book.home),
            "borrower_id": head[book.home],
            "bank": bank(block, book.home),
            "applied_on": book.disbursed_on(block.hurdles.time) - days,
            "amount": asked,
            "term_months": book.term,
            "industry": words(block.hurdles.world.trades.codes, block.hurdles.homes.industry[book.home]),
        }
    )
    refused = rng.random(len(book)) < block.a.number("refused_applications")
    return pl.concat([frame.filter(book.kind == 0), _refused(frame.filter((book.kind == 0) & refused))])


def _refused(granted: pl.DataFrame) -> pl.DataFrame:
    """This function will add an earlier application of the same household that was turned down."""
    return granted.with_columns(
        application_id="AR" + pl.col("application_id").str.slice(1),
        applied_on=pl.col("applied_on").dt.offset_by("-90d"),
    )


def due_rows(block: Block) -> dict[str, Any]:
    """This function will list what falls due: loan, month, day, part of the principal, last or not."""
    loan, offset = _due_months(block)
    book, time = block.book, block.hurdles.time
    month, last = book.start[loan] + offset, offset == book.term[loan]
    on_day = last | (book.method[loan] == _PARTS)
    date = time.day(month, np.where(on_day, book.day[loan], block.a.whole("interest_day")))
    part = amount(block)[loan] // book.instalments[loan]
    final = amount(block)[loan] - part * (book.instalments[loan] - 1)
    principal = np.where(last, final, np.where(book.method[loan] == _PARTS, part, 0))
    return {"loan": loan, "month": month, "last": last, "date": date, "principal": principal} | {
        "interest": _interest(block, loan, date, principal)
    }


def _due_months(block: Block) -> tuple[I, I]:
    """This function will find the months after disbursement in which anything falls due, by loan."""
    book = block.book
    offset = np.arange(1, int(book.term.max()) + 1)
    month = (book.start[:, None] + offset) % 12
    term, method = book.term[:, None], book.method[:, None]
    regular = np.select(
        [method == _YEARLY, method == _END, method == _PARTS],
        [month == 11, np.zeros_like(month, dtype=bool), (offset % 6 == 0) & (offset >= term % 6 + 6)],
        month % 3 == 2,
    )
    row, column = np.nonzero((regular & (offset < term)) | (offset == term))
    return row, offset[column]


def _interest(block: Block, loan: I, date: np.ndarray, principal: I) -> I:
    """This function will reckon interest on the balance by days over 360, in fen."""
    book = block.book
    first = np.r_[True, loan[1:] != loan[:-1]]
    since = np.where(first, book.disbursed_on(block.hurdles.time)[loan], np.roll(date, 1))
    days = (date - since).astype(np.int64)
    before = np.cumsum(principal) - principal
    paid = before - before[first][np.cumsum(first) - 1]
    return wholes(
        np.rint((amount(block)[loan] - paid) * (book.rate[loan] / 1e6) * days / 360.0).astype(np.int64)
    )


def repayments_due(block: Block, rows: dict[str, Any]) -> pl.DataFrame:
    """This function will give the plan of repayment, known from the day of disbursement."""
    known = block.book.disbursed_on(block.hurdles.time)[rows["loan"]]
    return pl.DataFrame(
        {
            "loan_id": block.loan_ids(rows["loan"]),
            "due_on": rows["date"],
            "principal": rows["principal"],
            "interest": rows["interest"],
            "known_on": known,
        }
    )
