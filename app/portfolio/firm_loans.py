"""The ledger of loans that entrusted firms use (户贷企用): the firm's state, what is owed, dividends."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import UseMode
from app.policy.rules import Rules
from app.portfolio.scheme import parameter
from app.portfolio.ways import DividendState, dividend_state

LEGACY: Final = "legacy"
FORBIDDEN: Final = "forbidden"
LOAN_COLUMNS: Final = (
    "firm_id", "firm_state", "stated_on", "days_since_stated", "loan_id", "household_id", "township_code",
    "bank", "disbursed_on", "matures_on", "amount", "balance", "principal_days_late", "ledger",
    "dividends_due", "dividends_paid", "dividends_unpaid", "dividends_late",
)  # fmt: skip
_DIVIDENDS: Final = ("dividends_due", "dividends_paid", "dividends_unpaid", "dividends_late")


def firm_loans(frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will list the active loans that a firm uses, with the firm's last known state.

    LOAN_COLUMNS, by firm and loan. `ledger` is `legacy` for loans paid out up to the pack's `firm_use_until`
    and `forbidden` for later ones (灞脱贫办发〔2018〕46号 二（四）). Dividends in fen, `dividends_late` a
    count; they are null where the pack names no ways of use. A firm of which nothing was stated has no state.
    """
    until = _day(parameter(rules, "firm_use_until", as_of=as_of))
    mine = book.filter("active", pl.col("use_mode") == UseMode.FIRM.value)
    known = frames.as_of(as_of)["firms"].filter(pl.col("stated_on") <= as_of)
    last = known.sort("stated_on").unique("firm_id", keep="last", maintain_order=True)
    states = last.select("firm_id", pl.col("state").alias("firm_state"), "stated_on")
    joined = mine.join(states, on="firm_id", how="left").join(
        _dividends(frames, rules, as_of), on="loan_id", how="left"
    )
    legacy = pl.when(pl.col("disbursed_on") <= until).then(pl.lit(LEGACY)).otherwise(pl.lit(FORBIDDEN))
    age = (pl.lit(as_of) - pl.col("stated_on")).dt.total_days().alias("days_since_stated")
    told = joined.with_columns(legacy.alias("ledger"), age, *_filled(rules))
    return told.select(LOAN_COLUMNS).sort("firm_id", "loan_id", nulls_last=True)


def firm_totals(loans: pl.DataFrame) -> pl.DataFrame:
    """This function will add `firm_loans` up by firm: loans, households, balance, dividends, and so on."""
    sums = loans.group_by("firm_id", "firm_state", "stated_on").agg(
        pl.len().cast(pl.Int64).alias("loans"),
        pl.col("household_id").n_unique().cast(pl.Int64).alias("households"),
        pl.col("balance").sum(),
        (pl.col("ledger") == FORBIDDEN).sum().cast(pl.Int64).alias("forbidden"),
        (pl.col("principal_days_late") > 0).sum().cast(pl.Int64).alias("overdue"),
        *(pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in _DIVIDENDS),
    )
    return sums.sort("firm_id", nulls_last=True)


def _day(yyyymmdd: float) -> date:
    whole = int(yyyymmdd)
    return date(whole // 10_000, whole // 100 % 100, whole % 100)


def _filled(rules: Rules) -> list[pl.Expr]:
    return [pl.col(name).fill_null(0) for name in _DIVIDENDS] if rules.ways else []


def _dividends(frames: Frames, rules: Rules, as_of: date) -> pl.DataFrame:
    """What fell due of each loan's dividends, was paid and is late."""
    if not rules.ways:
        return pl.DataFrame(schema={"loan_id": pl.String(), **dict.fromkeys(_DIVIDENDS, pl.Int64())})
    stated = dividend_state(frames, as_of=as_of, rules=rules).filter(pl.col("due_on") <= as_of)
    late = pl.col("state") == DividendState.LATE.value
    return stated.group_by("loan_id").agg(
        pl.col("due").sum().alias("dividends_due"),
        pl.col("paid").sum().alias("dividends_paid"),
        pl.col("unpaid").sum().alias("dividends_unpaid"),
        late.sum().cast(pl.Int64).alias("dividends_late"),
    )
