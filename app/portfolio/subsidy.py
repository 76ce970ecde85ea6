"""The subsidy of interest of a year: for every loan and quarter, what the pack in force grants on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

import polars as pl

from app.domain.errors import XindengError
from app.domain.frames import Frames
from app.domain.money import FEN_PER_YUAN, PPM
from app.policy.policy import Policy
from app.policy.rules import Resolved, Rules
from app.policy.schemes import Subsidy, SubsidyInForce
from app.portfolio.balances import balance_steps
from app.portfolio.base_rate import with_base_rate
from app.portfolio.book import loan_book

DayCount = Literal["flat_year", "actual_365", "actual_360"]
Granted = Resolved[Subsidy, SubsidyInForce]
PLAN_COLUMNS: Final = (
    "loan_id", "household_id", "county_code", "township_code", "village_code", "bank", "vintage", "quarter",
    "subsidy", "day_count", "rate", "days", "fen_days", "interest",
)  # fmt: skip
CAP: Final = "subsidised_cap"
_QUARTERS: Final = (1, 2, 3, 4)
_ACTUAL: Final = {"actual_365": 365, "actual_360": 360}
_FINEST_SHARE: Final = 10_000  # shares are reduced to fractions of at most this denominator


class NoSubsidyError(XindengError):
    """The pack grants no subsidy of interest in the year asked for."""

    code = "no_subsidy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A quarter, or the part of one in which the subsidy's rules stay the same; `ends` is the day after."""

    quarter: int
    starts: date
    ends: date
    quarter_days: int
    rules: Rules


def subsidy_plan(
    frames: Frames, policy: Policy, *, year: int, as_of: date, day_count: DayCount | None = None
) -> pl.DataFrame:
    """This function will plan the interest subsidy of a year, one row per loan and quarter, by PLAN_COLUMNS.

    Up to as_of the balances are as they were paid, afterwards as they are planned; loans not paid out by
    as_of are not in it. A day bears interest from the day of payout to the day before repayment. `days` are
    the days on which some of the loan is subsidised, `fen_days` the subsidised balance times its days,
    `rate` the subsidised rate (ppm a year), `interest` the subsidy (fen), rounded half up per loan and
    quarter (and per part of a quarter in which the rules differ). With t the pack's share and r the rate:

    - flat_year: a whole quarter is r/4; part of a quarter its share by days of that quarter's days;
    - actual_365, actual_360: days of 365 or 360, whatever the year.

    Of a household's loans that are marked as subsidised, those paid out first fill `subsidised_cap`; one
    that is overdue goes on filling it. It stops at maturity (moved by an extension in place) and while
    principal is overdue, as the pack says. `rate: base` is the loan's rate, at most the base rate or LPR in
    force when it was paid out. A pack's condition reads the registration of a piece's first day, lateness
    as of as_of; where several subsidies hold, the one declared last. `day_count` replaces the pack's.
    Raises NoSubsidyError, NoRulesInForceError. Source: 陇川县2020年度实施方案 三、四; the treatment of
    partial quarters, of rounding and of payout and repayment days is *design*.
    """
    parts = pieces(policy, year)
    if not any(part.rules.subsidies for part in parts):
        raise _no_subsidy(policy.name, year)
    whole = loan_book(frames, as_of=as_of)
    book = with_base_rate(whole.filter("subsidised"), policy).with_columns(_READ)
    spans = _spans(book, balance_steps(frames, whole, as_of=as_of))
    known = frames.as_of(as_of)["registrations"]
    found = [
        _part(spans, loans, part, granted, day_count)
        for part in parts
        for granted, loans in _granted(_registered(book, known, part.starts), part.rules)
    ]
    return pl.concat(found).sort("loan_id", "quarter")


def pieces(policy: Policy, year: int) -> tuple[Piece, ...]:
    """This function will cut a year into its quarters, and these where the rules of a subsidy change."""
    return tuple(piece for quarter in _QUARTERS for piece in _pieces(policy, year, quarter))


def _pieces(policy: Policy, year: int, quarter: int) -> Iterator[Piece]:
    first = date(year, 3 * quarter - 2, 1)
    after = date(year + quarter // 4, 3 * quarter % 12 + 1, 1)
    changes = [day for day in policy.changes if first < day < after]
    cuts = [d for d in changes if _terms(policy.at(d)) != _terms(policy.at(d - timedelta(days=1)))]
    for starts, ends in pairwise((first, *cuts, after)):
        yield Piece(
            quarter=quarter,
            starts=starts,
            ends=ends,
            quarter_days=(after - first).days,
            rules=policy.at(starts),
        )


def _terms(rules: Rules) -> tuple[object, ...]:
    return (rules.parameters.get(CAP), *((each.code, each.now) for each in rules.subsidies))


def _no_subsidy(policy: str, year: int) -> NoSubsidyError:
    return NoSubsidyError(
        zh=f"政策包“{policy}”在 {year} 年没有贴息规定",
        en=f"the policy pack {policy!r} grants no subsidy of interest in {year}",
        policy=policy,
        year=year,
    )


# --- what conditions read ---

_READ: Final = (
    pl.col("disbursed_on").dt.year().cast(pl.Int64).alias("vintage"),
    (pl.col("amount") / FEN_PER_YUAN).alias("amount_yuan"),
    (pl.col("annual_rate") * 100 / PPM).alias("annual_rate_pct"),
)


def _registered(book: pl.DataFrame, registrations: pl.DataFrame, day: date) -> pl.DataFrame:
    """Add each household's registration on a day, as far as it is known."""
    latest = registrations.filter(pl.col("registered_on") <= day).group_by("household_id").agg(
        pl.col("registration").sort_by("registered_on").last()
    )  # fmt: skip
    return book.join(latest, on="household_id", how="left")


def _granted(loans: pl.DataFrame, rules: Rules) -> Iterator[tuple[Granted, pl.DataFrame]]:
    """Tell each subsidy the loans that it is for: the last one declared whose condition holds."""
    left = loans
    for granted in reversed(rules.subsidies):
        when = granted.now.when
        holds = (
            pl.lit(value=True) if when is None else when.expression(rules.parameters).fill_null(value=False)
        )
        yield granted, left.filter(holds)
        left = left.filter(~holds)


# --- what is subsidised on which days ---


def _spans(book: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Give for every loan and every span of days between two changes in its household what is owed.

    loan_id, on, until (the day after; null: open), balance, overdue, `before` (what the household owes on
    loans paid out earlier, or on the same day and earlier in the order of their numbers).
    """
    order = book.select("household_id", "loan_id", "disbursed_on").sort("disbursed_on", "loan_id")
    days = steps.join(order, on="loan_id").select("household_id", "on").unique().sort("household_id", "on")
    next_on = pl.col("on").shift(-1).over("household_id").alias("until")
    grid = days.with_columns(next_on).join(order, on="household_id", maintain_order="left_right")
    owed = grid.sort("on", maintain_order=True).join_asof(
        steps.sort("on"), on="on", by="loan_id", check_sortedness=False
    )
    earlier = pl.col("balance").fill_null(0).cum_sum().over("household_id", "on") - pl.col("balance")
    return owed.with_columns(earlier.alias("before")).filter(pl.col("balance") > 0)


def _part(
    spans: pl.DataFrame, loans: pl.DataFrame, part: Piece, granted: Granted, day_count: DayCount | None
) -> pl.DataFrame:
    """Reckon one piece of a quarter under one subsidy."""
    counted = day_count or granted.now.day_count
    rate = pl.col("annual_rate" if granted.now.rate == "loan" else "base_rate")
    days = _days(part, stops_at_maturity=granted.now.stops_at_maturity)
    kept = spans.join(loans.select("loan_id", "matures_on"), on="loan_id").with_columns(
        days.alias("days"), _subsidised(part.rules, granted.now).alias("subsidised")
    )
    sums = kept.filter(pl.col("days") > 0, pl.col("subsidised") > 0).group_by("loan_id").agg(
        pl.col("days").sum(), (pl.col("days") * pl.col("subsidised")).sum().alias("fen_days")
    )  # fmt: skip
    return loans.join(sums, on="loan_id").with_columns(
        pl.lit(part.quarter, pl.Int64).alias("quarter"),
        pl.lit(granted.code).alias("subsidy"),
        pl.lit(counted).alias("day_count"),
        rate.alias("rate"),
        _interest(rate, Fraction(granted.now.share).limit_denominator(_FINEST_SHARE), _year(part, counted)),
    ).select(PLAN_COLUMNS)  # fmt: skip


def _days(part: Piece, *, stops_at_maturity: bool) -> pl.Expr:
    last = ["until", "matures_on"] if stops_at_maturity else ["until"]
    ends = pl.min_horizontal(*last, pl.lit(part.ends))
    return (ends - pl.max_horizontal("on", pl.lit(part.starts))).dt.total_days().clip(0)


def _subsidised(rules: Rules, now: SubsidyInForce) -> pl.Expr:
    cap = round(rules.parameters[CAP] * FEN_PER_YUAN)
    room = pl.min_horizontal((cap - pl.col("before")).clip(0), "balance")
    return pl.when(pl.col("overdue") > 0).then(0).otherwise(room) if now.stops_when_overdue else room


def _year(part: Piece, day_count: str) -> int:
    """The days that a year has for a day count: four times the quarter's, where all quarters are equal."""
    return _ACTUAL.get(day_count, 4 * part.quarter_days)


def _interest(rate: pl.Expr, share: Fraction, year: int) -> pl.Expr:
    above, below = pl.col("fen_days") * rate * share.numerator, PPM * share.denominator * year
    return ((2 * above + below) // (2 * below)).alias("interest")
