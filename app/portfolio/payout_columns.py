"""What stood when each loan was paid out: the household's other debts, its registration, the wait."""

from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import LoanKind
from app.portfolio.same_people import LINKS, SHOWN

_CONTINUING: Final = (LoanKind.RENEWAL.value, LoanKind.EXTENSION.value)
_MOST: Final = 60  # loans of one household that are compared, the latest; more is one id for many households
_FEN: Final = 100


def payout_columns(known: Frames, book: pl.DataFrame, owed: pl.DataFrame) -> pl.DataFrame:
    """This function will tell of each loan what stood on the day it was paid out.

    Takes what is known, the loan book and `owed_at_payout`. Gives loan_id with
    registration_at_disbursement, wait_days, household_principal_yuan, household_loans,
    household_top_ups, other_borrower_loans.
    """
    return (
        book.select("loan_id")
        .join(_registration(known, book), on="loan_id", how="left")
        .join(_waits(known, book), on="loan_id", how="left")
        .join(_household(owed), on="loan_id", how="left")
    )


def _registration(known: Frames, book: pl.DataFrame) -> pl.DataFrame:
    """The household's latest registration on the day of the payout; null when none was known."""
    steps = known["registrations"].select(
        "household_id", "registered_on", pl.col("registration").alias("registration_at_disbursement")
    )
    return (
        book.select("loan_id", "household_id", "disbursed_on")
        .sort("disbursed_on")
        .join_asof(
            steps.sort("registered_on"), left_on="disbursed_on", right_on="registered_on", by="household_id",
            check_sortedness=False,
        )
        .select("loan_id", "registration_at_disbursement")
    )  # fmt: skip


def _waits(known: Frames, book: pl.DataFrame) -> pl.DataFrame:
    """Days from the application to the payout: an application belongs to the next loan of its bank."""
    asked = known["applications"].select("household_id", "bank", "applied_on")
    loans = book.select("household_id", "bank", "loan_id", "disbursed_on").sort("disbursed_on", "loan_id")
    met = asked.sort("applied_on").join_asof(
        loans, left_on="applied_on", right_on="disbursed_on", by=["household_id", "bank"], strategy="forward",
        check_sortedness=False,
    )  # fmt: skip
    served = met.filter(pl.col("loan_id").is_not_null())
    wait = (pl.col("disbursed_on") - pl.col("applied_on")).dt.total_days().min().alias("wait_days")
    return served.group_by("loan_id").agg(wait)


def owed_at_payout(known: Frames, book: pl.DataFrame) -> pl.DataFrame:
    """This function will list what the household owed on, right after each loan was paid out.

    One row per loan and loan owed on then: loan_id, other_loan_id (the loan itself among them), `owed`
    (fen), is_top_up, other_borrower. A loan that was continued by then is not owed on.
    """
    met = _together(book).filter(pl.col("other_on") <= pl.col("disbursed_on"), ~_replaced_by_then())
    paid = _paid_by(known, met)
    itself = pl.col("loan_id") == pl.col("other_loan_id")
    left = (
        pl.when(itself).then("other_amount").otherwise(pl.col("other_amount") - pl.col("paid").fill_null(0))
    )
    return paid.with_columns(left.alias("owed")).filter(pl.col("owed") > 0).select(
        "loan_id", "other_loan_id", "owed",
        (pl.col("other_kind") == LoanKind.TOP_UP.value).alias("is_top_up"),
        (pl.col("borrower_id") != pl.col("other_borrower_id")).alias("other_borrower"),
    )  # fmt: skip


def _together(book: pl.DataFrame) -> pl.DataFrame:
    """Pair each loan with its household's loans, itself among them."""
    followers = book.filter(pl.col("kind").is_in(_CONTINUING)).group_by(
        pl.col("continues_loan_id").alias("other_loan_id")
    )
    replaced = followers.agg(pl.col("disbursed_on").min().alias("replaced_on"))
    latest = book.sort("disbursed_on", "loan_id").group_by("household_id", maintain_order=True).tail(_MOST)
    others = latest.select(
        "household_id", pl.col("loan_id").alias("other_loan_id"), pl.col("disbursed_on").alias("other_on"),
        pl.col("amount").alias("other_amount"), pl.col("kind").alias("other_kind"),
        pl.col("borrower_id").alias("other_borrower_id"),
    ).join(replaced, on="other_loan_id", how="left")  # fmt: skip
    mine = book.select("loan_id", "household_id", "borrower_id", "disbursed_on")
    return mine.join(others, on="household_id")


def _replaced_by_then() -> pl.Expr:
    return (pl.col("replaced_on") <= pl.col("disbursed_on")).fill_null(value=False)


def _paid_by(known: Frames, met: pl.DataFrame) -> pl.DataFrame:
    """Add the principal of the other loan that had been paid by the day of the payout."""
    days = known["repayments"].group_by(pl.col("loan_id").alias("other_loan_id"), "paid_on").agg(
        pl.col("principal").sum()
    ).sort("paid_on")  # fmt: skip
    running = days.with_columns(pl.col("principal").cum_sum().over("other_loan_id").alias("paid"))
    return met.sort("disbursed_on").join_asof(
        running.drop("principal"), left_on="disbursed_on", right_on="paid_on", by="other_loan_id",
        check_sortedness=False,
    )  # fmt: skip


def _household(owed: pl.DataFrame) -> pl.DataFrame:
    other = pl.col("loan_id") != pl.col("other_loan_id")
    return owed.group_by("loan_id").agg(
        (pl.col("owed").sum() / _FEN).alias("household_principal_yuan"),
        other.sum().cast(pl.Int64).alias("household_loans"),
        pl.col("is_top_up").sum().cast(pl.Int64).alias("household_top_ups"),
        pl.col("other_borrower").sum().cast(pl.Int64).alias("other_borrower_loans"),
    )


def household_links(owed: pl.DataFrame) -> pl.DataFrame:
    """This function will link each loan to the household's loans owed on at its payout, as LINKS."""
    others = owed.filter(pl.col("loan_id") != pl.col("other_loan_id"))
    return pl.concat(
        [
            _linked(others, "household_loans"),
            _linked(others, "household_principal_yuan"),
            _linked(others.filter("other_borrower"), "other_borrower_loans"),
        ]
    )


def _linked(others: pl.DataFrame, relation: str) -> pl.DataFrame:
    found = others.sort("other_loan_id").group_by("loan_id").agg(
        pl.lit(relation).alias("relation"), pl.len().alias("loans"),
        pl.col("other_loan_id").head(SHOWN).alias("related"),
    )  # fmt: skip
    return found.select(pl.col(name).cast(dtype) for name, dtype in LINKS.items())
