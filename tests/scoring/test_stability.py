"""Explanations under a retrain on another half: toy sizes, where the truth is known."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from app.domain.errors import TrainingError
from app.features.catalogue import BY_NAME
from app.scoring.explanation import ScoredFeature
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.stability import Stability, halves, spearman, stability
from app.scoring.tabulate import tabulate

NAMES = ("interest_days_late", "income_12m_yuan", "outside_debt_yuan", "land_mu")
FEATURES = [
    ScoredFeature(name=f.name, unit=f.unit, cause=f.cause, sign=f.sign, typical=0.0)
    for f in (BY_NAME[name] for name in NAMES)
]


def rows(n: int = 400, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(size=n) for name in NAMES}
    return pl.DataFrame({**values, "group": np.arange(n) // 4, "bad": (rng.random(n) < 0.3).astype(float)})


def stumps(*sizes: float) -> ExplanationTables:
    """Tables whose features speak as loud as told: one stump each."""
    trees = [
        {
            "split_feature": place, "threshold": 0.0, "decision_type": "<=", "default_left": True,
            "missing_type": "NaN", "internal_count": 2,
            "left_child": {"leaf_value": -size, "leaf_count": 1},
            "right_child": {"leaf_value": size, "leaf_count": 1},
        }
        for place, size in enumerate(sizes)
    ]  # fmt: skip
    return tabulate(
        {
            "num_tree_per_iteration": 1, "average_output": False, "objective": "binary sigmoid:1",
            "feature_names": list(NAMES), "tree_info": [{"tree_structure": tree} for tree in trees],
        }
    )  # fmt: skip


def alternating(*tables: ExplanationTables) -> Callable[[pl.DataFrame], ExplanationTables]:
    given = iter(tables)
    return lambda _: next(given)


def measured(*tables: ExplanationTables, seed: int = 0) -> Stability:
    fit = alternating(*tables)
    return stability(rows(), rows(seed=1), FEATURES, fit, repeats=len(tables) // 2, seed=seed)


def test_the_same_explanations_agree_wholly() -> None:
    found = measured(stumps(4, 3, 2, 1), stumps(4, 3, 2, 1))

    assert (found.rank_correlation.value, found.rank_correlation.low) == (1.0, 1.0)
    assert (found.top_cause.value, found.top_cause.low) == (1.0, 1.0)
    assert 0.2 < found.by_chance < 0.8


def test_features_in_the_opposite_order_anticorrelate() -> None:
    found = measured(stumps(4, 3, 2, 1), stumps(1, 2, 3, 4))

    assert found.rank_correlation.value == -1.0
    assert found.top_cause.value < 0.5


def test_repeats_that_differ_widen_the_interval() -> None:
    steady = measured(*[stumps(4, 3, 2, 1)] * 4)
    restless = measured(stumps(4, 3, 2, 1), stumps(4, 3, 2, 1), stumps(4, 3, 2, 1), stumps(1, 2, 3, 4))

    assert (steady.rank_correlation.low, steady.rank_correlation.high) == (1.0, 1.0)
    assert (restless.rank_correlation.low, restless.rank_correlation.high) == (-1.0, 1.0)
    assert restless.rank_correlation.value == 0.0


def test_the_same_seed_gives_the_same_figures() -> None:
    pair = stumps(4, 3, 2, 1), stumps(3, 4, 2, 1)

    assert measured(*pair).to_dict() == measured(*pair).to_dict()


def test_halves_share_no_household() -> None:
    groups = rows()["group"].to_numpy()

    first = halves(groups, seed=3)

    assert not set(groups[first]) & set(groups[~first])
    assert first.sum() == len(groups) / 2


def test_each_half_is_fitted_on_its_own_rows() -> None:
    seen: list[set[int]] = []

    def fit(half: pl.DataFrame) -> ExplanationTables:
        seen.append(set(half["group"].to_list()))
        return stumps(4, 3, 2, 1)

    stability(rows(), rows(seed=1), FEATURES, fit, repeats=2, seed=0)

    assert len(seen) == 4
    assert not seen[0] & seen[1]
    assert seen[0] != seen[2]


def test_a_half_without_defaults_says_what_to_do() -> None:
    repaid = rows().with_columns(bad=pl.lit(0.0))

    with pytest.raises(TrainingError, match="longer ledger"):
        stability(repaid, rows(), FEATURES, alternating(), repeats=1, seed=0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
def test_rank_correlation_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(side, float) for side in zip(*pairs, strict=True))

    if len(set(one)) > 1 and len(set(other)) > 1:
        assert spearman(one, other) == pytest.approx(float(spearmanr(one, other).statistic))
