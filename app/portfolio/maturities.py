"""The calendar of maturities: what falls due week by week and place by place, and where it piles up."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from app.policy.rules import Rules
from app.portfolio.compensated import with_compensated
from app.portfolio.fund_outlook import expected_claims, fund_shares_of
from app.portfolio.funds import carried_loans
from app.portfolio.scheme import parameter

DAYS: Final = 7
YEAR_WEEKS: Final = 52
CALENDAR_COLUMNS: Final = (
    "iso_year", "iso_week", "week_from", "place", "loans", "households", "amount", "compensated",
)  # fmt: skip


def week_grid(begin: date, weeks: int) -> pl.DataFrame:
    """This function will list ISO weeks from the one that holds `begin`: iso_year, iso_week, week_from."""
    monday = begin - timedelta(days=begin.weekday())
    starts = pl.Series("week_from", [monday + timedelta(days=DAYS * n) for n in range(weeks)], pl.Date)
    day = pl.col("week_from")
    years = day.dt.iso_year().cast(pl.Int64).alias("iso_year")
    return starts.to_frame().select(years, day.dt.week().cast(pl.Int64).alias("iso_week"), "week_from")


def week_of(day: pl.Expr) -> pl.Expr:
    """This function will give the Monday of a day's ISO week."""
    return day.dt.truncate("1w")


def maturity_calendar(
    book: pl.DataFrame, rules: Rules, *, begin: date, weeks: int, by: str = "township_code"
) -> pl.DataFrame:
    """This function will count what falls due in each ISO week from `begin` on: CALENDAR_COLUMNS.

    `book` is the loan book of `begin`, `by` one of its columns (given as `place`). `amount` is the principal
    that is owed today of the loans that mature in the week (fen; what is repaid in instalments before is
    still in it), `compensated` the part that a fund answers for. Weeks in which nothing is due are left out;
    what matured before `begin` is not in the calendar.
    """
    grid = week_grid(begin, weeks)
    loans = with_compensated(book, rules, as_of=begin).filter("active", pl.col("matures_on") >= begin)
    due = loans.with_columns(week_of(pl.col("matures_on")).alias("week_from"), pl.col(by).alias("place"))
    sums = due.group_by("week_from", "place").agg(
        pl.len().cast(pl.Int64).alias("loans"),
        pl.col("household_id").n_unique().cast(pl.Int64).alias("households"),
        pl.col("balance").sum().alias("amount"),
        pl.col("compensated").sum(),
    )
    return (
        grid.join(sums, on="week_from").select(CALENDAR_COLUMNS).sort("week_from", "place", nulls_last=True)
    )


def last_cohort(book: pl.DataFrame, *, begin: date, by: str | None = None) -> pl.DataFrame:
    """This function will tell of the loans that matured in the 52 weeks before `begin` what is overdue now.

    Gives `place` (where `by` names a column), cohort_loans, cohort_amount (lent, fen), cohort_overdue
    (principal overdue on the day of the book, fen) and cohort_overdue_share (null where nothing
    matured). Loans that a renewal or an extension moved on are not in it.
    """
    first = begin - timedelta(days=DAYS * YEAR_WEEKS)
    matured = book.filter(
        pl.col("matures_on").is_between(first, begin, closed="left"), ~pl.col("continued")
    ).with_columns((pl.lit("") if by is None else pl.col(by)).alias("place"))
    sums = matured.group_by("place").agg(
        pl.len().cast(pl.Int64).alias("cohort_loans"),
        pl.col("amount").sum().alias("cohort_amount"),
        pl.col("principal_overdue").sum().alias("cohort_overdue"),
    )
    share = pl.when(pl.col("cohort_amount") > 0).then(pl.col("cohort_overdue") / pl.col("cohort_amount"))
    told = sums.with_columns(share.alias("cohort_overdue_share")).sort("place", nulls_last=True)
    return told.drop("place") if by is None else told


def weekly(calendar: pl.DataFrame, rules: Rules, *, begin: date, weeks: int) -> pl.DataFrame:
    """This function will add a calendar up by week, every week with its row, and mark the peaks.

    Adds `mean` (fen a week over all weeks) and `peak`: more than `peak_week_multiple` times the mean
    falls due (集中还款期).
    """
    sums = calendar.group_by("week_from").agg(pl.col("loans", "households", "amount", "compensated").sum())
    full = week_grid(begin, weeks).join(sums, on="week_from", how="left", maintain_order="left")
    filled = full.with_columns(pl.col("loans", "households", "amount", "compensated").fill_null(0))
    mean = pl.col("amount").sum() / weeks
    multiple = parameter(rules, "peak_week_multiple", as_of=begin)
    return filled.with_columns(
        mean.round().cast(pl.Int64).alias("mean"), (pl.col("amount") > mean * multiple).alias("peak")
    )


def fund_weeks(
    book: pl.DataFrame, funds: pl.DataFrame, rules: Rules, *, begin: date, weeks: int
) -> pl.DataFrame:
    """This function will set the claims to expect from each week's maturities beside each fund's balance.

    `funds` as `fund_balances` gives them. Per fund and week (fen): `compensated` of the loans that it
    carries and that fall due; `expected`, which takes last year's overdue share of the whole county for
    the share that is not repaid, `loss_given_default` for what is lost of it and the fund's own share
    of a loss; `left`, the balance less what was expected so far. A rule of thumb, no estimate of single
    loans; null where nothing matured last year.
    """
    cohort = last_cohort(book, begin=begin)
    share = cohort.item(0, "cohort_overdue_share") if cohort.height else None
    carried = carried_loans(funds, book, rules, as_of=begin).filter(pl.col("matures_on") >= begin)
    sums = carried.group_by("fund_id", week_of(pl.col("matures_on")).alias("week_from")).agg(
        pl.col("compensated").sum()
    )
    keeping = fund_shares_of(funds, rules).join(funds.select("fund_id", "balance"), on="fund_id")
    own = keeping.filter(pl.col("fund_id").is_in(carried.get_column("fund_id").unique().implode()))
    pairs = week_grid(begin, weeks).join(own, how="cross").join(sums, on=["fund_id", "week_from"], how="left")
    filled = pairs.with_columns(pl.col("compensated").fill_null(0)).sort("fund_id", "week_from")
    claims = (expected_claims(filled, rules, as_of=begin) * pl.lit(share, pl.Float64)).round().cast(pl.Int64)
    left = pl.col("balance") - pl.col("expected").cum_sum().over("fund_id")
    told = filled.with_columns(claims.alias("expected")).with_columns(left.alias("left"))
    return told.select("fund_id", "week_from", "compensated", "expected", "balance", "left")
