from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import ArtefactError
from app.scoring.calibrating import fit_calibration, fit_rating_rates
from app.scoring.calibration import Calibration, Horizon, RatingRates
from app.scoring.explanation_tables import FRACTION_BITS
from app.scoring.logistic import expit

UNIT = 2.0**FRACTION_BITS


def _sample(n: int, *, slope: float, intercept: float, seed: int = 0) -> tuple[np.ndarray, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-2.5, 1.2, n)
    bad = (rng.random(n) < expit(intercept + slope * margin)).astype(float)
    rows = pl.DataFrame({"bad": bad, "weight": np.ones(n), "loan_id": np.arange(n), "county": np.zeros(n)})
    return np.rint(margin * UNIT).astype(np.int64), rows


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    margin, rows = _sample(4000, slope=0.7, intercept=-0.4)
    return fit_calibration(margin, rows, np.full(4000, 0.1), FRACTION_BITS)


def test_a_calibration_finds_the_true_probabilities(calibration: Calibration) -> None:
    margin = np.linspace(-4.5, 0.0, 10)

    pd, low, high = calibration.apply(np.rint(margin * UNIT).astype(np.int64))

    truth = expit(-0.4 + 0.7 * margin) * 1e6
    assert np.abs(np.log(pd / truth)).max() < 0.25
    assert ((low <= truth) & (truth <= high)).mean() >= 0.8


@settings(max_examples=200, deadline=None)
@given(a=st.integers(-(2**52), 2**52), b=st.integers(-(2**52), 2**52))
def test_a_higher_margin_never_means_a_lower_probability_or_bound(a: int, b: int) -> None:
    margin, rows = _CALIBRATED
    for line in fit_calibration(margin, rows, np.full(500, 0.2), FRACTION_BITS).apply(
        np.array([min(a, b), max(a, b)])
    ):
        assert line[0] <= line[1]


_CALIBRATED = _sample(500, slope=1.0, intercept=0.0, seed=3)


def test_fewer_rows_mean_wider_intervals() -> None:
    widths = []
    for n in (300, 3000):
        margin, rows = _sample(n, slope=1.0, intercept=0.0)
        fitted = fit_calibration(margin, rows, np.zeros(n), FRACTION_BITS)
        _, low, high = fitted.apply(np.array([int(-2.5 * UNIT)]))
        widths.append(int(high[0] - low[0]))

    assert widths[0] > 2 * widths[1]


def test_the_spread_of_the_bag_widens_the_interval() -> None:
    margin, rows = _sample(3000, slope=1.0, intercept=0.0)
    narrow, wide = (fit_calibration(margin, rows, np.full(3000, s), FRACTION_BITS) for s in (0.0, 1.0))
    at = np.array([int(-2.5 * UNIT)])

    assert wide.apply(at)[2][0] > narrow.apply(at)[2][0]
    assert wide.apply(at)[1][0] < narrow.apply(at)[1][0]


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    covered = []
    for seed in range(40):
        margin, rows = _sample(1500, slope=0.9, intercept=-0.2, seed=seed)
        fitted = fit_calibration(margin, rows, np.zeros(1500), FRACTION_BITS)
        at = np.array([-4.0, -3.0, -2.0, -1.0])
        _, low, high = fitted.apply((at * UNIT).astype(np.int64))
        truth = expit(-0.2 + 0.9 * at) * 1e6
        covered.append((low <= truth) & (truth <= high))

    assert np.mean(covered) >= 0.9


def test_knots_survive_being_written(calibration: Calibration) -> None:
    read = Calibration.from_dict(calibration.to_dict())

    assert read.to_dict() == calibration.to_dict()


def _by_horizon(days: tuple[int, ...]) -> tuple[np.ndarray, pl.DataFrame]:
    """Every loan at each of the days, where the same margin says more the nearer maturity is."""
    rng = np.random.default_rng(6)
    drawn, until = rng.normal(-2.5, 1.2, 8000), np.repeat(days, 8000)
    margin = np.tile(drawn, len(days))
    slope = 1.0 + 0.3 * (105 - until) / 75
    bad = (rng.random(len(margin)) < expit(slope * margin)).astype(float)
    loans = np.tile(np.arange(8000), len(days))
    rows = pl.DataFrame({"bad": bad, "loan_id": loans, "days_to_maturity": until})
    rows = rows.with_columns(pl.lit(1.0).alias("weight"), pl.lit(0).alias("county"))
    return np.rint(margin * UNIT).astype(np.int64), rows


def test_the_same_margin_says_more_the_nearer_maturity_is() -> None:
    margin, rows = _by_horizon((180, 90, 30))
    fitted = fit_calibration(margin, rows, np.zeros(len(margin)), FRACTION_BITS, method="logistic")
    at, days = np.rint(np.array([-1.0, -3.0]) * UNIT).astype(np.int64), np.array([180, 180])

    far, near = fitted.apply(at, days)[0], fitted.apply(at, days - 150)[0]

    for pd, slope in ((far, 0.7), (near, 1.3)):
        assert np.log(pd / (1e6 - pd)) == pytest.approx(slope * np.array([-1.0, -3.0]), abs=0.15)


def test_rows_of_one_day_only_have_no_horizon() -> None:
    margin, rows = _by_horizon((30,))

    assert fit_calibration(margin, rows, np.zeros(len(margin)), FRACTION_BITS).horizon is None


@settings(max_examples=200, deadline=None)
@given(
    a=st.integers(-(2**46), 2**46), b=st.integers(-(2**46), 2**46), days=st.integers(-400, 4000),
    stretch=st.integers(-999_999, 999_999), shift=st.integers(-(2**44), 2**44),
)  # fmt: skip
def test_no_horizon_turns_the_order_of_margins(a: int, b: int, days: int, stretch: int, shift: int) -> None:
    horizon = Horizon(middle=105, reach=75, stretch_ppm=stretch, shift_fixed=shift)

    low, high = horizon.stretched(np.array([min(a, b), max(a, b)]), np.array([days, days]))

    assert low >> 20 <= high >> 20


def test_a_horizon_survives_being_written_and_a_turning_one_is_refused(calibration: Calibration) -> None:
    horizon = Horizon(middle=105, reach=75, stretch_ppm=80_000, shift_fixed=2**40)
    known = replace(calibration, horizon=horizon)

    assert Calibration.from_dict(known.to_dict()).horizon == horizon
    with pytest.raises(ArtefactError):
        replace(horizon, stretch_ppm=-1_000_000)
    with pytest.raises(ArtefactError):
        replace(horizon, reach=0)


@pytest.mark.parametrize("line", ["margin_fixed", "pd_ppm", "low_ppm", "high_ppm"])
def test_lines_that_fall_are_refused(calibration: Calibration, line: str) -> None:
    with pytest.raises(ArtefactError):
        replace(calibration, **{line: getattr(calibration, line)[::-1]})


def test_one_knot_or_a_bound_on_the_wrong_side_is_refused(calibration: Calibration) -> None:
    with pytest.raises(ArtefactError):
        replace(calibration, low_ppm=calibration.high_ppm)
    with pytest.raises(ArtefactError):
        Calibration.from_dict(
            {n: v[:1] if isinstance(v, list) else v for n, v in calibration.to_dict().items()}
        )


def test_more_rating_points_never_mean_a_higher_default_rate() -> None:
    rng = np.random.default_rng(2)
    points = rng.integers(30, 101, 3000)
    bad = (rng.random(3000) < expit(2.0 - points / 20)).astype(float)

    rates = fit_rating_rates(points, bad, np.ones(3000))

    every = rates.of(np.arange(0, 101))
    assert (np.diff(every[0]) <= 0).all()
    assert (every[1] <= every[0]).all()
    assert (every[0] <= every[2]).all()
    assert RatingRates.from_dict(rates.to_dict()).to_dict() == rates.to_dict()
