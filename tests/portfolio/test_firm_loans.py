"""Loans that entrusted firms use, in a ledger of their own."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.firm_loans import firm_loans, firm_totals
from tests.features.ledger import ledger, loan

DAY = date(2019, 6, 1)
FIRM = {"use_mode": "firm", "firm_id": "E1"}
OLD: dict[str, Any] = FIRM | {"disbursed_on": date(2017, 11, 30), "matures_on": date(2019, 11, 30)}
STATES = [
    {"firm_id": "E1", "state": "operating", "stated_on": date(2018, 1, 1)},
    {"firm_id": "E1", "state": "troubled", "stated_on": date(2019, 3, 1)},
    {"firm_id": "E1", "state": "closed", "stated_on": date(2019, 6, 2)},
]


def _listed(*loans: dict[str, Any], pack: str = "baqiao", **tables: list[dict[str, Any]]) -> pl.DataFrame:
    home = {"household_id": "H1", "village_code": "999901101201", "surveyed_on": date(2017, 1, 1)}
    frames = ledger(loans=list(loans), households=[home], firms=STATES, **tables)
    return firm_loans(frames, loan_book(frames, as_of=DAY), load(pack).at(DAY), as_of=DAY)


@pytest.mark.parametrize(
    ("paid_out", "expected"), [(date(2017, 11, 30), "legacy"), (date(2017, 12, 1), "forbidden")]
)
def test_the_last_of_november_2017_divides_old_loans_from_forbidden_ones(
    paid_out: date, expected: str
) -> None:
    assert _listed(loan(**OLD | {"disbursed_on": paid_out})).item(0, "ledger") == expected


def test_loans_that_the_household_uses_are_not_in_the_ledger() -> None:
    assert _listed(loan(disbursed_on=date(2018, 1, 1), matures_on=date(2020, 1, 1))).is_empty()


def test_a_firm_stands_as_it_was_last_stated_by_the_day() -> None:
    row = _listed(loan(**OLD)).row(0, named=True)

    assert (row["firm_state"], row["stated_on"], row["days_since_stated"]) == (
        "troubled",
        date(2019, 3, 1),
        92,
    )


def test_a_firm_of_which_nothing_was_stated_has_no_state() -> None:
    row = _listed(loan(**OLD | {"firm_id": "E9"})).row(0, named=True)

    assert (row["firm_id"], row["firm_state"]) == ("E9", None)


def test_dividends_are_added_up_with_those_that_are_late() -> None:
    owed = {"loan_id": "L1", "due": 200_000}
    dividends = [
        owed | {"due_on": date(2018, 11, 30), "paid_on": date(2018, 11, 30), "paid": 200_000},
        owed | {"due_on": date(2019, 5, 31), "known_on": date(2018, 1, 1)},
        owed | {"due_on": date(2019, 11, 30), "known_on": date(2018, 1, 1)},
    ]

    listed = _listed(loan(**OLD), dividends=dividends)

    row = firm_totals(listed).row(0, named=True)
    found = {name: row[name] for name in row if name.startswith("dividends")}
    assert found == {
        "dividends_due": 400_000, "dividends_paid": 200_000, "dividends_unpaid": 200_000, "dividends_late": 1,
    }  # fmt: skip


def test_totals_count_a_firms_loans_households_and_forbidden_ones() -> None:
    listed = _listed(
        loan(**OLD), loan(**OLD | {"loan_id": "L2", "disbursed_on": date(2018, 2, 1), "amount": 1_000})
    )

    row = firm_totals(listed).row(0, named=True)

    assert (row["loans"], row["households"], row["balance"], row["forbidden"]) == (2, 1, 5_001_000, 1)


def test_a_pack_that_names_no_ways_leaves_dividends_open() -> None:
    assert _listed(loan(**OLD), pack="national").item(0, "dividends_due") is None
