from datetime import date

import numpy as np
import polars as pl
import pytest

from app.domain.words import Action
from app.simulation import CountySpec, expected_outcomes, simulate

SPEC = CountySpec(seed=5, loans=3_000, until=date(2025, 9, 30), regime="drought")


@pytest.fixture(scope="module")
def expected() -> pl.DataFrame:
    return expected_outcomes(SPEC, times=24)


def test_every_loan_has_expectations_under_every_action(expected: pl.DataFrame) -> None:
    per_loan = expected.group_by("loan_id").agg(pl.col("action").n_unique())

    assert per_loan.height == SPEC.loans
    assert (per_loan["action"] == len(Action)).all()


def test_the_mean_of_futures_is_the_closed_form(expected: pl.DataFrame) -> None:
    true = simulate(SPEC).landmarks.filter(landmark_days=30)

    both = expected.filter(action="collect").join(true, on="loan_id")
    true_pd = both["true_pd"].to_numpy()
    spread = np.sqrt((true_pd * (1 - true_pd)).sum() / 24)

    assert abs((both["defaulted"] - both["true_pd"]).sum()) < 4 * spread
    assert np.corrcoef(both["defaulted"], both["true_pd"])[0, 1] > 0.9


def test_what_happened_is_one_of_the_futures(expected: pl.DataFrame) -> None:
    happened = simulate(SPEC).outcomes
    both = expected.join(happened, on=["loan_id", "action"], suffix="_seen")

    sums = both.group_by("action").agg(pl.col("bad_record", "bad_record_seen").mean())

    assert (sums["bad_record"] - sums["bad_record_seen"]).abs().max() < 0.02  # type: ignore[operator]


def test_measures_after_default_change_no_default(expected: pl.DataFrame) -> None:
    wide = expected.pivot("action", index="loan_id", values="defaulted")

    assert (wide["recovery"] == wide["collect"]).all()
    assert (wide["compensation"] == wide["collect"]).all()


def test_the_same_futures_come_again(expected: pl.DataFrame) -> None:
    assert expected_outcomes(SPEC, times=24).equals(expected)
