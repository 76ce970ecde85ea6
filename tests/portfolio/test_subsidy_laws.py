"""The subsidy plan against a count of single days, over invented households."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.policy import load
from app.portfolio.subsidy import subsidy_plan
from app.portfolio.subsidy_tables import quarter_table, sums
from tests.features.ledger import paid
from tests.portfolio.vintages import CAP, county, lent

MADE_ON = date(2020, 6, 15)
POLICY = load("longchuan")
YEAR = [date(2020, 1, 1) + timedelta(days=n) for n in range(366)]

amounts = st.integers(1, 100).map(lambda thousand: thousand * 100_000)
begins = st.dates(date(2018, 1, 1), MADE_ON)
loans = st.fixed_dictionaries(
    {
        "amount": amounts,
        "on": begins,
        "months": st.integers(2, 36),
        "paid": st.none() | st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)),
    }
)
households = st.lists(st.lists(loans, min_size=1, max_size=3), min_size=1, max_size=3)


def _ledger(homes: list[list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows, payments = [], []
    for home, drawn in enumerate(homes):
        for number, each in enumerate(drawn):
            until = each["on"] + timedelta(days=30 * each["months"])
            row = lent(10 * home + number, each["amount"], each["on"], until)
            rows.append(row | {"household_id": f"H{home}"})
            if each["paid"]:
                share, when = each["paid"]
                day = each["on"] + (MADE_ON - each["on"]) * when
                principal = round(each["amount"] * share)
                payments.append(paid(day, principal=principal, loan_id=row["loan_id"]))
    return rows, payments


def _owed(row: dict[str, Any], payments: list[dict[str, Any]], day: date) -> int:
    """What is owed on a day: as paid; a loan that is not late when the plan is made is paid at maturity."""
    if day < row["disbursed_on"]:
        return 0
    paid_then = sum(
        p["principal"] for p in payments if p["loan_id"] == row["loan_id"] and p["paid_on"] <= day
    )
    planned = row["matures_on"] >= MADE_ON and day >= row["matures_on"]
    return 0 if planned else int(row["amount"] - paid_then)


def _by_days(rows: list[dict[str, Any]], payments: list[dict[str, Any]]) -> dict[tuple[str, int], int]:
    counted: dict[tuple[str, int], int] = defaultdict(int)
    ordered = sorted(rows, key=lambda row: (row["disbursed_on"], row["loan_id"]))
    for day in YEAR:
        room: dict[str, int] = defaultdict(lambda: CAP)
        for row in ordered:
            taken = min(_owed(row, payments, day), room[row["household_id"]])
            room[row["household_id"]] -= taken
            if taken and day < row["matures_on"]:
                counted[row["loan_id"], (day.month + 2) // 3] += taken
    return dict(counted)


@settings(max_examples=60, deadline=None)
@given(households)
def test_the_plan_counts_every_day_of_every_loan_within_its_household_cap(
    homes: list[list[dict[str, Any]]],
) -> None:
    rows, payments = _ledger(homes)

    plan = subsidy_plan(county(*rows, repayments=payments), POLICY, year=2020, as_of=MADE_ON)

    found = {(loan, quarter): n for loan, quarter, n in plan.select("loan_id", "quarter", "fen_days").rows()}
    assert found == _by_days(rows, payments)


@settings(max_examples=30, deadline=None)
@given(households)
def test_the_sums_of_a_plan_are_those_of_its_parts_whatever_the_cut(
    homes: list[list[dict[str, Any]]],
) -> None:
    rows, payments = _ledger(homes)
    plan = subsidy_plan(county(*rows, repayments=payments), POLICY, year=2020, as_of=MADE_ON)
    total = plan.get_column("interest").sum()

    for key in ("vintage", "township_code", "bank"):
        table = quarter_table(plan, key)
        parts, whole = table.filter(pl.col(key).is_not_null()), table.row(-1, named=True)

        assert parts.get_column("year").sum() == whole["year"] == total
        assert sum(whole[name] for name in ("q1", "q2", "q3", "q4")) == total
        assert sums(plan, key, "quarter").get_column("interest").sum() == total
