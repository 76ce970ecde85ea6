"""Dividends of invented loans that others use."""

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.frames import Frames
from app.policy.policy import Rules, load
from app.portfolio.scheme import SchemeAbsentError
from app.portfolio.ways import STATE_COLUMNS, dividend_state, dividend_watch, entrusted_loans
from tests.features.ledger import ledger, loan
from tests.portfolio.packs import small

DAY = date(2019, 6, 30)
DUE = date(2019, 6, 1)
WAYS = """
ways:
  shares:
    zh: 股权量化
    use_mode: shares
    in_force:
      - {from: 2017-03-01, late_after_days: 10, reference: {kind: design}}
"""


@cache
def grace() -> Rules:
    with TemporaryDirectory() as folder:
        return small(Path(folder), WAYS, DAY)


def dividend(**differences: Any) -> dict[str, Any]:
    fact = {"loan_id": "L1", "due_on": DUE, "due": 237_500, "known_on": date(2018, 7, 1)}
    return fact | differences


def shared(**differences: Any) -> dict[str, Any]:
    terms = {"use_mode": "shares", "disbursed_on": date(2018, 6, 1), "matures_on": date(2021, 6, 1)}
    return loan(**terms) | differences


def county(*dividends: dict[str, Any], **more: Any) -> Frames:
    return ledger(**{"loans": [shared(firm_id="F1")], "dividends": list(dividends)} | more)


def state(*dividends: dict[str, Any], day: date = DAY) -> dict[str, Any]:
    return dividend_state(county(*dividends), as_of=day, rules=grace()).row(0, named=True)


def test_a_dividend_is_open_within_the_days_of_grace_and_late_after_them() -> None:
    states = {day: state(dividend(), day=date(2019, 6, day)) for day in (1, 11, 12)}

    assert {day: found["state"] for day, found in states.items()} == {1: "open", 11: "open", 12: "late"}
    assert [found["days_late"] for found in states.values()] == [0, 0, 11]
    assert [found["unpaid"] for found in states.values()] == [237_500] * 3


def test_a_dividend_before_its_day_is_ahead_and_owes_nothing() -> None:
    found = state(dividend(), day=date(2019, 5, 31))

    assert (found["state"], found["unpaid"]) == ("ahead", 0)


@pytest.mark.parametrize(
    ("paid", "wanted"),
    [
        ({"paid_on": date(2019, 6, 11), "paid": 237_500}, ("paid", 0, 0)),
        ({"paid_on": date(2019, 6, 12), "paid": 237_500}, ("paid_late", 0, 11)),
        ({"paid_on": date(2019, 6, 2)}, ("paid", 0, 0)),
        ({"paid": 237_500}, ("paid", 0, 0)),
        ({"paid_on": date(2019, 6, 2), "paid": 200_000}, ("late", 37_500, 29)),
        ({"paid_on": date(2019, 7, 1), "paid": 237_500}, ("late", 237_500, 29)),
    ],
)
def test_what_was_paid_by_the_day_counts(paid: dict[str, Any], wanted: tuple[str, int, int]) -> None:
    found = state(dividend(**paid))

    assert (found["state"], found["unpaid"], found["days_late"]) == wanted


def test_a_use_that_the_pack_does_not_know_is_late_the_next_day() -> None:
    frames = county(dividend(), loans=[shared(use_mode="lease_back", firm_id="F2")])

    found = dividend_state(frames, as_of=date(2019, 6, 2), rules=grace())

    assert tuple(found.columns) == STATE_COLUMNS
    assert found.select("way", "firm_id", "state").row(0) == (None, "F2", "late")


def test_a_correction_made_later_is_not_seen() -> None:
    later = dividend(paid_on=date(2019, 6, 5), paid=237_500, known_on=date(2019, 7, 5), version=2)

    assert state(dividend(), later)["state"] == "late"
    assert state(dividend(), later, day=date(2019, 7, 5))["state"] == "paid"


def test_the_watch_names_the_firm_that_owes_most_first() -> None:
    loans = [shared(loan_id=name, firm_id=firm) for name, firm in (("L1", "F1"), ("L2", "F2"), ("L3", "F2"))]
    owed = [dividend(loan_id=name) for name in ("L1", "L2", "L3")]
    paid = dividend(loan_id="L2", due_on=date(2019, 3, 1), paid_on=date(2019, 3, 1))
    found = dividend_state(county(*owed, paid, loans=loans), as_of=DAY, rules=grace())

    watch = dividend_watch(found, "firm_id").select("firm_id", "loans", "dividends", "late", "days_late_max")

    assert watch.rows() == [("F2", 2, 3, 475_000, 29), ("F1", 1, 1, 237_500, 29)]


def test_the_ledger_of_entrusted_loans_shows_the_firm_as_it_was_last_known() -> None:
    own = loan(loan_id="L9", disbursed_on=date(2018, 6, 1), matures_on=date(2021, 6, 1))
    firms = [
        {"firm_id": "F1", "state": state, "stated_on": day}
        for state, day in (("operating", date(2019, 1, 1)), ("troubled", date(2019, 5, 1)))
    ]
    frames = county(dividend(), loans=[shared(firm_id="F1"), own], firms=firms)
    found = dividend_state(frames, as_of=DAY, rules=grace())

    listed = entrusted_loans(frames, found, as_of=DAY)

    assert listed.select("loan_id", "firm_state", "dividends", "late").rows() == [
        ("L1", "troubled", 1, 237_500)
    ]


def test_a_pack_without_ways_of_use_is_named_with_the_day() -> None:
    national = load("national").at(DAY)

    with pytest.raises(SchemeAbsentError, match="'national' says nothing on ways on 2019-06-30"):
        dividend_state(county(dividend()), as_of=DAY, rules=national)


@settings(max_examples=30, deadline=None)
@given(paid=st.integers(0, 300_000), days=st.integers(-40, 60), extra=st.integers(0, 60))
def test_paying_more_or_earlier_never_leaves_more_unpaid(paid: int, days: int, extra: int) -> None:
    day = pl.Series([DUE]).dt.offset_by(f"{days}d").item()
    less = state(dividend(paid_on=day, paid=paid))
    more = state(dividend(paid_on=day, paid=paid + extra))

    assert more["unpaid"] <= less["unpaid"]
    assert less["unpaid"] <= 237_500
