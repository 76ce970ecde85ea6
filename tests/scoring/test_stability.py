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
from app.scoring.explanation_tables import FRACTION_BITS, ExplanationTables
from app.scoring.stability import Explainer, Stability, cause_lead, halves, spearman, stability
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


def alternating(*tables: ExplanationTables, lead: float = 0.0) -> Callable[[pl.DataFrame], Explainer]:
    given = iter(tables)
    return lambda _: Explainer(tables=next(given), lead=round(lead * 2**FRACTION_BITS))


def measured(*tables: ExplanationTables, seed: int = 0, lead: float = 0.0, flagged: float = 0.0) -> Stability:
    fit, repeats = alternating(*tables, lead=lead), len(tables) // 2
    return stability(rows(), rows(seed=1), FEATURES, fit, flagged=flagged, repeats=repeats, seed=seed)


def test_the_same_explanations_agree_wholly() -> None:
    found = measured(stumps(4, 3, 2, 1), stumps(4, 3, 2, 1))

    assert (found.rank_correlation.value, found.rank_correlation.low) == (1.0, 1.0)
    assert (found.top_cause.value, found.top_cause.low) == (1.0, 1.0)
    assert 0.2 < found.by_chance < 0.8


def test_only_rows_that_are_flagged_count_for_causes() -> None:
    pair = stumps(4, 3, 2, 1), stumps(4, 3, 2, 1)

    everybody, risky = measured(*pair), measured(*pair, flagged=0.9)

    assert everybody.flagged == everybody.rows == 400
    assert 100 < risky.flagged < 300
    assert measured(*pair, flagged=1.0).flagged == 400


def test_a_cause_that_leads_by_too_little_is_not_said() -> None:
    close = stumps(4, 3.8, 2, 1), stumps(3.8, 4, 2, 1)

    hasty, careful = measured(*close), measured(*close, lead=0.5)

    assert hasty.top_cause.value == careful.top_cause.value < 0.8
    assert careful.said.value < hasty.said.value
    assert careful.kept.value == 1.0 > hasty.kept.value
    assert hasty.kept_in_two.value == 1.0


def test_nothing_said_is_nothing_said_wrongly() -> None:
    found = measured(stumps(4, 3, 2, 1), stumps(1, 2, 3, 4), lead=100.0)

    assert (found.said.value, found.kept.value) == (0.0, 1.0)


def test_the_lead_is_what_members_differ_by_when_each_leaves_households_out() -> None:
    apart = [stumps(size, 2, 0, 0) for size in (4.0, 4.0, 5.0, 5.0, 4.5)]
    expected = float(np.sqrt(4 * np.var([4.0, 4.0, 5.0, 5.0, 4.5])))

    lead = cause_lead(apart, rows(), FEATURES, folds=5, flagged=0.9) * 2.0**-FRACTION_BITS

    assert lead == pytest.approx(expected, rel=1e-6)
    assert cause_lead([stumps(4, 3, 2, 1)], rows(), FEATURES, folds=5, flagged=0.0) == 0
    assert cause_lead([stumps(4, 3, 2, 1)] * 5, rows(), FEATURES, folds=5, flagged=0.0) == 0


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

    def fit(half: pl.DataFrame) -> Explainer:
        seen.append(set(half["group"].to_list()))
        return Explainer(tables=stumps(4, 3, 2, 1))

    stability(rows(), rows(seed=1), FEATURES, fit, flagged=0.0, repeats=2, seed=0)

    assert len(seen) == 4
    assert not seen[0] & seen[1]
    assert seen[0] != seen[2]


def test_a_half_without_defaults_says_what_to_do() -> None:
    repaid = rows().with_columns(bad=pl.lit(0.0))

    with pytest.raises(TrainingError, match="longer ledger"):
        stability(repaid, rows(), FEATURES, alternating(), flagged=0.0, repeats=1, seed=0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
def test_rank_correlation_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(side, float) for side in zip(*pairs, strict=True))

    if len(set(one)) > 1 and len(set(other)) > 1:
        assert spearman(one, other) == pytest.approx(float(spearmanr(one, other).statistic))
