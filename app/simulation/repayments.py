"""What was paid: interest, mostly on time, and principal as the latent hurdles allowed."""

from typing import Any

import numpy as np
import polars as pl

from app.simulation.arrays import D, F, I, days, wholes
from app.simulation.block import Block


def repayments(block: Block, rows: dict[str, Any]) -> pl.DataFrame:
    """This function will give all payments of money, up to the end of the ledger."""
    regular, final = _regular(block, rows), _final(block, rows)
    frame = pl.concat([regular, final]).filter(
        (pl.col("paid_on") <= block.spec.until) & (pl.col("principal") + pl.col("interest") > 0)
    )
    frame = frame.sort("loan", "paid_on", "principal", "interest")
    return frame.select(
        block.loan_ids(frame.get_column("loan").to_numpy()).alias("loan_id"),
        "paid_on",
        "principal",
        "interest",
        receipt_no="R"
        + (pl.int_range(pl.len()) + 1).cast(pl.String).str.zfill(8)
        + f"-{block.streams.block:03d}",
    )


def _regular(block: Block, rows: dict[str, Any]) -> pl.DataFrame:
    """This function will pay what falls due before maturity, late where will or money run short."""
    before = ~rows["last"]
    part = {name: column[before] for name, column in rows.items()}
    late = _days_late(block, "interest lateness", part["loan"], part["month"])
    return pl.DataFrame(
        {
            "loan": part["loan"],
            "paid_on": part["date"] + late,
            "principal": part["principal"],
            "interest": part["interest"],
        }
    )


def _days_late(block: Block, stream: str, loan: I, month: I) -> I:
    """This function will draw the days of delay: a noisy index of will and capacity in that month."""
    table, book = block.a.table("lateness"), block.book.take(loan)
    index = (
        table["level"]
        + table["willingness"] * block.hurdles.will(book, month)
        + table["capacity"] * np.minimum(block.hurdles.capacity(book, month), table["capacity_most"])
        + table["noise"] * block.streams(stream).standard_normal(len(loan))
    )
    days = 1 + np.floor(np.maximum(index, 0.0) * table["days"]).astype(np.int64)
    return np.where(index > 0, np.minimum(days, table["longest"]), 0)


def _final(block: Block, rows: dict[str, Any]) -> pl.DataFrame:
    """This function will pay at and after maturity; a continued loan pays its interest only."""
    last = {name: column[rows["last"]] for name, column in rows.items()}
    treated = block.book.treated
    share = np.where(treated, 0.0, block.path.paid)
    month, loan = np.nonzero(share > 0)
    cash = _frame(block, last, loan, month, share[month, loan])
    only = np.flatnonzero(treated)
    kept = _frame(block, last, only, np.zeros(len(only), dtype=np.int64), np.zeros(len(only)))
    interest = pl.Series(last["interest"][only])
    return pl.concat([cash, kept.with_columns(interest=interest, paid_on=pl.Series(block.maturity[only]))])


def _frame(block: Block, last: dict[str, Any], loan: I, month: I, share: F) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "loan": loan,
            "paid_on": _paid_on(block, loan, month),
            "principal": _split(last["principal"][loan], loan, share),
            "interest": _split(last["interest"][loan], loan, share),
        }
    )


def _split(owed: I, loan: I, share: F) -> I:
    """This function will split whole fen by shares so that full payment leaves no fen unpaid."""
    frame = pl.DataFrame({"loan": loan, "share": share})
    reached = frame.with_columns(sum=pl.col("share").cum_sum().over("loan"))["sum"].to_numpy()
    before = np.rint(owed * np.maximum(reached - share, 0.0))
    return wholes(np.rint(owed * np.minimum(reached, 1.0)) - before)


def _paid_on(block: Block, loan: I, month: I) -> D:
    """This function will date a payment: some days early or within the month of grace, later past it."""
    rng, book = block.streams("settlement"), block.book.take(loan)
    early = rng.integers(0, block.a.whole("principal_early") + 1, len(loan)) * (
        rng.random(len(loan)) < block.a.number("principal_early_share")
    )
    late = np.minimum(_days_late(block, "principal lateness", loan, book.maturity), 30)
    at_maturity = np.where(late > 0, late, -early)
    whole = block.path.paid[0, loan] > 1.0 - 1e-9
    in_month = np.where(whole, at_maturity, rng.integers(0, 31, len(loan)))
    after = month * 30 + rng.integers(1, 21, len(loan))
    return days(block.maturity[loan] + np.where(month == 0, in_month, after))
