"""Mutual-aid societies: members, dues, funds and loans; and the published figures of a county of fourteen."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from app.domain.frames import Frames
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.societies import societies, society_totals
from tests.features.ledger import HOUSEHOLD, due, income, ledger, loan

AS_OF = date(2020, 6, 1)
JINGNING = load("jingning").at(AS_OF)
FIGURES = {figure.code: figure.now.value for figure in JINGNING.figures}
DAY = date(2019, 1, 1)


def home(number: int, village: int = 201) -> dict[str, Any]:
    return HOUSEHOLD | {
        "household_id": f"H{number}", "village_code": f"999901101{village}", "surveyed_on": DAY
    }  # fmt: skip


def person(number: int) -> dict[str, Any]:
    return {"household_id": f"H{number}", "person_id": f"P{number}", "relation": "head", "joined_on": DAY}


def joined(number: int, society: str = "S1", **more: Any) -> dict[str, Any]:
    return {"society_id": society, "household_id": f"H{number}", "joined_on": DAY, "dues": 10_000} | more


def earns(number: int, yuan: float) -> dict[str, Any]:
    return income(date(2020, 3, 1), 0, household_id=f"H{number}") | {"amount": round(yuan * 100)}


def described(frames: Frames, pack: str = "jingning") -> pl.DataFrame:
    rules = load(pack).at(AS_OF)
    return societies(frames, loan_book(frames, as_of=AS_OF), as_of=AS_OF, rules=rules)


def facts(numbers: int = 3, **tables: list[dict[str, Any]]) -> Frames:
    people = {
        "households": [home(n) for n in range(1, numbers + 1)],
        "household_members": [person(n) for n in range(1, numbers + 1)],
        "loans": [],
    }
    return ledger(**(people | tables))


def test_a_household_of_4000_yuan_a_head_has_a_low_income_and_one_of_a_fen_more_has_not() -> None:
    incomes = [earns(1, 4_000.00), earns(2, 4_000.01)]

    found = described(facts(society_members=[joined(1), joined(2)], incomes=incomes)).row(0, named=True)

    assert JINGNING.parameters["low_income_per_head_yuan"] == 4_000
    assert (found["members"], found["low_income_members"], found["low_income_share"]) == (2, 1, 0.5)


def test_a_household_whose_income_nobody_knows_does_not_count_as_low() -> None:
    found = described(facts(society_members=[joined(1)])).row(0, named=True)

    assert (found["members"], found["low_income_members"]) == (1, 0)


def test_a_pack_that_names_no_income_goes_by_registration() -> None:
    poor = {"household_id": "H1", "registration": "registered", "registered_on": DAY}

    found = described(facts(society_members=[joined(1), joined(2)], registrations=[poor]), "ningxia")

    assert found.row(0, named=True)["low_income_members"] == 1


def test_entry_is_measured_against_all_households_of_the_society_s_villages() -> None:
    homes = [home(1), home(2), home(3), home(4, village=202)]

    found = described(facts(households=homes, society_members=[joined(1)])).row(0, named=True)

    assert (found["villages"], found["households"], found["entry_rate"]) == (1, 3, 1 / 3)


def test_dues_are_due_paid_and_in_arrears_member_by_member() -> None:
    members = [joined(1), joined(2), joined(3, dues=None)]
    paid = [
        {"society_id": "S1", "household_id": "H1", "paid_on": DAY, "amount": 15_000},
        {"society_id": "S1", "household_id": "H2", "paid_on": DAY, "amount": 9_999},
        {"society_id": "S1", "household_id": "H2", "paid_on": date(2020, 6, 2), "amount": 1},
    ]

    found = described(facts(society_members=members, society_dues=paid)).row(0, named=True)

    # what the first paid too much does not pay for the second
    assert (found["dues_due"], found["dues_paid"]) == (20_000, 24_999)
    assert (found["dues_arrears"], found["members_in_arrears"]) == (1, 1)


def test_who_has_left_is_no_member() -> None:
    members = [joined(1), joined(2, left_on=AS_OF), joined(3, left_on=date(2020, 6, 2))]

    assert described(facts(society_members=members)).row(0, named=True)["members"] == 2


def test_a_society_holds_its_own_fund_and_is_owed_its_own_loans() -> None:
    moves = [("deposit", 500_000), ("recovery", 20_000), ("withdrawal", 70_000)]
    movements = [
        {"fund_id": "S1", "fund": "mutual_aid", "movement_no": str(n), "movement": word, "moved_on": DAY,
         "amount": amount}
        for n, (word, amount) in enumerate(moves)
    ]  # fmt: skip
    days = {"disbursed_on": date(2019, 12, 1), "matures_on": date(2020, 12, 1)}
    loans = [
        loan(**days, bank="S1", amount=80_000),
        loan(**days, loan_id="L2", household_id="H2", borrower_id="P2", amount=100_000),
        loan(**days, loan_id="L3", household_id="H3", borrower_id="P3", amount=900_000),
    ]
    late = [due(date(2020, 5, 1), interest=300, loan_id="L2") | {"known_on": date(2019, 12, 1)}]

    found = described(
        facts(
            society_members=[joined(1), joined(2)], fund_movements=movements, loans=loans, repayments_due=late
        )
    ).row(0, named=True)

    assert (found["fund_balance"], found["society_balance"]) == (450_000, 80_000)
    assert (found["members_loans"], found["members_balance"], found["members_overdue"]) == (2, 180_000, 300)


def test_a_county_without_societies_has_none_and_no_rates() -> None:
    found = society_totals(described(facts())).row(0, named=True)

    assert (found["societies"], found["members"], found["entry_rate"]) == (0, 0, None)


@pytest.fixture(scope="module", name="fourteen")
def _fourteen() -> pl.DataFrame:
    """Fourteen simulated villages with as many households, of low income and joined, as the report prints."""
    households, low, members, low_members = (
        int(FIGURES[code])
        for code in ("village_households", "village_low_income", "society_members", "society_low_income")
    )
    numbers = range(households)
    others = range(low, low + members - low_members)
    who_joined = [*range(low_members), *others]
    return described(
        ledger(
            loans=[],
            households=[home(n, village=201 + n % 14) for n in numbers],
            household_members=[person(n) for n in numbers],
            incomes=[earns(n, 4_000 if n < low else 4_000.01) for n in numbers],
            society_members=[joined(n, society=f"S{n % 14:02d}") for n in who_joined],
        )
    )


def test_the_published_figures_of_fourteen_societies_come_out_of_their_ledger(fourteen: pl.DataFrame) -> None:
    found = society_totals(fourteen).row(0, named=True)

    printed = {
        "societies": "societies", "households": "village_households",
        "low_income_households": "village_low_income", "members": "society_members",
        "low_income_members": "society_low_income",
    }  # fmt: skip
    assert {name: found[name] for name in printed} == {name: FIGURES[code] for name, code in printed.items()}
    assert (found["households"], found["low_income_households"]) == (2_833, 719)
    assert (found["members"], found["low_income_members"]) == (527, 131)


def test_households_of_low_income_joined_hardly_less_than_all(fourteen: pl.DataFrame) -> None:
    found = society_totals(fourteen).row(0, named=True)

    for rate in ("entry_rate", "low_income_entry_rate", "low_income_share"):
        assert round(found[rate], 4) == FIGURES[rate]
    assert round(FIGURES["lent_in_year"] / FIGURES["borrowers_of_year"]) == FIGURES["lent_each"] == 34_483
