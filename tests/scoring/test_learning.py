import numpy as np
import polars as pl
import pytest

from app.scoring.learning import near_counted, steadied
from app.scoring.logistic import expit, fit

ROWS = pl.DataFrame(
    {
        "loan_id": ["repaid", "late", "defaulted"],
        "bad": [0.0, 0.0, 1.0],
        "near": [False, True, False],
        "weight": [1.0, 1.5, 1.0],
    }
)


def test_a_loan_repaid_late_counts_as_a_part_of_a_default() -> None:
    told = near_counted(ROWS, 0.4)

    assert told["loan_id"].to_list() == ["repaid", "late", "defaulted", "late"]
    assert told["bad"].to_list() == [0.0, 0.0, 1.0, 1.0]
    assert told["weight"].to_list() == pytest.approx([1.0, 0.9, 1.0, 0.6])


def test_late_loans_that_count_for_nothing_leave_the_rows_as_they_were() -> None:
    assert near_counted(ROWS, 0.0).equals(ROWS)


def test_a_slope_fitted_on_steadied_margins_is_right_for_the_bag() -> None:
    rng = np.random.default_rng(4)
    bag = rng.normal(-2.0, 1.0, 60_000)
    members = bag + rng.normal(0.0, 0.6, (5, 60_000))
    mean = members.mean(axis=0)
    bad = (rng.random(60_000) < expit(bag)).astype(float)

    unseen = steadied(members[0], members.std(axis=0), 5, 1)

    assert _slope(members[0], bad) < 0.85 * _slope(mean, bad)
    assert _slope(unseen, bad) == pytest.approx(_slope(mean, bad), rel=0.05)


def test_a_bag_of_one_is_left_as_it_is() -> None:
    unseen = np.array([-3.0, -1.0, 0.5])

    assert steadied(unseen, np.zeros(3), 1, 1).tolist() == unseen.tolist()


def _slope(margin: np.ndarray, bad: np.ndarray) -> float:
    x = np.stack([np.ones_like(margin), margin], axis=1)
    return float(fit(x, bad, np.ones_like(bad), np.array([1e-9, 1e-9]), np.array([0.0, 1.0]))[1])
