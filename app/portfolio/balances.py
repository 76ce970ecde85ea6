"""What is owed on each loan on every day: as it was paid up to a day, as it is planned from then on."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import LoanKind

STEP_COLUMNS: Final = ("loan_id", "on", "balance", "overdue")
_CONTINUING: Final = (LoanKind.RENEWAL.value, LoanKind.EXTENSION.value)
_NOTHING: Final = pl.lit(0, pl.Int64)


def balance_steps(frames: Frames, book: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """This function will tell from which day on a loan's balance and arrears are what, by STEP_COLUMNS.

    `book` is the loan book of `as_of`. A step holds from its day `on` to the day before the loan's next one;
    fen. The day of payment bears no interest any more: on it the balance is already lower. Up to as_of the
    steps follow the payments; from then on everything is paid on the day it falls due, except what is
    overdue on as_of: that stays so. What no plan covers falls due at maturity.
    """
    loans = book.select("loan_id", "amount", "disbursed_on", "contract_matures_on", "matures_on")
    known = frames.as_of(as_of)
    moves = pl.concat(
        [_begins(loans), _repaid(known, loans, as_of), _continued(book), *_due(known, loans)],
        how="vertical",
    )
    steps = moves.group_by("loan_id", "on").agg(pl.col("paid", "due").sum()).sort("loan_id", "on")
    return _running(steps, loans, as_of).select(STEP_COLUMNS)


def balances_on(steps: pl.DataFrame, day: date) -> pl.DataFrame:
    """This function will give the balance of each loan on a day: loan_id, balance (fen)."""
    begun = steps.filter(pl.col("on") <= day)
    return begun.group_by("loan_id").agg(pl.col("balance").sort_by("on").last())


def _moves(rows: pl.DataFrame, on: str, *, paid: pl.Expr = _NOTHING, due: pl.Expr = _NOTHING) -> pl.DataFrame:
    return rows.select("loan_id", pl.col(on).alias("on"), paid.alias("paid"), due.alias("due"))


def _begins(loans: pl.DataFrame) -> pl.DataFrame:
    return _moves(loans, "disbursed_on")


def _repaid(known: Frames, loans: pl.DataFrame, as_of: date) -> pl.DataFrame:
    paid = known["repayments"].filter(pl.col("paid_on") <= as_of, pl.col("principal") != 0)
    return _moves(paid.join(loans, on="loan_id", how="semi"), "paid_on", paid=pl.col("principal"))


def _continued(book: pl.DataFrame) -> pl.DataFrame:
    """A loan ends on the day on which a renewal or an extension begins that continues it."""
    followers = book.filter(pl.col("kind").is_in(_CONTINUING), pl.col("continues_loan_id").is_not_null())
    ended = followers.select(
        pl.col("continues_loan_id").alias("loan_id"), pl.col("disbursed_on").alias("end")
    )
    return _moves(ended.join(book.select("loan_id", "amount"), on="loan_id"), "end", paid=pl.col("amount"))


def _due(known: Frames, loans: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    planned = known["repayments_due"].filter(pl.col("principal") != 0).join(loans, on="loan_id").with_columns(
        pl.when(pl.col("due_on") == pl.col("contract_matures_on"))
        .then("matures_on")
        .otherwise("due_on")
        .alias("due_on")
    )  # fmt: skip
    sums = planned.group_by("loan_id").agg(pl.col("principal").sum())
    rest = loans.join(sums, on="loan_id", how="left").with_columns(
        (pl.col("amount") - pl.col("principal").fill_null(0)).clip(0).alias("rest")
    )
    return (
        _moves(planned, "due_on", due=pl.col("principal")),
        _moves(rest.filter(pl.col("rest") > 0), "matures_on", due=pl.col("rest")),
    )


def _running(steps: pl.DataFrame, loans: pl.DataFrame, as_of: date) -> pl.DataFrame:
    ahead = pl.col("on") >= as_of
    summed = steps.join(loans.select("loan_id", "amount"), on="loan_id", maintain_order="left").with_columns(
        pl.col("paid").cum_sum().over("loan_id"),
        pl.min_horizontal(pl.col("due").cum_sum().over("loan_id"), "amount").alias("due"),
        pl.col("paid").sum().over("loan_id").alias("paid_now"),
        pl.col("due").filter(~ahead).sum().over("loan_id").alias("due_now"),
    )
    stays = (pl.min_horizontal("due_now", "amount") - pl.col("paid_now")).clip(0)
    planned = pl.max_horizontal("paid_now", pl.col("due") - stays)
    paid = pl.when(ahead).then(planned).otherwise("paid")
    return summed.with_columns(
        (pl.col("amount") - paid).clip(0).alias("balance"), (pl.col("due") - paid).clip(0).alias("overdue")
    )
