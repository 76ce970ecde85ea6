"""How each loan was paid back, where that shows a prohibition: taken ahead, called in, above the rate."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.portfolio.same_people import LINKS, SHOWN

_FEN: Final = 100
_YEAR: Final = 360  # days of a bank's year: the reading of the rate that suits the bank best
_PPM: Final = 1_000_000
_TERMS: Final = ("loan_id", "amount", "annual_rate", "disbursed_on", "matures_on", "repaid_on")


def payment_columns(known: Frames, book: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """This function will tell of each loan how it was paid back.

    Gives loan_id with days_past_maturity, interest_on_disbursement_yuan,
    principal_on_disbursement_yuan, interest_ahead_days, interest_excess_yuan, first_principal_days,
    first_principal_days_ahead, half_repaid_days, half_repaid_days_ahead. Days are null where nothing was
    repaid, or where the rate is nought.
    """
    terms = book.select(*_TERMS)
    paid = _running(known["repayments"].filter(pl.col("paid_on") <= as_of), "paid_on", terms)
    due = _running(known["repayments_due"], "due_on", terms)
    told = terms.join(_taken(paid), on="loan_id", how="left").join(_planned(due), on="loan_id", how="left")
    end = pl.coalesce("repaid_on", pl.lit(as_of))
    past = _days(pl.col("matures_on"), end).clip(0).alias("days_past_maturity")
    return told.with_columns(past, *_AHEAD, *_NOTHING).join(_excess(terms, paid, as_of), on="loan_id").drop(
        *_TERMS[1:], "first_due", "half_due"
    )  # fmt: skip


_AHEAD: Final = tuple(
    (pl.coalesce(f"{part}_due", pl.col("matures_on") - pl.col("disbursed_on")).dt.total_days() - pl.col(days))
    .alias(f"{days}_ahead")
    for part, days in (("first", "first_principal_days"), ("half", "half_repaid_days"))
)  # fmt: skip
_NOTHING: Final = tuple(
    pl.col(name).fill_null(0.0)
    for name in ("interest_on_disbursement_yuan", "principal_on_disbursement_yuan")
)


def _days(earlier: pl.Expr, later: pl.Expr) -> pl.Expr:
    return (later - earlier).dt.total_days()


def _running(facts: pl.DataFrame, day: str, terms: pl.DataFrame) -> pl.DataFrame:
    """Join the terms and add up day by day: loan_id, after (days from disbursement), sums so far."""
    by_day = facts.group_by("loan_id", day).agg(pl.col("principal", "interest").sum())
    after = _days(pl.col("disbursed_on"), pl.col(day)).alias("after")
    joined = by_day.join(terms, on="loan_id").with_columns(after).sort("loan_id", day)
    return joined.with_columns(pl.col("principal", "interest").cum_sum().over("loan_id").name.prefix("sum_"))


def _taken(paid: pl.DataFrame) -> pl.DataFrame:
    at_once = pl.col("after") <= 0
    return paid.group_by("loan_id").agg(
        (pl.col("interest").filter(at_once).sum() / _FEN).alias("interest_on_disbursement_yuan"),
        (pl.col("principal").filter(at_once).sum() / _FEN).alias("principal_on_disbursement_yuan"),
        pl.col("after").filter(pl.col("principal") > 0).min().alias("first_principal_days"),
        pl.col("after").filter(_MORE_THAN_HALF).min().alias("half_repaid_days"),
        _AHEAD_OF_INTEREST.filter(pl.col("interest") > 0).max().alias("interest_ahead_days"),
    )


_MORE_THAN_HALF: Final = pl.col("sum_principal") * 2 > pl.col("amount")
_YEARLY: Final = pl.col("amount") * pl.col("annual_rate")  # fen times ppm
_COVERED: Final = pl.when(_YEARLY > 0).then(pl.col("sum_interest") * _YEAR * _PPM / _YEARLY)
_AHEAD_OF_INTEREST: Final = (_COVERED - pl.col("after")).round(0).cast(pl.Int64)


def _planned(due: pl.DataFrame) -> pl.DataFrame:
    """Durations from disbursement until the first principal falls due, and more than half of it."""
    return due.group_by("loan_id").agg(
        pl.duration(days=pl.col("after").filter(pl.col("principal") > 0).min()).alias("first_due"),
        pl.duration(days=pl.col("after").filter(_MORE_THAN_HALF).min()).alias("half_due"),
    )


def _excess(terms: pl.DataFrame, paid: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Interest paid above what the rate gives on the principal owed from day to day, in yuan; 0 if none."""
    end = pl.coalesce("repaid_on", pl.lit(as_of))
    owed_days = pl.col("amount") * _days(pl.col("disbursed_on"), end)
    returned = pl.col("principal") * _days(pl.col("paid_on"), pl.coalesce("repaid_on", pl.lit(as_of)))
    sums = paid.with_columns(returned.clip(0).alias("returned")).group_by("loan_id").agg(
        pl.col("returned").sum(), pl.col("interest").sum().alias("taken")
    )  # fmt: skip
    given = (owed_days - pl.col("returned").fill_null(0)) * pl.col("annual_rate") / (_YEAR * _PPM)
    excess = ((pl.col("taken").fill_null(0) - given).clip(0) / _FEN).round(2).alias("interest_excess_yuan")
    return terms.join(sums, on="loan_id", how="left").select("loan_id", excess)


def old_loans_links(known: Frames, book: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """This function will find old loans of the household that its bank had repaid on the day of a payout.

    Gives loan_id with old_loans_repaid_same_day_yuan (principal), and LINKS to the old loans. The loan
    that a new one continues does not count.
    """
    relation = "old_loans_repaid_same_day_yuan"
    old = book.select("household_id", "bank", pl.col("loan_id").alias("old_loan_id"))
    paid = known["repayments"].filter(pl.col("principal") > 0).join(
        old, left_on="loan_id", right_on="old_loan_id"
    ).rename({"loan_id": "old_loan_id"})  # fmt: skip
    new = book.select("loan_id", "household_id", "bank", "disbursed_on", "continues_loan_id")
    met = new.join(
        paid, left_on=["household_id", "bank", "disbursed_on"], right_on=["household_id", "bank", "paid_on"]
    ).filter(
        pl.col("old_loan_id") != pl.col("loan_id"),
        (pl.col("old_loan_id") != pl.col("continues_loan_id")).fill_null(value=True),
    )
    found = met.sort("old_loan_id").group_by("loan_id").agg(
        (pl.col("principal").sum() / _FEN).alias(relation), pl.lit(relation).alias("relation"),
        pl.col("old_loan_id").n_unique().alias("loans"),
        pl.col("old_loan_id").unique(maintain_order=True).head(SHOWN).alias("related"),
    )  # fmt: skip
    linked = found.select(pl.col(name).cast(dtype) for name, dtype in LINKS.items())
    return found.select("loan_id", relation), linked
