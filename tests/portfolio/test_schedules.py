"""Plans of repayment to the fen, by hand and by law."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.words import RepaymentMethod
from app.policy.policy import load
from app.portfolio.schedules import (
    Reckoning,
    ScheduleError,
    is_usual,
    maturity,
    schedules,
    unplanned,
)
from tests.features.ledger import due, ledger, loan

STARTS = date(2003, 1, 15)
YUNNAN = load("yunnan2000").at(STARTS)
DAYS = int(YUNNAN.parameters["interest_days_a_year"])
METHODS = [method.value for method in RepaymentMethod]


def loans(**terms: Any) -> pl.DataFrame:
    plain = {"loan_id": "L1", "amount": 100_000, "annual_rate": 36_000, "method": "instalments"}
    days = {"disbursed_on": STARTS, "matures_on": date(2004, 1, 15)}
    return pl.DataFrame([plain | days | terms])


def plan(reckoning: Reckoning, **terms: Any) -> list[tuple[date, int, int, int]]:
    found = schedules(loans(**terms), reckoning)
    return list(found.select("due_on", "principal", "interest", "balance").iter_rows())


def test_a_thousand_yuan_in_twelve_instalments_is_worked_by_hand() -> None:
    # 1 000.00 by 12 is 83.33, and 83.37 at the end. At 3.6 % by 360 days a day costs 0.0001 of the balance.
    per_year = int(YUNNAN.parameters["instalments_a_year_fewer"])

    rows = plan(Reckoning(days_a_year=DAYS, per_year=per_year))

    assert rows[:3] == [
        (date(2003, 2, 15), 8_333, 310, 91_667),  # 31 days of 1 000.00
        (date(2003, 3, 15), 8_333, 257, 83_334),  # 28 days of 916.67: 2.566676
        (date(2003, 4, 15), 8_333, 258, 75_001),  # 31 days of 833.34: 2.583354
    ]
    assert rows[-1] == (date(2004, 1, 15), 8_337, 26, 0)  # 31 days of 83.37: 0.258447
    assert len(rows) == 12


def test_a_thousand_yuan_in_twenty_four_instalments_is_worked_by_hand() -> None:
    # 1 000.00 by 24 is 41.66, and 41.82 at the end; every month the 30th and the 15th, or 15 days on.
    per_year = int(YUNNAN.parameters["instalments_a_year_more"])

    rows = plan(Reckoning(days_a_year=DAYS, per_year=per_year))

    assert rows[:4] == [
        (date(2003, 1, 30), 4_166, 150, 95_834),  # 15 days of 1 000.00
        (date(2003, 2, 15), 4_166, 153, 91_668),  # 16 days of 958.34: 1.533344
        (date(2003, 3, 2), 4_166, 138, 87_502),  # 15 days of 916.68: 1.37502
        (date(2003, 3, 15), 4_166, 114, 83_336),  # 13 days of 875.02: 1.137526
    ]
    assert rows[-1] == (date(2004, 1, 15), 4_182, 7, 0)  # 16 days of 41.82: 0.066912
    assert len(rows) == 24


def test_instalments_from_the_end_of_a_month_fall_due_at_the_end_of_each_month() -> None:
    days = {"disbursed_on": date(2003, 1, 31), "matures_on": date(2003, 4, 30)}

    rows = plan(Reckoning(days_a_year=360, per_year=24), **days)

    assert [row[0] for row in rows] == [
        date(2003, 2, 15), date(2003, 2, 28), date(2003, 3, 15), date(2003, 3, 31), date(2003, 4, 15),
        date(2003, 4, 30),
    ]  # fmt: skip


def test_interest_paid_with_the_principal_is_for_the_actual_days() -> None:
    rows = plan(Reckoning(days_a_year=365), method="bullet_end")

    assert rows == [(date(2004, 1, 15), 100_000, 3_600, 0)]


def test_interest_by_quarter_falls_due_every_three_months_after_the_payout() -> None:
    rows = plan(Reckoning(days_a_year=360), method="bullet_quarterly")

    assert rows == [
        (date(2003, 4, 15), 0, 900, 100_000), (date(2003, 7, 15), 0, 910, 100_000),
        (date(2003, 10, 15), 0, 920, 100_000), (date(2004, 1, 15), 100_000, 920, 0),
    ]  # fmt: skip


def test_interest_by_quarter_falls_due_on_the_day_of_settlement_where_there_is_one() -> None:
    rows = plan(Reckoning(days_a_year=360, settle_day=20), method="bullet_quarterly")

    assert [row[0] for row in rows] == [
        date(2003, 3, 20), date(2003, 6, 20), date(2003, 9, 20), date(2003, 12, 20), date(2004, 1, 15)
    ]  # fmt: skip


def test_interest_by_year_falls_due_on_20_december() -> None:
    days = {"disbursed_on": date(2019, 12, 20), "matures_on": date(2022, 6, 1)}

    rows = plan(Reckoning(days_a_year=360, settle_day=20), method="bullet_yearly", **days)

    assert [row[0] for row in rows] == [date(2020, 12, 20), date(2021, 12, 20), date(2022, 6, 1)]


def test_half_a_fen_of_interest_is_rounded_up() -> None:
    # 180 days of 1.00 at 1 % by 360 are 0.5 fen, 179 days 0.497
    for days, interest in ((180, 1), (179, 0)):
        rows = plan(
            Reckoning(days_a_year=360), method="bullet_end", amount=100, annual_rate=10_000,
            matures_on=STARTS + timedelta(days=days),
        )  # fmt: skip
        assert rows[0][2] == interest


def test_a_term_of_months_ends_on_the_same_day_or_on_the_month_s_last() -> None:
    days = pl.DataFrame({"disbursed_on": [date(2003, 1, 15), date(2003, 1, 31)]})

    assert days.select(maturity(13)).to_series().to_list() == [date(2004, 2, 15), date(2004, 2, 29)]


def test_other_numbers_of_instalments_than_the_pack_names_refer() -> None:
    assert [is_usual(YUNNAN, n) for n in (12, 24, 6)] == [True, True, False]
    assert is_usual(load("yanchi").at(date(2023, 6, 1)), 6)


def test_only_loans_without_a_plan_are_planned() -> None:
    frames = ledger(loans=[loan(), loan(loan_id="L2")], repayments_due=[due(date(2024, 6, 30))])

    assert unplanned(frames, as_of=date(2024, 6, 1)).get_column("loan_id").to_list() == ["L2"]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"amount": 0}, "loan L1: the amount is above zero"),
        ({"annual_rate": -1}, "loan L1: the rate is not below zero"),
        ({"matures_on": STARTS}, "loan L1: a loan matures after it is paid out"),
        ({"method": "weekly"}, "loan L1: there is no such method of repayment"),
    ],
)
def test_terms_that_make_no_plan_are_refused(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        schedules(loans(**terms), Reckoning(days_a_year=360))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"days_a_year": 366}, "a year has 360 or 365 days of interest"),
        ({"days_a_year": 360, "per_year": 7}, "a year cannot have 7 instalments"),
        ({"days_a_year": 360, "per_year": 0}, "a year cannot have 0 instalments"),
        ({"days_a_year": 360, "settle_day": 32}, "the day of settlement is 1 to 31"),
    ],
)
def test_a_reckoning_that_does_not_exist_is_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        Reckoning(**settings)


@st.composite
def _portfolios(draw: st.DrawFn) -> pl.DataFrame:
    rows = []
    for number in range(draw(st.integers(1, 4))):
        starts = draw(st.dates(date(2000, 1, 1), date(2024, 12, 31)))
        rows.append({
            "loan_id": f"L{number}", "amount": draw(st.integers(1, 10**12)),
            "annual_rate": draw(st.integers(0, 240_000)), "disbursed_on": starts,
            "matures_on": starts + timedelta(days=draw(st.integers(1, 1_900))),
            "method": draw(st.sampled_from(METHODS)),
        })  # fmt: skip
    return pl.DataFrame(rows)


_RECKONINGS = st.builds(
    Reckoning,
    days_a_year=st.sampled_from([360, 365]),
    per_year=st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24]),
    settle_day=st.none() | st.integers(1, 31),
)


@settings(deadline=None, max_examples=60)
@given(_portfolios(), _RECKONINGS)
def test_principal_adds_up_to_the_loan_and_days_rise_to_maturity(
    portfolio: pl.DataFrame, reckoning: Reckoning
) -> None:
    planned = schedules(portfolio, reckoning)

    for terms in portfolio.iter_rows(named=True):
        rows = planned.filter(pl.col("loan_id") == terms["loan_id"])
        days = rows.get_column("due_on").to_list()
        assert rows.get_column("principal").sum() == terms["amount"]
        assert rows.get_column("principal").min() >= 0  # type: ignore[operator]
        assert all(a < b for a, b in pairwise([terms["disbursed_on"], *days]))
        assert days[-1] == terms["matures_on"]
        assert rows.get_column("balance")[-1] == 0
        assert rows.get_column("number").to_list() == list(range(1, len(days) + 1))


@settings(deadline=None, max_examples=60)
@given(_portfolios(), _RECKONINGS)
def test_interest_in_parts_is_within_a_fen_a_period_of_interest_at_once(
    portfolio: pl.DataFrame, reckoning: Reckoning
) -> None:
    at_once = schedules(portfolio.with_columns(method=pl.lit("bullet_end")), reckoning)
    in_parts = schedules(portfolio.with_columns(method=pl.lit("bullet_quarterly")), reckoning)

    sums = in_parts.group_by("loan_id").agg(pl.col("interest").sum().alias("parts"), pl.len())
    both = at_once.join(sums, on="loan_id")
    assert both.filter((pl.col("interest") - pl.col("parts")).abs() > pl.col("len")).is_empty()


@settings(deadline=None, max_examples=60)
@given(_portfolios(), _RECKONINGS)
def test_loans_planned_together_are_planned_as_each_alone(
    portfolio: pl.DataFrame, reckoning: Reckoning
) -> None:
    together = schedules(portfolio, reckoning)

    alone = [schedules(portfolio.slice(n, 1), reckoning) for n in range(portfolio.height)]
    assert together.equals(pl.concat(alone).sort("loan_id", "number"))
