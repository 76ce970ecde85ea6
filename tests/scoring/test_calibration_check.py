import numpy as np
import pytest
from numpy.typing import NDArray

from app.scoring.calibration_check import check_calibration, off, truth_told
from app.scoring.logistic import expit

Vector = NDArray[np.float64]
ZH, EN = "2024年到期的贷款", "loans that matured in 2024"


def drawn(seed: int, rows: int = 4000) -> tuple[Vector, Vector]:
    """Draw log-odds and outcomes that come as these say."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-2.5, 1.0, rows)
    return odds, (rng.random(rows) < expit(odds)).astype(float)


def told(odds: Vector, bad: Vector) -> list[tuple[str, str]]:
    alone = np.arange(len(bad))
    return truth_told(check_calibration(expit(odds), bad, np.ones_like(bad), alone), ZH, EN)


@pytest.mark.parametrize(
    ("moved", "zh", "en"),
    [(-0.5, "估计偏低", "The estimate runs low on"), (0.5, "估计偏高", "The estimate runs high on")],
)
def test_a_level_that_is_off_is_said_with_its_figures(moved: float, zh: str, en: str) -> None:
    odds, bad = drawn(1)

    level = told(odds + moved, bad)[0]

    rates = f"{bad.mean():.2%}", f"{expit(odds + moved).mean():.2%}"
    assert level[0].startswith(f"{zh}：{ZH}，实际 {rates[0]}，预期 {rates[1]}")
    assert level[1].startswith(f"{en} {EN}: {rates[0]} observed, {rates[1]} expected")


@pytest.mark.parametrize(
    ("times", "zh", "en"), [(0.6, "过于集中", "too close together"), (1.6, "过于分散", "too far apart")]
)
def test_a_spread_that_is_off_is_said(times: float, zh: str, en: str) -> None:
    odds, bad = drawn(2)

    spread = told(odds * times, bad)[1]

    assert zh in spread[0]
    assert en in spread[1]
    slope = float(spread[1].partition("slope ")[2].split()[0])
    assert slope == pytest.approx(1 / times, rel=0.15)


def test_true_probabilities_are_called_off_as_seldom_as_the_interval_says() -> None:
    found = []
    for seed in range(300):
        odds, bad = drawn(seed, 1500)
        check = check_calibration(expit(odds), bad, np.ones_like(bad), np.arange(len(bad)))
        found.append([off(check, name) != 0 for name in ("gap", "slope", "intercept")])

    assert (np.mean(found, axis=0) < 0.09).all()
    assert (np.mean(found, axis=0) > 0.02).all()


def test_true_probabilities_are_said_to_be_so_in_two_sentences() -> None:
    level, spread = told(*drawn(3))

    assert "未见超出偶然的偏差" in level[0]
    assert "not off by more than chance" in level[1]
    assert "not off by more than chance" in spread[1]


def test_rows_of_one_household_count_as_one_witness() -> None:
    odds, bad = drawn(4, 800)
    alone, often = np.arange(800), np.repeat(np.arange(800), 5)

    once = check_calibration(expit(odds), bad, np.ones(800), alone)
    fivefold = check_calibration(expit(np.repeat(odds, 5)), np.repeat(bad, 5), np.ones(4000), often)

    for name in ("gap", "slope", "intercept"):
        assert fivefold[name] == pytest.approx(once[name], abs=2e-6)


def test_one_outcome_leaves_the_slope_open() -> None:
    check = check_calibration(np.full(50, 0.1), np.zeros(50), np.ones(50), np.arange(50))

    assert check["slope"] == {"value": None, "low": None, "high": None}
    assert len(truth_told(check, ZH, EN)) == 1
