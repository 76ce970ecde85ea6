"""The calendar of maturities: weeks, peaks, visits, and what they mean for the fund."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.funds import fund_balances
from app.portfolio.maturities import fund_weeks, last_cohort, maturity_calendar, week_grid, weekly
from app.portfolio.maturity_visits import visits_needed
from app.simulation import CountySpec, frames, simulate
from tests.features.ledger import ledger, loan, paid
from tests.portfolio.claimed import DEPOSIT, rules

BEGIN = date(2024, 10, 1)  # a Tuesday
RULES = rules("yanchi", BEGIN)


def _due(*days: date, **more: Any) -> pl.DataFrame:
    loans = [
        loan(loan_id=f"L{n}", matures_on=day, disbursed_on=date(2022, 1, 1), amount=1_000_000) | more
        for n, day in enumerate(days)
    ]
    return loan_book(ledger(loans=loans), as_of=BEGIN)


def test_weeks_are_those_of_iso_and_begin_on_monday_even_across_a_year() -> None:
    weeks = week_grid(BEGIN, 15)

    assert weeks.row(0) == (2024, 40, date(2024, 9, 30))
    assert weeks.row(13) == (2025, 1, date(2024, 12, 30))


def test_sunday_and_monday_fall_in_different_weeks() -> None:
    calendar = maturity_calendar(_due(date(2024, 10, 6), date(2024, 10, 7)), RULES, begin=BEGIN, weeks=52)

    assert calendar["week_from"].to_list() == [date(2024, 9, 30), date(2024, 10, 7)]


def test_what_matured_before_the_first_day_is_not_in_the_calendar() -> None:
    calendar = maturity_calendar(_due(date(2024, 9, 30), BEGIN), RULES, begin=BEGIN, weeks=1)

    assert calendar["loans"].to_list() == [1]


def test_a_household_with_two_loans_due_in_a_week_counts_once() -> None:
    calendar = maturity_calendar(_due(BEGIN, BEGIN), RULES, begin=BEGIN, weeks=1)

    assert calendar.select("loans", "households", "amount").row(0) == (2, 1, 2_000_000)


@pytest.mark.parametrize(("in_first_week", "peak"), [(4, "mean"), (5, "peak")])
def test_a_week_is_a_peak_above_twice_the_mean_and_not_at_it(in_first_week: int, peak: str) -> None:
    # 4 of 8 loans over 4 weeks is exactly twice the mean of two; 5 of 8 is above it
    later = [BEGIN + timedelta(days=7)] * (8 - in_first_week)
    book = _due(*([BEGIN] * in_first_week), *later)
    calendar = maturity_calendar(book, RULES, begin=BEGIN, weeks=4)

    weeks = weekly(calendar, RULES, begin=BEGIN, weeks=4)

    assert weeks.height == 4
    assert weeks["peak"].to_list() == [peak == "peak", False, False, False]


def test_the_calendar_adds_up_to_the_book_in_a_simulated_county() -> None:
    day = date(2025, 3, 31)
    here = load("yanchi").at(day)
    county = simulate(CountySpec(seed=3, loans=300, until=day))
    book = loan_book(frames(county, {lag.code: lag.now.days for lag in here.knowledge}), as_of=day)

    calendars = [
        maturity_calendar(book, here, begin=day, weeks=200, by=by) for by in ("township_code", "bank")
    ]

    ahead = book.filter("active", pl.col("matures_on") >= day)
    assert [c["amount"].sum() for c in calendars] == [ahead["balance"].sum()] * 2
    assert [c["loans"].sum() for c in calendars] == [ahead.height] * 2


def test_the_cohort_is_the_fifty_two_weeks_before() -> None:
    book = _due(date(2023, 10, 2), date(2023, 10, 3), date(2024, 9, 30), BEGIN)

    assert last_cohort(book, begin=BEGIN).item(0, "cohort_loans") == 2


def test_the_overdue_share_of_the_cohort_is_by_amount() -> None:
    loans = [loan(loan_id=f"L{n}", matures_on=date(2024, 5, 1), amount=1_000_000) for n in range(4)]
    repaid = [paid(date(2024, 5, 1), principal=1_000_000, loan_id=f"L{n}") for n in range(3)]

    cohort = last_cohort(loan_book(ledger(loans=loans, repayments=repaid), as_of=BEGIN), begin=BEGIN)

    assert cohort.row(0, named=True) == {
        "cohort_loans": 4, "cohort_amount": 4_000_000, "cohort_overdue": 1_000_000,
        "cohort_overdue_share": 0.25,
    }  # fmt: skip


def test_townships_see_a_household_sixty_and_twenty_days_before() -> None:
    visits = visits_needed(_due(date(2025, 1, 1)), RULES, begin=BEGIN, weeks=52)

    found = visits.select("days_before", "week_from", "visits", "short").rows()
    assert found == [(60, date(2024, 10, 28), 1, 0), (20, date(2024, 12, 9), 1, 0)]


def test_what_goes_beyond_the_visits_of_a_week_is_short() -> None:
    capacity = int(RULES.parameters["visits_per_week"])
    loans = [
        loan(loan_id=f"L{n}", household_id=f"H{n}", matures_on=date(2025, 1, 1)) for n in range(capacity + 1)
    ]
    homes = [
        {"household_id": f"H{n}", "village_code": "999901101201", "surveyed_on": date(2022, 1, 1)}
        for n in range(capacity + 1)
    ]
    book = loan_book(ledger(loans=loans, households=homes), as_of=BEGIN)

    visits = visits_needed(book, RULES, begin=BEGIN, weeks=52)

    assert visits["short"].to_list() == [1, 1]
    assert set(visits["capacity"]) == {capacity}


def test_the_fund_is_set_beside_the_claims_to_expect() -> None:
    loans = [
        loan(loan_id="L1", matures_on=date(2024, 5, 1), amount=1_000_000),
        loan(loan_id="L2", matures_on=date(2024, 5, 1), amount=1_000_000, household_id="H2"),
        loan(loan_id="L3", matures_on=date(2024, 10, 2), amount=2_000_000, household_id="H3"),
    ]
    gone = [paid(date(2024, 5, 1), principal=1_000_000, loan_id="L2")]
    world = ledger(loans=loans, repayments=gone, fund_movements=[DEPOSIT | {"amount": 1_000_000}])

    weeks = fund_weeks(
        loan_book(world, as_of=BEGIN), fund_balances(world, as_of=BEGIN), RULES, begin=BEGIN, weeks=2
    )

    # half of last year's is overdue; 2 000 000 x 0.5 x loss given default 0.6 x the fund's 0.7
    assert weeks["expected"].to_list() == [420_000, 0]
    assert weeks["left"].to_list() == [580_000, 580_000]
