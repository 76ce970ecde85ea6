from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.features.catalogue import FEATURES
from app.features.changing import CHANGES, IntMatrix, changed, most_units
from app.scoring.turning import MOST_CHANGES, IntVector, Turn, bounds, turns

PLACE = {change.code: place for place, change in enumerate(CHANGES)}
Bound = tuple[str, float, int]  # a feature above a number turns the light to a rank


def frame(*loans: dict[str, float]) -> pl.DataFrame:
    blank = {
        f.name: pl.Series([loan.get(f.name) for loan in loans], dtype=pl.Float64)
        for f in FEATURES
        if not f.text
    }
    return pl.DataFrame({"row": pl.Series(range(len(loans)), dtype=pl.UInt32), **blank})


class Lamp:
    """A light from a few bounds, for the search alone: the worst of those that are passed."""

    def __init__(self, *passed: Bound) -> None:
        self.passed = passed

    def __call__(self, features: pl.DataFrame) -> IntVector:
        ranks = [
            pl.when((pl.col(name) > number).fill_null(value=True)).then(rank).otherwise(0)
            for name, number, rank in self.passed
        ]
        worst = features.select(pl.max_horizontal(pl.lit(0), *ranks).cast(pl.Int64))
        return worst.to_series().to_numpy()

    def asked(self) -> dict[str, frozenset[float]]:
        names = {name for name, _, _ in self.passed}
        return {n: frozenset(number for name, number, _ in self.passed if name == n) for n in names}

    def turns(self, features: pl.DataFrame) -> list[tuple[Turn, ...]]:
        return turns(features, self(features), self, bounds(None, self.asked()))


def told(turn: Turn) -> dict[str, int]:
    return {change.code: n for change, n in zip(CHANGES, turn.units, strict=True) if n}


LATE_AND_IN_DEBT = {
    "interest_days_late": 45.0, "interest_overdue_yuan": 800.0, "outside_debt_yuan": 7_500.0,
    "income_12m_yuan": 10_000.0, "balance_yuan": 4_000.0, "household_balance_yuan": 9_000.0,
    "days_since_visit": 20.0, "visits_12m": 1.0, "days_since_income": 20.0, "use_recorded_yuan": 1_000.0,
    "amount_yuan": 4_000.0, "off_purpose_share": 0.0,
}  # fmt: skip


def test_the_fewest_changes_win_and_then_the_smallest() -> None:
    lamp = Lamp(("outside_debt_to_income", 0.5, 1))

    assert [told(turn) for turn in lamp.turns(frame(LATE_AND_IN_DEBT))[0]] == [{"repay_outside_debt": 3}]


def test_a_red_loan_hears_the_way_to_yellow_and_the_way_to_green() -> None:
    lamp = Lamp(("interest_days_late", 30.0, 2), ("outside_debt_yuan", 5_000.0, 1))

    found = lamp.turns(frame(LATE_AND_IN_DEBT))[0]

    assert [(turn.rank, told(turn)) for turn in found] == [
        (1, {"pay_interest": 1}),
        (0, {"pay_interest": 1, "repay_outside_debt": 3}),
    ]


def test_a_way_that_leads_to_green_at_once_is_told_once() -> None:
    found = Lamp(("interest_days_late", 30.0, 2)).turns(frame(LATE_AND_IN_DEBT))[0]

    assert [(turn.rank, told(turn)) for turn in found] == [(0, {"pay_interest": 1})]


def test_green_needs_no_turning() -> None:
    assert Lamp(("interest_days_late", 60.0, 2)).turns(frame(LATE_AND_IN_DEBT)) == [()]


def test_what_nobody_can_change_has_no_turn() -> None:
    assert Lamp(("willingness_last", -1.0, 1)).turns(frame(LATE_AND_IN_DEBT)) == [()]


def test_four_changes_are_not_asked_of_anybody() -> None:
    lamp = Lamp(
        ("interest_days_late", 30.0, 1), ("outside_debt_yuan", 5_000.0, 1), ("balance_yuan", 3_000.0, 1),
        ("days_since_visit", 10.0, 1),
    )  # fmt: skip

    assert lamp.turns(frame(LATE_AND_IN_DEBT)) == [()]


def test_loans_are_answered_alike_alone_and_together() -> None:
    lamp = Lamp(("interest_days_late", 30.0, 2), ("outside_debt_yuan", 5_000.0, 1))
    loans = [LATE_AND_IN_DEBT | {"outside_debt_yuan": float(d)} for d in range(4_000, 9_000, 700)]

    together = lamp.turns(frame(*loans))

    assert together == [lamp.turns(frame(loan))[0] for loan in loans]


def test_no_loans_have_no_turns() -> None:
    assert Lamp(("outside_debt_yuan", 5_000.0, 1)).turns(frame(LATE_AND_IN_DEBT)[:0]) == []


def every_way(most: IntVector) -> IntMatrix:
    """All changes of up to three kinds, every number of units: what the search must not miss."""
    rows = []
    for size in range(1, MOST_CHANGES + 1):
        for places in combinations(np.flatnonzero(most).tolist(), size):
            for units in product(*(range(1, int(most[p]) + 1) for p in places)):
                row = np.zeros(len(CHANGES), dtype=np.int64)
                row[list(places)] = units
                rows.append(row)
    return np.stack(rows)


BOUNDS = st.lists(
    st.one_of(
        st.tuples(st.just("interest_days_late"), st.floats(0, 60), st.integers(1, 2)),
        st.tuples(st.just("outside_debt_yuan"), st.floats(0, 9_000), st.integers(1, 2)),
        st.tuples(st.just("outside_debt_to_income"), st.floats(0, 1), st.integers(1, 2)),
        st.tuples(st.just("repayment_to_income"), st.floats(0, 0.5), st.integers(1, 2)),
        st.tuples(st.just("household_balance_yuan"), st.floats(4_000, 9_500), st.integers(1, 2)),
        st.tuples(st.just("days_since_visit"), st.floats(0, 40), st.integers(1, 2)),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(passed=BOUNDS)
def test_the_search_finds_what_trying_everything_finds(passed: list[Bound]) -> None:
    lamp, loan = Lamp(*passed), frame(LATE_AND_IN_DEBT)
    now = int(lamp(loan)[0])
    tried = every_way(most_units(loan)[0])
    ranks = lamp(changed(loan[np.zeros(len(tried), dtype=np.int64)], tried))

    found = lamp.turns(loan)[0]

    for turn in found:
        assert turn.rank < now
        assert int(lamp(changed(loan, np.array([turn.units])))[0]) == turn.rank
    for rank in range(now):
        sizes = [((row > 0).sum(), row.sum()) for row in tried[ranks <= rank]]
        mine = [turn.size for turn in found if turn.rank <= rank]
        assert (min(mine) if mine else None) == (min(sizes) if sizes else None)


@pytest.mark.parametrize("code", PLACE)
def test_every_change_that_is_declared_can_be_an_answer(code: str) -> None:
    ill = LATE_AND_IN_DEBT | {
        "principal_days_late": 9.0, "idle_found": 1.0, "contact_lost": 1.0, "days_since_income": 700.0,
        "off_purpose_share": 0.5,
    }  # fmt: skip
    asked = {
        "repay_early": ("balance_yuan", 3_000.0), "pay_principal": ("principal_days_late", 0.0),
        "pay_interest": ("interest_overdue_yuan", 0.0), "repay_outside_debt": ("outside_debt_yuan", 7_000.0),
        "record_income": ("days_since_income", 550.0), "put_to_use": ("idle_found", 0.0),
        "restore_contact": ("contact_lost", 0.0), "record_visit": ("days_since_visit", 10.0),
        "record_use": ("off_purpose_share", 0.2),
    }  # fmt: skip
    name, number = asked[code]
    known = {} if code != "record_visit" else {"idle_found": 0.0, "contact_lost": 0.0}

    found = Lamp((name, number, 1)).turns(frame(ill | known))[0]

    assert [list(told(turn)) for turn in found] == [[code]]
