"""The columns that findings read (app.policy.finding_labels), loan by loan, and which loans are linked."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import UsePurpose, UseState
from app.portfolio.payment_columns import old_loans_links, payment_columns
from app.portfolio.payout_columns import household_links, owed_at_payout, payout_columns
from app.portfolio.same_people import RELATIONS, described, links

_FEN: Final = 100
_PPM_PER_CENT: Final = 10_000
_HARMLESS: Final = UsePurpose.PRODUCTION.value
_SPECULATIVE: Final = (UsePurpose.FINANCIAL.value, UsePurpose.ON_LENDING.value)


def finding_columns(
    known: Frames, book: pl.DataFrame, identities: pl.DataFrame, *, as_of: date, near_name_letters: int | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """This function will give the book with all columns of FINDING_LABELS, and the links between loans.

    `known` is what was known on `as_of`, `identities` as app.portfolio.same_people wants it. Links
    have LINKS; their relation is the column that they stand behind.
    """
    owed = owed_at_payout(known, book)
    old, old_links = old_loans_links(known, book)
    people = described(identities, book)
    linked = pl.concat(
        [links(people, book, near_name_letters=near_name_letters), household_links(owed), old_links]
    )
    parts = [
        payout_columns(known, book, owed), payment_columns(known, book, as_of=as_of), old,
        _used(known, as_of), _visited(known, as_of), _dividends(known, as_of), *_counted(linked),
    ]  # fmt: skip
    table = book.with_columns(*_STANDING).join(_persons(people), on="borrower_id", how="left")
    for part in parts:
        table = table.join(part, on="loan_id", how="left")
    return table.with_columns(pl.col(_NOUGHT).fill_null(0)), linked


_STANDING: Final = (
    pl.col("active").cast(pl.Int64).alias("is_active"),
    (pl.col("annual_rate") / _PPM_PER_CENT).alias("annual_rate_pct"),
    *(
        (pl.col(column) / _FEN).alias(f"{column}_yuan")
        for column in ("amount", "balance", "principal_overdue", "interest_overdue")
    ),
)
_NOUGHT: Final = (
    *RELATIONS, "use_outside_production_yuan", "use_debt_yuan", "use_financial_yuan", "misuse_visits",
    "old_loans_repaid_same_day_yuan", "dividend_overdue_yuan",
)  # fmt: skip


def _persons(people: pl.DataFrame) -> pl.DataFrame:
    told = people.select("person_id", "id_invalid", pl.col("same_name_borrowers").cast(pl.Int64))
    return told.rename({"person_id": "borrower_id"})


def _counted(linked: pl.DataFrame) -> list[pl.DataFrame]:
    return [
        linked.filter(pl.col("relation") == relation).select("loan_id", pl.col("loans").alias(relation))
        for relation in RELATIONS
    ]


def _used(known: Frames, as_of: date) -> pl.DataFrame:
    spent, purpose = pl.col("amount"), pl.col("purpose")
    records = known["use_records"].filter(pl.col("used_on") <= as_of)
    return records.group_by("loan_id").agg(
        (spent.filter(purpose != _HARMLESS).sum() / _FEN).alias("use_outside_production_yuan"),
        (spent.filter(purpose == UsePurpose.DEBT.value).sum() / _FEN).alias("use_debt_yuan"),
        (spent.filter(purpose.is_in(_SPECULATIVE)).sum() / _FEN).alias("use_financial_yuan"),
    )


def _visited(known: Frames, as_of: date) -> pl.DataFrame:
    seen = known["visits"].filter(pl.col("visited_on") <= as_of, pl.col("use_state").is_not_null())
    misused = (pl.col("use_state") == UseState.MISUSED.value).sum().cast(pl.Int64)
    return (
        seen.sort("visited_on")
        .group_by("loan_id", maintain_order=True)
        .agg(pl.col("use_state").last().alias("use_state_last"), misused.alias("misuse_visits"))
    )


def _dividends(known: Frames, as_of: date) -> pl.DataFrame:
    # paid though nobody said when, or on a day though nobody said how much: as app.portfolio.ways reads them
    by_now = (pl.col("paid_on") <= as_of).fill_null(
        pl.col("paid").is_not_null() & pl.col("paid_on").is_null()
    )
    paid = pl.when(by_now).then(pl.coalesce("paid", "due")).otherwise(0)
    unpaid = known["dividends"].filter(pl.col("due_on") < as_of).with_columns(
        (pl.col("due") - paid).alias("left")
    ).filter(pl.col("left") > 0)  # fmt: skip
    return unpaid.group_by("loan_id").agg(
        (pl.lit(as_of) - pl.col("due_on").min()).dt.total_days().alias("dividend_days_late"),
        (pl.col("left").sum() / _FEN).alias("dividend_overdue_yuan"),
    )
