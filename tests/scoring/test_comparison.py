from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.words import Light
from app.scoring.cohorts import cohorts
from app.scoring.comparison import Opinion, beyond, differences, group_gaps, rate_interval
from app.scoring.logistic import expit
from app.scoring.swaps import disagreement, swap_set

BOUNDS = {Light.YELLOW: 60_000, Light.RED: 200_000}
PAIRS = st.lists(
    st.tuples(
        st.none() | st.integers(0, 10**6), st.none() | st.integers(0, 10**6), st.none() | st.booleans()
    ),
    min_size=1,
    max_size=40,
)


def opinion(log_odds: np.ndarray) -> Opinion:
    return Opinion(margin=(log_odds * 1e6).astype(np.int64), pd_ppm=(expit(log_odds) * 1e6).astype(np.int64))


def judged(drawn: list[tuple[int | None, int | None, bool | None]]) -> pl.DataFrame:
    names = [f"L{n:02}" for n in range(len(drawn))]
    columns = {n: [row[i] for row in drawn] for i, n in enumerate(("first_ppm", "second_ppm", "bad"))}
    schema = {"loan_id": pl.String, "first_ppm": pl.Int64, "second_ppm": pl.Int64, "bad": pl.Boolean}
    return pl.DataFrame({"loan_id": names, **columns}, schema=schema)


def test_a_better_opinion_has_a_difference_whose_interval_says_so() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(-2.5, 1.2, 3000)
    bad = (rng.random(3000) < expit(truth)).astype(np.float64)
    blurred = opinion(truth * 0.4 - 1.5 + rng.normal(0, 1.5, 3000))

    found = differences(blurred, opinion(truth), bad, np.arange(3000) // 2)

    assert found["auc"]["low"] > 0
    assert found["logloss"]["high"] < 0
    assert all(each["low"] <= each["value"] <= each["high"] for each in found.values())


def test_an_opinion_does_not_differ_from_itself() -> None:
    bad = np.array([1.0, 0, 0, 1, 0, 0] * 20)
    same = opinion(np.linspace(-3, 1, 120))

    found = differences(same, same, bad, np.arange(120))

    assert {value for each in found.values() for value in each.values()} == {0.0}


@given(st.integers(0, 400), st.integers(1, 400))
def test_the_interval_of_a_rate_holds_it(bads: int, more: int) -> None:
    low, high = rate_interval(bads, bads + more)

    assert 0 <= low <= round(bads / (bads + more), 6) <= high <= 1


def test_a_group_that_defaults_more_than_expected_is_told_and_a_small_one_is_not() -> None:
    rows = pl.DataFrame(
        {"place": ["a"] * 200 + ["b"] * 10, "bad": [1.0] * 60 + [0.0] * 150, "pd_ppm": [50_000] * 210}
    )

    (found,) = group_gaps(rows, "place", least=50, flagged_ppm=60_000)

    assert (found["group"], found["bads"], found["expected"], found["flagged"]) == ("a", 60, 0.05, 0.0)
    assert beyond(found) == pytest.approx(found["gap_low"])
    assert found["gap_low"] > 0.15


@given(PAIRS, st.integers(0, 50))
@settings(max_examples=50, deadline=None)
def test_matrix_and_swap_set_lose_no_loan(
    drawn: list[tuple[int | None, int | None, bool | None]], flagged: int
) -> None:
    rows = judged(drawn)

    matrix, swaps = disagreement(rows, BOUNDS), swap_set(rows, flagged=flagged)

    both = rows.drop_nulls(["first_ppm", "second_ppm"])
    counts = dict(swaps.select("part", "loans").iter_rows())
    assert matrix["loans"].sum() == len(drawn)
    assert matrix["defaults"].sum() == (rows["bad"].sum() or 0)
    assert swaps["loans"].sum() == both.height
    assert counts.get("first_only", 0) == counts.get("second_only", 0)
    assert counts.get("both", 0) + counts.get("first_only", 0) == min(flagged, both.height)


def test_bands_and_realised_rates_stand_beside_each_other() -> None:
    rows = judged([(70_000, 300_000, True), (70_000, 250_000, False), (10, None, None), (10, 20, None)])

    found = disagreement(rows, BOUNDS)

    assert found.select("first", "second", "loans", "matured", "defaults", "rate").rows() == [
        ("green", "green", 1, 0, 0, None),
        ("green", "none", 1, 0, 0, None),
        ("yellow", "red", 2, 2, 1, 0.5),
    ]


def test_cohorts_with_too_few_defaults_are_pooled_into_their_quarter_then_their_year() -> None:
    months = [1] * 100 + [2] * 40 + [3] * 40 + [4] * 30
    bad = [1.0] * 12 + [0.0] * 88 + [1.0] * 6 + [0.0] * 34 + [1.0] * 7 + [0.0] * 33 + [1.0] + [0.0] * 29
    rows = pl.DataFrame(
        {
            "household_id": [f"H{n}" for n in range(210)],
            "matures_on": [date(2025, month, 15) for month in months],
            "bad": bad,
            "pd_ppm": [int(40_000 + 20_000 * b + n) for n, b in enumerate(bad)],
        }
    )

    found = cohorts(rows, least_defaults=10)

    assert found.select("period", "loans", "defaults", "too_few").rows() == [
        ("2025-01", 100, 12, False),
        ("2025-Q1", 80, 13, False),
        ("2025", 30, 1, True),
    ]
    assert found["loans"].sum() == rows.height
    assert found["auc"].to_list() == [1.0, 1.0, None]
    assert found["off"].to_list() == [True, True, False]
