"""Base frames: which subjects are judged, each on its own day."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import TOWNSHIP_DIGITS
from app.domain.words import LoanKind
from app.features.expressions import months_between
from app.features.facts import Facts
from app.features.household_loans import LOAN_STATE_TABLES, household_loans

IDENTITY: Final = (
    "row", "loan_id", "household_id", "borrower_id", "as_of", "bank", "industry", "kind", "use_mode",
    "amount", "balance", "disbursed_on", "matures_on", "township_code", "village_code",
)  # fmt: skip
BASE_COLUMNS: Final = (*IDENTITY, "annual_rate", "term_months", "times_extended", "times_renewed")
BASE_TABLES: Final = ("households", *LOAN_STATE_TABLES)
_TERM: Final = months_between("disbursed_on", "contract_matures_on")


def loan_base(frames: Frames, *, as_of: date, loan_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """List the active loans of a day: disbursed, known, principal still owed, not continued by another.

    One row per loan in order of loan_id, with BASE_COLUMNS; amounts in fen. `loan_ids` picks some of them.
    """
    households = _households(frames, loan_ids)
    return _base(Facts.of(frames), households.with_columns(pl.lit(as_of).alias("as_of")), loan_ids)


def landmark_base(frames: Frames, landmarks: pl.DataFrame) -> pl.DataFrame:
    """List loans at landmarks: (loan_id, as_of) pairs to one row per pair whose loan is active then."""
    owners = frames["loans"].select("loan_id", "household_id").unique("loan_id", keep="first")
    wanted = landmarks.join(owners, on="loan_id").select("household_id", "as_of", "loan_id").unique()
    every = _base(Facts.of(frames), wanted.select("household_id", "as_of").unique(), None)
    return _numbered(every.join(wanted, on=["loan_id", "as_of"], how="semi"), "loan_id", "as_of")


def application_base(frames: Frames, *, as_of: date | None = None) -> pl.DataFrame:
    """List the applications, each on the day it was made or on the day given, with BASE_COLUMNS.

    The balance is the amount applied for, maturity the day after the term; there is no loan yet.
    """
    day = pl.col("applied_on") if as_of is None else pl.lit(as_of)
    asked = frames["applications"].with_columns(day.alias("as_of"))
    latest = asked.sort("known_on", "version").unique("application_id", keep="last", maintain_order=True)
    terms = latest.sort("application_id").with_columns(
        pl.col("as_of").dt.offset_by(pl.format("{}mo", "term_months")).alias("matures_on")
    )  # fmt: skip
    return _placed(Facts.of(frames), _as_application(terms))


def origination_base(frames: Frames, loan_ids: Sequence[str]) -> pl.DataFrame:
    """List granted loans as the applications they were: one row each, the day before disbursement."""
    loans = frames["loans"].filter(pl.col("loan_id").is_in(list(loan_ids)))
    first = loans.sort("loan_id", "version").unique("loan_id", keep="first", maintain_order=True)
    day_before = pl.col("disbursed_on").dt.offset_by("-1d").alias("as_of")
    terms = first.with_columns(day_before, pl.col("matures_on").alias("contract_matures_on")).with_columns(
        _TERM.alias("term_months")
    )
    return _placed(Facts.of(frames), _as_application(terms)).with_columns(terms.get_column("loan_id"))


def household_base(frames: Frames, *, as_of: date, within: str = "") -> pl.DataFrame:
    """List the households known on a day in the place whose division code begins with `within`.

    One row per household in order of its id, with BASE_COLUMNS; its head is the borrower, and there is no
    loan: amounts, terms and days of one are null.
    """
    known = frames.as_of(as_of)["households"].filter(
        pl.col("surveyed_on") <= as_of, pl.col("village_code").str.starts_with(within)
    )
    rows = known.select("household_id", pl.col("head_person_id").alias("borrower_id")).sort("household_id")
    terms = rows.with_columns(
        pl.lit(as_of).alias("as_of"),
        *(pl.lit(None, pl.String).alias(name) for name in ("bank", "industry")),
        *(pl.lit(None, pl.Int64).alias(name) for name in ("amount", "term_months")),
        pl.lit(None, pl.Date).alias("matures_on"),
    )
    # a balance of nothing, and no day that something was paid out on
    return _placed(Facts.of(frames), _as_application(terms)).with_columns(
        pl.lit(None, pl.Int64).alias("balance"), pl.lit(None, pl.Date).alias("disbursed_on")
    )  # fmt: skip


def _households(frames: Frames, loan_ids: Sequence[str] | None) -> pl.DataFrame:
    loans = frames["loans"]
    if loan_ids is not None:
        loans = loans.filter(pl.col("loan_id").is_in(list(loan_ids)))
    return loans.select("household_id").unique(maintain_order=True)


def _base(facts: Facts, keys: pl.DataFrame, loan_ids: Sequence[str] | None) -> pl.DataFrame:
    lines = household_loans(facts, keys.with_row_index("row")).filter("active")
    if loan_ids is not None:
        lines = lines.filter(pl.col("loan_id").is_in(list(loan_ids)))
    rows = _numbered(lines.with_columns(_TERM.alias("term_months")), "loan_id", "as_of")
    return _placed(facts, rows)


def _numbered(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    return rows.drop("row", strict=False).sort(by).with_row_index("row")


def _as_application(terms: pl.DataFrame) -> pl.DataFrame:
    nothing = [pl.lit(None, pl.String).alias("loan_id"), pl.lit(None, pl.String).alias("use_mode")]
    zero = [pl.lit(0, pl.Int64).alias(name) for name in ("times_extended", "times_renewed")]
    return terms.with_columns(
        *nothing, *zero, pl.lit(None, pl.Int64).alias("annual_rate"),
        pl.lit(LoanKind.NEW.value).alias("kind"),
        pl.col("amount").alias("balance"), pl.col("as_of").alias("disbursed_on"),
    ).with_row_index("row")  # fmt: skip


def _placed(facts: Facts, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the place of each row's household as it was known on the row's day."""
    keys = rows.lazy().select("row", "household_id", "as_of")
    places = facts.known(keys, "households", "village_code", by="household_id").select("row", "village_code")
    township = pl.col("village_code").str.head(TOWNSHIP_DIGITS).alias("township_code")
    placed = rows.join(places.collect(), on="row", how="left", maintain_order="left")
    return placed.with_columns(township).select(BASE_COLUMNS)
