"""What became of loans, from the ledger: repaid, defaulted, restructured first, or not known yet."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames, latest_versions
from app.domain.ledger import BY_NAME
from app.domain.words import Action, LoanKind

REPAID: Final = "repaid"
DEFAULTED: Final = "defaulted"
RESTRUCTURED: Final = "restructured"  # treated before the outcome was seen: censored, not repaid
OPEN: Final = "open"
_RESTRUCTURING: Final = (Action.EXTENSION.value, Action.RENEWAL.value, Action.RESCHEDULE.value)
_HELPING: Final = (Action.EXTRA_HELP.value, Action.CREDIT_EDUCATION.value)
_SUCCEEDING: Final = (LoanKind.EXTENSION.value, LoanKind.RENEWAL.value)
_TOLD: Final = (
    "loan_id", "household_id", "kind", "disbursed_on", "matures_on", "outcome", "helped", "late",
)  # fmt: skip


def outcomes(frames: Frames, *, default_days: int, known_until: date, late_days: int = 0) -> pl.DataFrame:
    """Tell of each loan: loan_id, household_id, kind, disbursed_on, matures_on, outcome, helped, late.

    A loan defaulted when principal or interest due by maturity is not paid in full `default_days` later. It
    was restructured when an extension, renewal or new schedule was decided, or a loan that continues it was
    disbursed, before that could be seen. It is open while known_until lies before that day. `helped` marks
    loans for which extra help or credit education was decided by the day of maturity: what they do says
    nothing of what they would have done alone. `late` marks loans not paid in full
    `late_days` after maturity.
    """
    ledger = frames.as_of(known_until)
    loans = _latest(ledger, "loans").with_columns(
        pl.col("matures_on").dt.offset_by(f"{default_days}d").alias("judged_on")
    )
    in_time = pl.col("matures_on").dt.offset_by(f"{late_days}d").alias("in_time_on")
    keys = loans.select("loan_id", "matures_on", "judged_on", in_time)
    full = loans.join(_paid(ledger, keys), on="loan_id", how="left").join(
        _owed(ledger, keys), on="loan_id", how="left"
    )
    short, late = _short("paid"), _short("in_time")
    treated = pl.col("loan_id").is_in(_treated(ledger, loans).implode())
    helped = pl.col("loan_id").is_in(_helped(ledger, loans).implode())
    outcome = (
        pl.when(pl.col("judged_on") > known_until).then(pl.lit(OPEN))
        .when(treated).then(pl.lit(RESTRUCTURED))
        .when(short).then(pl.lit(DEFAULTED))
        .otherwise(pl.lit(REPAID))
    )  # fmt: skip
    marks = (outcome.alias("outcome"), helped.alias("helped"), late.alias("late"))
    return full.with_columns(marks).sort("loan_id").select(_TOLD)


def observed_practice_rate(told: pl.DataFrame) -> float | None:
    """Give the default rate that practice saw: restructured loans count as not defaulted; None for none."""
    seen = told.filter(pl.col("outcome") != OPEN)
    return None if seen.is_empty() else float((seen["outcome"] == DEFAULTED).sum()) / seen.height


def _latest(ledger: Frames, table: str) -> pl.DataFrame:
    return latest_versions(ledger[table], BY_NAME[table].key)


def _paid(ledger: Frames, keys: pl.DataFrame) -> pl.DataFrame:
    paid = ledger["repayments"].join(keys, on="loan_id").filter(pl.col("paid_on") <= pl.col("judged_on"))
    in_time = pl.col("paid_on") <= pl.col("in_time_on")
    return paid.group_by("loan_id").agg(
        pl.col("principal", "interest").sum().name.prefix("paid_"),
        pl.col("principal", "interest").filter(in_time).sum().name.prefix("in_time_"),
    )


def _short(paid: str) -> pl.Expr:
    principal, interest = (pl.col(f"{paid}_{part}").fill_null(0) for part in ("principal", "interest"))
    return (principal < pl.col("amount")) | (interest < pl.col("due_interest").fill_null(0))


def _owed(ledger: Frames, keys: pl.DataFrame) -> pl.DataFrame:
    due = ledger["repayments_due"].join(keys, on="loan_id").filter(pl.col("due_on") <= pl.col("matures_on"))
    return due.group_by("loan_id").agg(pl.col("interest").sum().alias("due_interest"))


def _helped(ledger: Frames, loans: pl.DataFrame) -> pl.Series:
    decided = ledger["dispositions"].filter(pl.col("action").is_in(_HELPING))
    known = decided.join(loans.select("loan_id", "matures_on"), on="loan_id")
    return known.filter(pl.col("decided_on") <= pl.col("matures_on"))["loan_id"].unique()


def _treated(ledger: Frames, loans: pl.DataFrame) -> pl.Series:
    judged = loans.select("loan_id", "judged_on")
    decided = ledger["dispositions"].filter(pl.col("action").is_in(_RESTRUCTURING))
    by_decision = decided.join(judged, on="loan_id").filter(pl.col("decided_on") <= pl.col("judged_on"))
    followers = loans.filter(pl.col("kind").is_in(_SUCCEEDING)).select(
        pl.col("continues_loan_id").alias("loan_id"), pl.col("disbursed_on").alias("followed_on")
    )
    by_loan = followers.join(judged, on="loan_id").filter(pl.col("followed_on") <= pl.col("judged_on"))
    return pl.concat([by_decision["loan_id"], by_loan["loan_id"]]).unique()
