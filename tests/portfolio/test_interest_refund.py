"""Interest paid by 20 December and refunded, on invented loans."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.interest_refund import REFUND_COLUMNS, deadline, interest_refunds
from app.portfolio.scheme import SchemeAbsentError
from tests.features.ledger import due, ledger, loan, paid

DAY = date(2019, 12, 31)
RULES = load("fengjie").at(DAY)
YEARLY = 237_500


def lent(**differences: Any) -> dict[str, Any]:
    terms = {"disbursed_on": date(2018, 1, 1), "matures_on": date(2020, 12, 20), "subsidised": True}
    return loan(**terms) | differences


def refund(
    *payments: dict[str, Any], registration: str = "registered", day: date = DAY, **differences: Any
) -> dict[str, Any]:
    frames = ledger(
        loans=[lent(**differences)],
        repayments_due=[
            due(date(number, 12, 20), interest=YEARLY) | {"known_on": date(2018, 1, 1)}
            for number in (2018, 2019, 2020)
        ],
        repayments=list(payments),
        registrations=[
            {"household_id": "H1", "registration": registration, "registered_on": date(2016, 1, 1)}
        ],
    )
    book = loan_book(frames, as_of=day)
    return interest_refunds(frames, book, RULES, as_of=day, year=2019).row(0, named=True)


OLD = paid(date(2018, 12, 1), interest=YEARLY)


def test_the_deadline_is_20_december() -> None:
    assert deadline(RULES, 2019, "interest_paid", as_of=DAY) == date(2019, 12, 20)


@pytest.mark.parametrize(
    ("day", "wanted"), [(20, ("paid", YEARLY, 0, 0)), (21, ("missed", 0, YEARLY, YEARLY))]
)
def test_interest_paid_on_the_20th_is_refunded_and_a_day_later_is_not(
    day: int, wanted: tuple[str, int, int, int]
) -> None:
    found = refund(OLD, paid(date(2019, 12, day), interest=YEARLY))

    assert tuple(found) == REFUND_COLUMNS
    assert (found["state"], found["refund"], found["paid_after"], found["missed"]) == wanted


def test_a_part_is_refunded_and_the_rest_is_missed() -> None:
    found = refund(OLD, paid(date(2019, 6, 1), interest=100_000))

    assert (found["state"], found["refund"], found["missed"]) == ("part", 100_000, 137_500)


def test_payments_cover_the_interest_of_the_year_before_first() -> None:
    found = refund(paid(date(2019, 6, 1), interest=YEARLY))

    assert (found["state"], found["refund"]) == ("missed", 0)


def test_a_stable_household_gets_no_refund() -> None:
    found = refund(OLD, paid(date(2019, 12, 1), interest=YEARLY), registration="stable")

    assert (found["state"], found["subsidy_rule"], found["refund"]) == ("paid", None, None)


def test_a_loan_that_is_not_subsidised_gets_no_refund() -> None:
    found = refund(OLD, paid(date(2019, 12, 1), interest=YEARLY), subsidised=False)

    assert found["refund"] is None


def test_interest_on_what_exceeds_the_subsidised_cap_is_not_refunded() -> None:
    found = refund(OLD, paid(date(2019, 12, 1), interest=YEARLY), amount=10_000_000)

    assert (found["subsidised_share"], found["refund"]) == (500_000, YEARLY // 2)


def test_before_the_deadline_only_what_is_paid_so_far_counts() -> None:
    later = paid(date(2019, 12, 1), interest=YEARLY)

    assert refund(OLD, later, day=date(2019, 11, 30))["refund"] == 0


def test_a_pack_without_the_duty_is_named_with_the_day() -> None:
    with pytest.raises(SchemeAbsentError, match="'fengjie' has no yearly duty 'nothing' on 2019-12-31"):
        deadline(RULES, 2019, "nothing", as_of=DAY)


@settings(max_examples=30, deadline=None)
@given(interest=st.integers(0, 3 * YEARLY), more=st.integers(0, YEARLY))
def test_paying_more_never_lowers_the_refund_and_never_lifts_it_above_the_due(
    interest: int, more: int
) -> None:
    less = refund(paid(date(2019, 6, 1), interest=interest))
    larger = refund(paid(date(2019, 6, 1), interest=interest + more))

    assert less["refund"] <= larger["refund"] <= larger["due"] == YEARLY
