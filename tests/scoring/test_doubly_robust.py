"""Designs whose truth is known: where facts show all, and where people chose by what no fact shows."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.scoring.doubly_robust import Treated, effect_on_treated, strengths
from app.scoring.logistic import expit

Matrix = NDArray[np.float64]
N, CLUSTERS, TIMES = 1_000, 50, 100
LEAST_COVERAGE = 0.88  # of 100, where 95 are due: three standard errors below
CHANGE = -0.08


class Design:
    """Loans whose chance of failing untreated, and of being treated, follow three facts.

    Where treated, failing untreated is `hidden` times as likely as the facts tell: people saw more. What is
    `bent` follows the first fact in a way that no straight line on log-odds can.
    """

    def __init__(self, seed: int, hidden: float = 1.0, effect: float = CHANGE, bent: str = "") -> None:
        rng = np.random.default_rng(seed)
        self.facts = rng.normal(size=(N, 3))
        self.cluster = rng.integers(0, CLUSTERS, N)
        plain, curved = self.facts[:, 0], np.maximum(self.facts[:, 0], 0.0) * 1.5
        first = {name: curved if name == bent else plain for name in ("outcome", "choice")}
        alone = expit(-1.6 + 0.6 * first["outcome"] - 0.4 * self.facts[:, 1])
        self.treated = rng.random(N) < expit(-1.3 + 0.7 * first["choice"] + 0.5 * self.facts[:, 2])
        seen = np.where(self.treated, worst(alone, hidden), alone)
        self.truth = effect
        self.outcome = (rng.random(N) < seen + effect * self.treated).astype(np.float64)

    def told(self, gamma: float = 1.0, columns: tuple[int, ...] = (0, 1, 2)) -> Treated:
        return effect_on_treated(
            self.facts[:, list(columns)], self.treated, self.outcome, self.cluster, gamma
        )


def worst(chance: Matrix, hidden: float) -> Matrix:
    """The most that an odds factor of `hidden` can make of a chance."""
    return np.minimum(hidden * chance, 1.0 - (1.0 - chance) / hidden)


def covered(designs: list[Design], gamma: float) -> tuple[float, float]:
    """How often the narrow and the wide interval hold the truth."""
    told = [(design.told(gamma), design.truth) for design in designs]
    narrow = np.mean([t.low <= truth <= t.high for t, truth in told])
    return float(narrow), float(np.mean([t.least <= truth <= t.most for t, truth in told]))


def test_where_facts_show_all_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    designs = [Design(seed, effect=-0.04) for seed in range(TIMES)]

    narrow, wide = covered(designs, 1.0)

    assert narrow >= LEAST_COVERAGE
    assert wide == narrow
    assert np.mean([design.told().change for design in designs]) == pytest.approx(-0.04, abs=0.01)


def test_where_people_saw_more_only_the_interval_for_hidden_reasons_holds_the_truth() -> None:
    designs = [Design(seed, hidden=1.8) for seed in range(TIMES)]

    narrow, wide = covered(designs, 1.8)

    assert narrow < 0.5
    assert wide >= LEAST_COVERAGE


def test_hidden_reasons_stronger_than_allowed_for_escape_the_interval() -> None:
    assert covered([Design(seed, hidden=3.0) for seed in range(40)], 1.2)[1] < 0.5


def test_a_larger_factor_never_narrows_the_interval() -> None:
    design = Design(0)

    told = [design.told(gamma) for gamma in (1.0, 1.2, 1.7, 3.0, 9.0)]

    assert [(t.change, t.low, t.high) for t in told] == [(told[0].change, told[0].low, told[0].high)] * 5
    assert [t.least for t in told] == sorted((t.least for t in told), reverse=True)
    assert [t.most for t in told] == sorted(t.most for t in told)
    assert (told[0].least, told[0].most) == pytest.approx((told[0].low, told[0].high))


@pytest.mark.parametrize("bent", ["outcome", "choice"])
def test_either_regression_may_be_wrong(bent: str) -> None:
    designs = [Design(seed, effect=0.0, bent=bent) for seed in range(40)]

    told = [design.told().change for design in designs]
    naive = [d.outcome[d.treated].mean() - d.outcome[~d.treated].mean() for d in designs]

    assert np.mean(told) == pytest.approx(0.0, abs=0.015)
    assert abs(np.mean(naive)) > 0.04


def test_the_strongest_kind_of_fact_is_the_one_that_chooses() -> None:
    design = Design(3)

    found = strengths(design.facts, {"risk": [0], "luck": [1], "need": [2]}, design.treated, design.cluster)

    assert max(found, key=lambda kind: found[kind]) == "risk"
    assert found["luck"] == pytest.approx(1.0, abs=0.2)
    assert min(found.values()) >= 1.0


def test_facts_that_are_not_known_are_taken_for_usual_ones() -> None:
    design = Design(5)
    some = np.where(np.random.default_rng(0).random(design.facts.shape) < 0.1, np.nan, design.facts)

    told = effect_on_treated(some, design.treated, design.outcome, design.cluster)

    assert told.low < told.change < told.high
    assert told.n == design.treated.sum()
    assert told.n + told.controls == N
