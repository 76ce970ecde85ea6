"""Helpers' stakes on invented loans."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.scheme import SchemeAbsentError
from app.portfolio.stakes import STAKE_COLUMNS, helper_stakes, loan_stakes
from tests.features.ledger import ledger, loan

DAY = date(2019, 6, 30)
RULES = load("fengjie").at(DAY)
BOOK = loan_book(ledger(), as_of=date(2023, 6, 30))


def stake(fen: int) -> tuple[int | None, bool]:
    book = loan_book(ledger(loans=[loan(amount=fen, helper_id="W1")]), as_of=date(2023, 6, 30))
    found = loan_stakes(book, RULES, as_of=DAY)
    return found.select("stake", "referred").row(0)


@pytest.mark.parametrize(
    ("fen", "wanted"),
    [
        (999_999, (None, True)),
        (1_000_000, (10_000, False)),
        (3_000_000, (30_000, False)),
        (3_000_001, (150_000, False)),
        (3_000_100, (150_005, False)),
        (5_000_000, (250_000, False)),
    ],
)
def test_one_per_cent_up_to_30_000_and_five_above_and_below_10_000_a_person(
    fen: int, wanted: tuple[int | None, bool]
) -> None:
    assert stake(fen) == wanted


def test_a_helper_answers_for_all_loans_and_overdue_ones_are_shown() -> None:
    old = {"disbursed_on": date(2020, 1, 1), "matures_on": date(2021, 1, 1)}
    loans = [
        loan(loan_id="L1", amount=3_000_000, helper_id="W1"),
        loan(loan_id="L2", amount=5_000_000, helper_id="W1", **old),
        loan(loan_id="L3", amount=500_000, helper_id="W2"),
        loan(loan_id="L4", amount=5_000_000),
    ]
    book = loan_book(ledger(loans=loans), as_of=date(2023, 6, 30))

    stakes = loan_stakes(book, RULES, as_of=DAY)

    assert tuple(stakes.columns) == STAKE_COLUMNS
    assert helper_stakes(stakes).rows() == [
        ("W1", 2, 8_000_000, 280_000, 250_000, 0),
        ("W2", 1, 500_000, 0, 0, 1),
    ]


def test_a_pack_that_asks_for_no_stake_is_named_with_the_day() -> None:
    with pytest.raises(SchemeAbsentError, match="'national' says nothing on stakes on 2019-06-30"):
        loan_stakes(BOOK, load("national").at(DAY), as_of=DAY)


@settings(max_examples=30, deadline=None)
@given(fen=st.integers(1_000_000, 10_000_000), more=st.integers(0, 1_000_000))
def test_lending_more_never_lowers_the_stake(fen: int, more: int) -> None:
    less, larger = stake(fen)[0], stake(fen + more)[0]

    assert less is not None
    assert larger is not None
    assert larger >= less
