"""Dividends of loans that others use (股权量化, 合伙抱团, 资产返租, 户贷企用): due, paid, late; by whom."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import UseMode, Word
from app.features.expressions import days_between
from app.policy.rules import Rules
from app.portfolio.book import loan_book
from app.portfolio.scheme import section


class DividendState(Word):
    """How a dividend stands on a day; open ones are due and not paid in full, but not late by the rules."""

    AHEAD = "ahead", "未到期"
    OPEN = "open", "到期待付"
    LATE = "late", "逾期未付"
    PAID = "paid", "已付"
    PAID_LATE = "paid_late", "迟付"


STATE_COLUMNS: Final = (
    "loan_id", "household_id", "township_code", "village_code", "bank", "firm_id", "use_mode", "way",
    "due_on", "due", "late_from", "paid_on", "paid", "unpaid", "days_late", "state",
)  # fmt: skip
_LOAN: Final = ("household_id", "township_code", "village_code", "bank", "use_mode")


def dividend_state(frames: Frames, *, as_of: date, rules: Rules) -> pl.DataFrame:
    """This function will tell of every dividend known on a day whether it is due, paid or late.

    One row per dividend, by loan and due day, with STATE_COLUMNS; money in fen. `firm_id` is the dividend's
    or else the loan's; `way` is the pack's code for the loan's use mode, null where the pack has none, and
    then a dividend is late the day after it was due. `paid` counts what was paid by the day, `unpaid` what
    has fallen due and was not, `days_late` the days after the due day until it was paid or up to now, 0 where
    it is not late. Raises SchemeAbsentError where the pack names no ways of use.
    """
    ways = _ways(rules, as_of)
    book = loan_book(frames, as_of=as_of).select("loan_id", *_LOAN, pl.col("firm_id").alias("of_loan"))
    known = frames.as_of(as_of)["dividends"].select("loan_id", "due_on", "due", "firm_id", "paid_on", "paid")
    rows = known.join(book, on="loan_id").join(ways, on="use_mode", how="left")
    settled = rows.with_columns(_paid(as_of)).with_columns(_settled(as_of))
    stated = settled.with_columns(_lateness(as_of)).with_columns(_state(as_of))
    return stated.select(STATE_COLUMNS).sort("loan_id", "due_on")


def _ways(rules: Rules, as_of: date) -> pl.DataFrame:
    rows = [
        (w.entry.use_mode.value, w.code, w.now.late_after_days) for w in section(rules, "ways", as_of=as_of)
    ]
    schema = {"use_mode": pl.String(), "way": pl.String(), "grace": pl.Int64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _paid(as_of: date) -> tuple[pl.Expr, ...]:
    undated = pl.col("paid_on").is_null() & pl.col("paid").is_not_null()  # paid, nobody said when
    by_now = (pl.col("paid_on") <= pl.lit(as_of)).fill_null(undated)
    return (
        pl.coalesce("firm_id", "of_loan").alias("firm_id"),
        pl.when(by_now).then("paid_on").alias("paid_on"),
        # a day of payment without an amount means all of it
        pl.when(by_now).then(pl.coalesce("paid", "due")).otherwise(0).alias("paid"),
        (pl.col("due_on") + pl.duration(days=pl.col("grace").fill_null(0) + 1)).alias("late_from"),
    )


def _settled(as_of: date) -> tuple[pl.Expr, ...]:
    missing = pl.max_horizontal(pl.col("due") - pl.col("paid"), 0)
    until = pl.when(missing == 0).then("paid_on").otherwise(pl.lit(as_of))
    return missing.alias("missing"), until.alias("until")


def _lateness(as_of: date) -> tuple[pl.Expr, ...]:
    late = (pl.col("until") >= pl.col("late_from")).fill_null(value=False)
    return (
        pl.when(pl.col("due_on") <= pl.lit(as_of)).then("missing").otherwise(0).alias("unpaid"),
        pl.when(late).then(days_between("due_on", "until")).otherwise(0).cast(pl.Int64).alias("days_late"),
    )


def _state(as_of: date) -> pl.Expr:
    late, settled = pl.col("days_late") > 0, pl.col("missing") == 0
    return (
        pl.when(settled & late).then(pl.lit(DividendState.PAID_LATE.value))
        .when(settled).then(pl.lit(DividendState.PAID.value))
        .when(late).then(pl.lit(DividendState.LATE.value))
        .when(pl.col("due_on") <= pl.lit(as_of)).then(pl.lit(DividendState.OPEN.value))
        .otherwise(pl.lit(DividendState.AHEAD.value))
        .alias("state")
    )  # fmt: skip


def dividend_watch(state: pl.DataFrame, *by: str) -> pl.DataFrame:
    """This function will sum the dividends of `dividend_state` that have fallen due, by firm, way or place.

    One row per group, most unpaid first: loans, dividends, due, paid, unpaid, late (what is unpaid and late)
    in fen, late_dividends (count), days_late_max.
    """
    fallen = state.filter(pl.col("state") != DividendState.AHEAD.value)
    late = pl.col("state") == DividendState.LATE.value
    sums = fallen.group_by(by).agg(
        pl.col("loan_id").n_unique().cast(pl.Int64).alias("loans"),
        pl.len().cast(pl.Int64).alias("dividends"),
        pl.col("due", "paid", "unpaid").sum(),
        pl.col("unpaid").filter(late).sum().alias("late"),
        late.sum().cast(pl.Int64).alias("late_dividends"),
        pl.col("days_late").filter(late).max().fill_null(0).alias("days_late_max"),
    )
    return sums.sort(pl.col("late"), pl.col("unpaid"), *by, descending=[True, True, *(False for _ in by)])


def entrusted_loans(frames: Frames, state: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """This function will list active loans that not only the household uses, with firm and dividends.

    One row per loan, by loan_id: the loan's place, bank, amount, balance, days; `firm_id`, `firm_state` and
    `firm_stated_on` as last known (null: nobody reported); `dividends` (count fallen due), `due`, `paid`,
    `unpaid`, `late` in fen, 0 where none were recorded. `state` is what `dividend_state` gave.
    """
    book = loan_book(frames, as_of=as_of).filter("active", pl.col("use_mode") != UseMode.OWN.value)
    sums = dividend_watch(state, "loan_id").select("loan_id", "dividends", "due", "paid", "unpaid", "late")
    firms = _firms(frames, as_of)
    rows = book.select(_LEDGER).join(firms, on="firm_id", how="left").join(sums, on="loan_id", how="left")
    filled = rows.with_columns(pl.col("dividends", "due", "paid", "unpaid", "late").fill_null(0))
    return filled.sort("loan_id")


_LEDGER: Final = (
    "loan_id", "household_id", "township_code", "village_code", "bank", "use_mode", "firm_id", "amount",
    "balance", "disbursed_on", "matures_on",
)  # fmt: skip


def _firms(frames: Frames, as_of: date) -> pl.DataFrame:
    stated = frames.as_of(as_of)["firms"].filter(pl.col("stated_on") <= as_of).sort("stated_on", "firm_id")
    last = stated.unique("firm_id", keep="last")
    return last.select(
        "firm_id", pl.col("state").alias("firm_state"), pl.col("stated_on").alias("firm_stated_on")
    )
