"""Statistics reconcile with the ledger, in fen and by household, for every place and bank."""

from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from app.domain.frames import Frames
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.movements import movements
from app.portfolio.statistics import statistics, with_places
from app.simulation import CountySpec, frames, simulate
from tests.features.ledger import HOUSEHOLD, due, ledger, loan, paid

UNTIL = date(2025, 9, 30)
START, END = date(2025, 6, 30), date(2025, 7, 31)
MONTHS = (START, END, date(2025, 8, 31), UNTIL)
LEVELS = ("township_code", "village_code", "bank")


@pytest.fixture(scope="module", name="county")
def _county() -> Frames:
    lags = {lag.code: lag.now.days for lag in load("yanchi").at(UNTIL).knowledge}
    return frames(simulate(CountySpec(seed=5, loans=500, until=UNTIL)), lags)


@pytest.fixture(scope="module", name="books")
def _books(county: Frames) -> dict[date, pl.DataFrame]:
    return {day: loan_book(county, as_of=day) for day in MONTHS}


def _loan(number: int, **more: Any) -> dict[str, Any]:
    own = {"loan_id": f"L{number}", "household_id": f"H{number}", "borrower_id": f"P{number}"}
    return loan(**own, disbursed_on=date(2024, 7, 15), matures_on=date(2027, 7, 15)) | more


def _home(number: int, village: str = "999901101201") -> dict[str, Any]:
    return HOUSEHOLD | {"household_id": f"H{number}", "village_code": village}


def _counted(facts: Frames, start: date = START, end: date = END) -> dict[str, Any]:
    moves = movements(loan_book(facts, as_of=start), loan_book(facts, as_of=end))
    return statistics(moves, as_of=end).row(0, named=True)


# --- the identities ---


@pytest.mark.parametrize("by", [None, *LEVELS])
def test_opening_and_what_moved_give_the_closing(books: dict[date, pl.DataFrame], by: str | None) -> None:
    rows = statistics(movements(books[START], books[UNTIL]), as_of=UNTIL, by=by)

    gained = pl.col("opening_amount") + pl.col("new_amount") + pl.col("carried_in_amount")
    lost = pl.col("repaid_amount") + pl.col("carried_out_amount")
    homes = pl.col("opening_households") + pl.col("joined_households") - pl.col("left_households")
    assert rows.filter(gained - lost != pl.col("closing_amount")).is_empty()
    assert rows.filter(homes != pl.col("closing_households")).is_empty()
    assert rows["corrected_amount"].to_list() == [0] * rows.height


def test_a_simulated_period_moves_in_every_way(books: dict[date, pl.DataFrame]) -> None:
    row = statistics(movements(books[START], books[UNTIL]), as_of=UNTIL).row(0, named=True)

    moved = ("new_amount", "carried_in_amount", "repaid_amount", "carried_out_amount", "overdue_amount")
    assert all(row[name] > 0 for name in moved)


def test_what_was_lent_and_repaid_is_what_the_ledger_records(
    county: Frames, books: dict[date, pl.DataFrame]
) -> None:
    row = statistics(movements(books[START], books[UNTIL]), as_of=UNTIL).row(0, named=True)

    within = pl.col("known_on").is_between(START, UNTIL, closed="right")
    lent = county["loans"].filter(within)["amount"].sum()
    repaid = county["repayments"].filter(within)["principal"].sum()
    assert row["new_amount"] + row["carried_in_amount"] == lent
    assert row["repaid_amount"] == repaid


def test_the_closing_is_what_the_loan_book_says(books: dict[date, pl.DataFrame]) -> None:
    row = statistics(movements(books[START], books[UNTIL]), as_of=UNTIL).row(0, named=True)

    owing = books[UNTIL].filter("active")
    assert row["closing_loans"] == owing.height
    assert row["closing_households"] == owing["household_id"].n_unique()
    assert row["closing_amount"] == owing["balance"].sum()
    assert row["overdue_amount"] == owing["principal_overdue"].sum()


@pytest.mark.parametrize("by", LEVELS)
def test_places_and_banks_add_up_to_the_county(books: dict[date, pl.DataFrame], by: str) -> None:
    moves = movements(books[START], books[UNTIL])
    whole = statistics(moves, as_of=UNTIL).row(0, named=True)
    parts = statistics(moves, as_of=UNTIL, by=by)

    sums = {name: parts[name].sum() for name in whole if "rate" not in name and "households" not in name}
    assert sums == {name: whole[name] for name in sums}
    together = parts["closing_households"].sum()
    assert (
        together >= whole["closing_households"] if by == "bank" else together == whole["closing_households"]
    )


def test_the_months_of_a_quarter_add_up_to_the_quarter(books: dict[date, pl.DataFrame]) -> None:
    months = [statistics(movements(books[a], books[b]), as_of=b) for a, b in pairwise(MONTHS)]
    quarter = statistics(movements(books[START], books[UNTIL]), as_of=UNTIL).row(0, named=True)

    for name in ("new_amount", "carried_in_amount", "carried_out_amount", "repaid_amount", "settled_loans"):
        assert sum(month[name].sum() for month in months) == quarter[name]
    assert [m["closing_amount"].item() for m in months[:-1]] == [
        m["opening_amount"].item() for m in months[1:]
    ]


# --- single loans ---


def test_a_loan_and_its_part_payment_in_one_month_stand_as_new_and_repaid() -> None:
    facts = ledger(
        loans=[_loan(1, disbursed_on=date(2025, 7, 3))],
        repayments=[paid(date(2025, 7, 20), principal=1_234_567)],
    )

    row = _counted(facts)

    assert (row["opening_amount"], row["new_amount"], row["repaid_amount"]) == (0, 5_000_000, 1_234_567)
    assert row["closing_amount"] == 3_765_433
    assert (row["new_households"], row["joined_households"], row["settled_loans"]) == (1, 1, 0)


def test_a_renewal_carries_the_old_balance_out_and_its_own_amount_in() -> None:
    renewed = _loan(
        2, household_id="H1", disbursed_on=date(2025, 7, 15), kind="renewal", continues_loan_id="L1"
    )
    facts = ledger(
        loans=[_loan(1, matures_on=date(2025, 7, 15)), renewed],
        repayments=[paid(date(2025, 7, 10), principal=1_000_000)],
    )

    row = _counted(facts)

    assert (row["opening_amount"], row["repaid_amount"]) == (5_000_000, 1_000_000)
    assert (row["carried_out_amount"], row["carried_in_amount"]) == (4_000_000, 5_000_000)
    assert (row["new_amount"], row["corrected_amount"], row["closing_amount"]) == (0, 0, 5_000_000)
    assert (row["renewed_loans"], row["settled_loans"], row["closing_households"]) == (1, 0, 1)


def test_an_extension_in_place_is_counted_and_moves_no_money() -> None:
    extended = {"loan_id": "L1", "action": "extension", "decided_on": date(2025, 7, 9)}
    facts = ledger(
        loans=[_loan(1, matures_on=date(2025, 8, 1))],
        dispositions=[extended | {"new_matures_on": date(2026, 2, 1)}],
    )

    row = _counted(facts)

    assert (row["extended_loans"], row["closing_amount"], row["due_90_loans"]) == (1, 5_000_000, 0)


def test_a_later_correction_of_an_amount_is_shown_as_one() -> None:
    was = _loan(1)
    corrected = was | {"amount": 4_500_000, "known_on": date(2025, 7, 9), "version": 2}

    row = _counted(ledger(loans=[was, corrected]))

    assert (row["opening_amount"], row["corrected_amount"], row["closing_amount"]) == (
        5_000_000,
        -500_000,
        4_500_000,
    )
    assert (row["new_amount"], row["repaid_amount"]) == (0, 0)


def test_a_payment_that_becomes_known_late_counts_in_the_month_it_is_known() -> None:
    late = paid(date(2025, 7, 30), principal=1_000_000, known_on=date(2025, 8, 4))
    facts = ledger(loans=[_loan(1)], repayments=[late])

    july, august = _counted(facts), _counted(facts, END, date(2025, 8, 31))

    assert (july["repaid_amount"], august["repaid_amount"]) == (0, 1_000_000)
    assert july["closing_amount"] == august["opening_amount"]


def test_the_two_overdue_rates_differ_where_small_loans_are_late() -> None:
    facts = ledger(
        households=[_home(1), _home(2), _home(3)],
        loans=[
            _loan(1, amount=1_000_000, matures_on=date(2025, 7, 15)),
            _loan(2, amount=5_000_000),
            _loan(3, amount=4_000_000),
        ],
    )

    row = _counted(facts)

    assert (row["overdue_loans"], row["overdue_households"], row["overdue_amount"]) == (1, 1, 1_000_000)
    assert (row["overdue_rate_amount"], row["overdue_rate_households"]) == (100_000, 333_333)


@pytest.mark.parametrize(("matures", "overdue"), [(END, 0), (date(2025, 7, 30), 1)])
def test_a_loan_is_overdue_from_the_day_after_it_matures(matures: date, overdue: int) -> None:
    row = _counted(ledger(loans=[_loan(1, matures_on=matures)]))

    assert row["overdue_loans"] == overdue
    assert row["due_30_loans"] == 1 - overdue


@pytest.mark.parametrize(("matures", "counts"), [
    (date(2025, 8, 30), (1, 1, 1)), (date(2025, 8, 31), (0, 1, 1)), (date(2025, 9, 30), (0, 0, 1)),
    (date(2025, 10, 29), (0, 0, 1)), (date(2025, 10, 30), (0, 0, 0)),
])  # fmt: skip
def test_what_matures_soon_is_counted_to_the_day(matures: date, counts: tuple[int, int, int]) -> None:
    row = _counted(ledger(loans=[_loan(1, matures_on=matures)]))

    assert tuple(row[f"due_{days}_loans"] for days in (30, 60, 90)) == counts


def test_interest_in_arrears_is_counted_beside_principal() -> None:
    facts = ledger(
        loans=[_loan(1)], repayments_due=[due(date(2025, 6, 21), interest=55_000), due(date(2027, 7, 15))]
    )

    row = _counted(facts)

    assert (row["interest_overdue_households"], row["interest_overdue_amount"]) == (1, 55_000)
    assert (row["interest_overdue_rate_households"], row["overdue_loans"]) == (1_000_000, 0)


def test_a_place_without_a_loan_has_zeros_and_no_rate() -> None:
    facts = ledger(loans=[_loan(1)])
    moves = movements(loan_book(facts, as_of=START), loan_book(facts, as_of=END))
    rows = statistics(moves, as_of=END, by="township_code")

    full = with_places(rows, pl.Series("township_code", ["999901101", "999901102"]))

    assert full["township_code"].to_list() == ["999901101", "999901102"]
    assert full["closing_amount"].to_list() == [5_000_000, 0]
    assert full["overdue_rate_amount"].to_list() == [0, None]
