"""The loan book of a day: every loan known, what is paid, owed and late; all of the portfolio reads it."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import COUNTY_DIGITS, TOWNSHIP_DIGITS
from app.features.expressions import months_between
from app.features.facts import Facts
from app.features.household_loans import dues, household_loans, owed, with_lateness

_KEYS: Final = ("firm_id", "line_id", "group_id", "method", "subsidised", "helper_id")
BOOK_COLUMNS: Final = (
    "loan_id", "household_id", "borrower_id", "county_code", "township_code", "village_code", "bank",
    "industry", "use_mode", "kind", "method", "continues_loan_id", "firm_id", "line_id", "group_id",
    "helper_id", "subsidised", "annual_rate", "amount", "disbursed_on", "contract_matures_on", "matures_on",
    "term_months", "times_extended", "times_renewed", "paid_principal", "paid_interest", "repaid_on",
    "continued", "active", "balance", "principal_overdue", "interest_overdue", "principal_days_late",
    "interest_days_late",
)  # fmt: skip


def loan_book(frames: Frames, *, as_of: date) -> pl.DataFrame:
    """This function will list every loan known and paid out by a day, with BOOK_COLUMNS, by loan_id.

    Money in fen, rates in ppm a year. `balance` is the principal still owed, 0 for a loan repaid or
    `continued` by a renewal or an extension; `principal_overdue` is what fell due of it and was not paid.
    `matures_on` is moved by an extension, `contract_matures_on` is not.
    """
    facts = Facts.of(frames)
    lines = household_loans(facts, _owners(frames, as_of))
    due = dues(facts, lines)
    late = with_lateness(lines, due).join(owed(due), on="line", how="left").with_columns(_STATE)
    return _placed(late.with_columns(_OVERDUE), frames, as_of).select(BOOK_COLUMNS).sort("loan_id")


def _owners(frames: Frames, as_of: date) -> pl.DataFrame:
    owners = frames["loans"].select("household_id").unique().sort("household_id")
    return owners.with_row_index("row").with_columns(
        pl.lit(as_of).alias("as_of"), pl.lit(None, pl.String).alias("own_loan_id")
    )


_STATE: Final = (
    pl.when("active").then("balance").otherwise(0).alias("balance"),
    (pl.col("due_principal").fill_null(0) - pl.col("paid_principal")).clip(0).alias("principal_overdue"),
    months_between("disbursed_on", "contract_matures_on").alias("term_months"),
)
_OVERDUE: Final = tuple(
    pl.when("active").then(name).otherwise(0).alias(name)
    for name in ("principal_overdue", "interest_overdue", "principal_days_late", "interest_days_late")
)


def _placed(lines: pl.DataFrame, frames: Frames, as_of: date) -> pl.DataFrame:
    """Add the place of each loan's household and the loan's further keys, as they are known."""
    known = frames.as_of(as_of)
    village = pl.col("village_code")
    places = known["households"].select(
        "household_id",
        "village_code",
        village.str.head(TOWNSHIP_DIGITS).alias("township_code"),
        village.str.head(COUNTY_DIGITS).alias("county_code"),
    )
    keys = known["loans"].select("loan_id", *_KEYS)
    return lines.join(places, on="household_id", how="left").join(keys, on="loan_id", how="left")
