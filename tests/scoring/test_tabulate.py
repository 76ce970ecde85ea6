import math
from collections.abc import Mapping
from itertools import combinations
from math import factorial
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.domain.errors import TrainingError
from app.scoring.table_lookup import FEW_ROWS
from app.scoring.tabulate import concatenate, tabulate

WIDTH = 4
TINY = float(np.float32(1e-35))
INTERESTING = (-1.0, -TINY, -1e-36, 0.0, 1e-36, TINY, 0.5, 2.0)
Node = dict[str, Any]


def leaf(value: float, count: int = 1) -> Node:
    return {"leaf_value": value, "leaf_count": count}


def split(left: Node, right: Node, feature: int = 0, threshold: float = 0.5, **more: Any) -> Node:
    covers = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return {
        "split_feature": feature,
        "threshold": threshold,
        "decision_type": "<=",
        "default_left": True,
        "missing_type": "NaN",
        "internal_count": sum(covers),
        "left_child": left,
        "right_child": right,
        **more,
    }


def dump(*roots: Node, **more: Any) -> dict[str, Any]:
    return {
        "num_tree_per_iteration": 1,
        "average_output": False,
        "objective": "binary sigmoid:1",
        "feature_names": [f"f{i}" for i in range(WIDTH)],
        "tree_info": [{"tree_structure": root} for root in roots],
        **more,
    }


def goes_left(node: Mapping[str, Any], value: float) -> bool:
    """LightGBM's rule, written once more from its documentation and source."""
    if abs(value) <= TINY or (math.isnan(value) and node["missing_type"] != "NaN"):
        value = 0.0
    if math.isnan(value) or (value == 0.0 and node["missing_type"] == "Zero"):
        return bool(node["default_left"])
    return bool(value <= node["threshold"])


def expectation(node: Mapping[str, Any], row: list[float], known: frozenset[int]) -> float:
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expectation(left if goes_left(node, row[node["split_feature"]]) else right, row, known)
    share: float = (left.get("internal_count") or left["leaf_count"]) / node["internal_count"]
    return share * expectation(left, row, known) + (1 - share) * expectation(right, row, known)


def brute_force(roots: list[Node], row: list[float], player: int) -> float:
    """The Shapley value by its definition: every subset of the other features."""
    others = [f for f in range(WIDTH) if f != player]
    total = 0.0
    for size in range(WIDTH):
        weight = factorial(size) * factorial(WIDTH - size - 1) / factorial(WIDTH)
        for chosen in combinations(others, size):
            known = frozenset(chosen)
            total += weight * sum(expectation(r, row, known | {player}) for r in roots)
            total -= weight * sum(expectation(r, row, known) for r in roots)
    return total


def trees(depth: int) -> st.SearchStrategy[Node]:
    leaves = st.builds(leaf, st.floats(-3, 3), st.integers(1, 40))
    if depth == 0:
        return leaves
    below = trees(depth - 1)
    splits = st.builds(
        split,
        below,
        below,
        feature=st.integers(0, WIDTH - 1),
        threshold=st.sampled_from(INTERESTING),
        default_left=st.booleans(),
        missing_type=st.sampled_from(["None", "NaN", "Zero"]),
    )
    return st.one_of(splits, splits, leaves)


VALUES = st.sampled_from([*INTERESTING, math.nan, math.inf, -math.inf, -0.0, 1.0, -7.0])
ROWS = st.lists(VALUES, min_size=WIDTH, max_size=WIDTH)


@settings(max_examples=300, deadline=None)
@given(roots=st.lists(trees(3), min_size=1, max_size=3), row=ROWS)
def test_contributions_are_the_shapley_values_over_all_subsets(roots: list[Node], row: list[float]) -> None:
    expected = [brute_force(roots, row, player) for player in range(WIDTH)]
    prediction = sum(expectation(root, row, frozenset(range(WIDTH))) for root in roots)
    tables = tabulate(dump(*roots))

    single, margin = tables.contributions(np.array([row]))
    many, _ = tables.contributions(np.array([row] * (FEW_ROWS + 1)))

    assert np.abs(tables.to_log_odds(single[0]) - expected).max() < 1e-9
    assert abs(tables.to_log_odds(margin)[0] - prediction) < 1e-9
    assert (many == single).all()


def test_a_single_split_pays_the_difference_from_the_mean() -> None:
    tables = tabulate(dump(split(leaf(-1.0, 30), leaf(1.0, 10), feature=2)))

    contributions, margins = tables.contributions(
        np.array([[0, 0, 0.5, 0], [0, 0, 0.6, 0], [0, 0, np.nan, 0]])
    )

    assert tables.to_log_odds(contributions)[:, 2].tolist() == [-0.5, 1.5, -0.5]
    assert tables.to_log_odds(margins).tolist() == [-1.0, 1.0, -1.0]


def test_a_tree_of_one_leaf_is_all_base() -> None:
    tables = tabulate(dump({"leaf_value": 0.25}))

    for n in (1, FEW_ROWS + 1):
        contributions, margins = tables.contributions(np.ones((n, WIDTH)))

        assert not contributions.any()
        assert tables.to_log_odds(margins).tolist() == [0.25] * n


def test_the_weight_of_a_bag_scales_every_value() -> None:
    whole = tabulate(dump(split(leaf(-1.0), leaf(1.0))))
    half = tabulate(dump(split(leaf(-1.0), leaf(1.0))), weight=0.5)
    rows = np.zeros((1, WIDTH))

    assert half.contributions(rows)[1] * 2 == whole.contributions(rows)[1]
    assert np.array_equal(concatenate(half, half).contributions(rows)[0], whole.contributions(rows)[0])


STUMP = split(leaf(0.0), leaf(1.0))


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (dump(split(leaf(0), leaf(1), decision_type="==")), "categorical split"),
        (dump(split({**leaf(0), "leaf_const": 0.0}, leaf(1))), "linear models"),
        (dump(split(split(split(STUMP, leaf(0)), leaf(0)), leaf(0))), "deeper than 3"),
        (dump(split(leaf(0, 0), leaf(1))), "no training rows"),
        (dump(STUMP, num_tree_per_iteration=3), "several classes"),
        (dump(STUMP, average_output=True), "random forest"),
        (dump(STUMP, objective="binary sigmoid:2"), "sigmoid"),
        (dump(), "no trees"),
        (dump(leaf(math.nan)), "too large or not a number"),
        (dump(leaf(1e9)), "too large or not a number"),
        (dump({"leaf_count": 1}), "incomplete"),
        (dump(split(leaf(0), leaf(1), missing_type="Other")), "incomplete"),
        ({}, "incomplete"),
    ],
)
def test_a_model_that_tables_cannot_hold_is_refused(broken: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        tabulate(broken)


def test_boosters_with_different_columns_make_no_bag() -> None:
    other = dump(STUMP, feature_names=["a", "b", "c", "d"])

    with pytest.raises(TrainingError, match="same columns"):
        concatenate(tabulate(dump(STUMP)), tabulate(other))


def learnt(rows: NDArray[np.float64], **options: Any) -> dict[str, Any]:
    target = rows[:, 0] % 2
    params = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5, "objective": "regression"}
    data = lightgbm.Dataset(rows, target, params={"verbose": -1}, **options.pop("data", {}))
    return dict(lightgbm.train(params | options, data, 3).dump_model())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_depth": 3, "data": {"categorical_feature": [0]}}, "categorical split"),
        ({"max_depth": 3, "linear_tree": True}, "linear models"),
        ({"max_depth": 4}, "deeper than 3"),
    ],
)
def test_what_lightgbm_really_dumps_is_refused_by_name(options: dict[str, Any], sentence: str) -> None:
    rows = np.random.default_rng(0).integers(0, 6, (400, 3)).astype(np.float64)

    with pytest.raises(TrainingError, match=sentence):
        tabulate(learnt(rows, **options))
