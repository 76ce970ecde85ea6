from datetime import date

import pytest

from tests.features.ledger import AS_OF, due, features, income, ledger, paid, visit


def test_interest_delays_are_averaged_and_set_against_the_households_own_history() -> None:
    dues = [due(date(2023, 9, 20), interest=100), due(date(2024, 3, 20), interest=100)]
    payments = [paid(date(2023, 9, 24), interest=100), paid(date(2024, 4, 9), interest=100)]

    found = features(ledger(repayments_due=dues, repayments=payments))

    assert found["interest_days_late_mean_24m"] == 12.0
    assert found["interest_days_late_mean_6m"] == 20.0
    assert found["interest_delay_against_own_history"] == 16.0


def test_one_long_delay_counts_no_more_than_ninety_days() -> None:
    found = features(ledger(repayments_due=[due(date(2023, 9, 20), interest=100)]))

    assert found["interest_days_late_mean_24m"] == 90.0


def test_visits_are_averaged_over_those_that_found_something_out() -> None:
    visits = [
        visit(date(2023, 8, 1), willingness="willing", production="stalled"),
        visit(date(2024, 1, 1), willingness="unwilling", production="sound"),
        visit(date(2024, 4, 1), willingness=None, production="sound"),
    ]

    found = features(ledger(visits=visits))

    assert found["willingness_mean_24m"] == 1.0
    assert found["production_mean_24m"] == pytest.approx(4 / 3)
    assert features(ledger())["willingness_mean_24m"] is None


def test_income_at_hand_counts_what_comes_in_shortly_before_maturity_and_in_the_month_of_grace() -> None:
    incomes = [
        income(date(2023, 6, 1), 6_000),  # the month of maturity, a year before: whole
        income(date(2023, 7, 1), 600),  # the month of grace: whole
        income(date(2024, 3, 1), 600),  # three months before: half is left
        income(date(2023, 9, 1), 9_999),  # spent by then
        income(date(2024, 5, 1), 0),
    ]

    found = features(ledger(incomes=incomes))

    assert found["income_at_hand_at_maturity_yuan"] == pytest.approx(6_000 + 600 + 600 * 3 / 6)
    assert found["income_at_hand_to_due"] == pytest.approx(6_900 / 50_000)


def test_income_of_half_a_year_is_compared_with_the_same_half_before() -> None:
    earlier = [income(date(2023, month, 1), 1_000) for month in range(1, 6)] + [
        income(date(2022, 12, 1), 1_000)
    ]
    later = [income(date(2024, month, 1), 500) for month in range(1, 6)] + [income(date(2023, 12, 1), 500)]

    before = [income(date(2022, 10, 1), 1)]  # shows that the half a year before is whole

    assert features(ledger(incomes=before + earlier + later))["income_change_6m"] == -0.5
    assert features(ledger(incomes=later))["income_change_6m"] is None


def test_a_loss_fades_over_two_years() -> None:
    shocks = [
        {"household_id": "H1", "kind": "illness", "happened_on": date(2023, 6, 2), "loss": 1_000_000},
        {"household_id": "H1", "kind": "accident", "happened_on": date(2022, 5, 1), "loss": 9_000_000},
    ]

    assert features(ledger(shocks=shocks))["shock_loss_fading_yuan"] == 5_000.0


def test_a_price_is_set_against_its_mean_of_the_three_years_before() -> None:
    prices = [
        {"industry": "sheep", "priced_in": date(year, month, 1), "price": 3_000}
        for year in (2021, 2022, 2023) for month in range(5, 13)
    ]  # fmt: skip
    newest = {"industry": "sheep", "priced_in": date(2024, 5, 1), "price": 1_500}

    found = features(ledger(prices=[*prices, newest]), AS_OF)

    assert found["price_to_usual"] == 0.5
    assert found["price_gap_felt"] is None  # no income is known that it could be felt in
