"""Explanation tables against LightGBM's own `pred_contrib`, on random trees that it reads as its own."""

import math
from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.scoring.table_lookup import FEW_ROWS
from app.scoring.tabulate import concatenate, tabulate

WIDTH = 4
TINY = float(np.float32(1e-35))
THRESHOLDS = (-1.0, -TINY, -1e-36, 0.0, 1e-36, TINY, 0.5, 2.0)
VALUES = st.sampled_from([*THRESHOLDS, math.nan, math.inf, -math.inf, -0.0, 1.0, -7.0, 0.5000001])
MISSING = {"None": 0, "Zero": 4, "NaN": 8}  # bits of decision_type, as LightGBM writes its trees
Node = dict[str, Any]


def leaf(value: float, count: int) -> Node:
    return {"value": value, "count": count}


def split(left: Node, right: Node, **test: Any) -> Node:
    return {"left": left, "right": right, "count": left["count"] + right["count"], **test}


def trees(depth: int, thresholds: tuple[float, ...] = THRESHOLDS) -> st.SearchStrategy[Node]:
    leaves = st.builds(leaf, st.floats(-3, 3), st.integers(1, 40))
    if depth == 0:
        return leaves
    below = trees(depth - 1, thresholds)
    splits = st.builds(
        split,
        below,
        below,
        feature=st.integers(0, WIDTH - 1),
        threshold=st.sampled_from(thresholds),
        kind=st.sampled_from(list(MISSING)),
        default_left=st.booleans(),
    )
    return st.one_of(splits, splits, leaves)


def inner(node: Node) -> Iterator[Node]:
    if "left" in node:
        yield node
        yield from inner(node["left"])
        yield from inner(node["right"])


def leaves_of(node: Node) -> Iterator[Node]:
    if "left" in node:
        yield from leaves_of(node["left"])
        yield from leaves_of(node["right"])
    else:
        yield node


def tree_text(number: int, root: Node) -> str:
    """One tree in LightGBM's text format: inner nodes in preorder, leaves from left to right."""
    nodes, ends = list(inner(root)), list(leaves_of(root))
    place = {id(node): i for i, node in enumerate(nodes)} | {id(node): ~i for i, node in enumerate(ends)}
    columns: dict[str, list[Any]] = {
        "split_feature": [n["feature"] for n in nodes],
        "split_gain": [1] * len(nodes),
        "threshold": [repr(n["threshold"]) for n in nodes],
        "decision_type": [MISSING[n["kind"]] + 2 * n["default_left"] for n in nodes],
        "left_child": [place[id(n["left"])] for n in nodes],
        "right_child": [place[id(n["right"])] for n in nodes],
        "leaf_value": [repr(n["value"]) for n in ends],
        "leaf_weight": [n["count"] for n in ends],
        "leaf_count": [n["count"] for n in ends],
        "internal_value": [0] * len(nodes),
        "internal_weight": [n["count"] for n in nodes],
        "internal_count": [n["count"] for n in nodes],
    }
    if not nodes:
        columns = {"leaf_value": columns["leaf_value"], "leaf_count": columns["leaf_count"]}
    lines = [f"{name}={' '.join(map(str, values))}" for name, values in columns.items()]
    head = [f"Tree={number}", f"num_leaves={len(ends)}", "num_cat=0"]
    return "\n".join([*head, *lines, "is_linear=0", "shrinkage=1", "", ""]) + "\n"


def booster(roots: list[Node]) -> lightgbm.Booster:
    texts = [tree_text(number, root) for number, root in enumerate(roots)]
    head = [
        "tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0",
        f"max_feature_idx={WIDTH - 1}", "objective=binary sigmoid:1",
        "feature_names=" + " ".join(f"f{i}" for i in range(WIDTH)),
        "feature_infos=" + " ".join(["[-7:7]"] * WIDTH),
        "tree_sizes=" + " ".join(str(len(text.encode())) for text in texts), "", "",
    ]  # fmt: skip
    return lightgbm.Booster(model_str="\n".join(head) + "".join(texts) + "end of trees\n")


def contributions_of(model: lightgbm.Booster, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(model.predict(rows, pred_contrib=True, num_threads=1))


MANY_ROWS = st.lists(st.lists(VALUES, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=12).map(np.array)


# What random trees and rows must have shown by the end: every missing type met by what it is about, ties,
# trees of one leaf, a feature asked twice on one way, and the greatest depth.
WANTED = {
    *((kind, met) for kind in MISSING for met in ("nan", "zero", "tie")),
    "one leaf",
    "asked twice",
    "depth 3",
}


def met(roots: list[Node], rows: NDArray[np.float64]) -> Iterator[tuple[str, str] | str]:
    for root in roots:
        yield from () if "left" in root else ("one leaf",)
        yield from _below(root, (), rows)


def _below(node: Node, above: tuple[int, ...], rows: NDArray[np.float64]) -> Iterator[tuple[str, str] | str]:
    if "left" not in node:
        yield f"depth {len(above)}"
        return
    values = rows[:, node["feature"]]
    seen = {"nan": np.isnan(values), "zero": np.abs(values) <= TINY, "tie": values == node["threshold"]}
    yield from ((node["kind"], name) for name, where in seen.items() if where.any())
    yield from ("asked twice",) if node["feature"] in above else ()
    for side in ("left", "right"):
        yield from _below(node[side], (*above, node["feature"]), rows)


def test_tables_say_what_lightgbm_says_of_random_trees_of_every_sort() -> None:
    seen: set[tuple[str, str] | str] = set()

    @settings(max_examples=150, deadline=None)
    @given(roots=st.lists(trees(3), min_size=1, max_size=4), rows=MANY_ROWS)
    def check(roots: list[Node], rows: NDArray[np.float64]) -> None:
        seen.update(met(roots, rows))
        model = booster(roots)
        expected = contributions_of(model, rows)
        tables = tabulate(model.dump_model())
        found, margins = tables.contributions(rows)
        assert np.abs(tables.to_log_odds(found) - expected[:, :-1]).max() < 1e-9
        assert np.abs(tables.to_log_odds(margins) - model.predict(rows, raw_score=True)).max() < 1e-9

    check()

    assert seen >= WANTED


@settings(max_examples=60, deadline=None)
@given(roots=st.lists(trees(3, (0.5,)), min_size=2, max_size=6), rows=MANY_ROWS)
def test_thresholds_that_are_all_equal_are_told_apart_by_feature_and_tree(
    roots: list[Node], rows: NDArray[np.float64]
) -> None:
    model = booster(roots)

    tables = tabulate(model.dump_model())

    expected = contributions_of(model, rows)[:, :-1]
    assert np.abs(tables.to_log_odds(tables.contributions(rows)[0]) - expected).max() < 1e-9


@settings(max_examples=60, deadline=None)
@given(bags=st.lists(st.lists(trees(3), min_size=1, max_size=3), min_size=2, max_size=5), rows=MANY_ROWS)
def test_a_bag_of_random_boosters_explains_as_their_mean(
    bags: list[list[Node]], rows: NDArray[np.float64]
) -> None:
    models = [booster(roots) for roots in bags]

    bag = concatenate(*(tabulate(model.dump_model(), weight=1 / len(bags)) for model in models))
    found, margins = bag.contributions(rows)
    many, _ = bag.contributions(np.repeat(rows[:1], FEW_ROWS + 1, axis=0))

    expected = np.mean([contributions_of(model, rows) for model in models], axis=0)
    assert np.abs(bag.to_log_odds(found) - expected[:, :-1]).max() < 1e-9
    assert np.abs(bag.to_log_odds(margins) - expected.sum(axis=1)).max() < 1e-9
    assert (many == found[0]).all()


@pytest.mark.parametrize("count", [1, 3])
def test_trees_of_one_leaf_explain_nothing_and_add_to_the_base(count: int) -> None:
    model = booster([leaf(0.25, 7)] * count)

    tables = tabulate(model.dump_model())

    found, margins = tables.contributions(np.array([[np.nan, 0.0, 1.0, -1.0]]))
    assert not found.any()
    assert tables.to_log_odds(margins).tolist() == [0.25 * count]


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    missing=st.sampled_from([{}, {"zero_as_missing": True}, {"use_missing": False}]),
)
def test_tables_say_what_lightgbm_says_of_what_it_learnt(seed: int, missing: dict[str, bool]) -> None:
    rng = np.random.default_rng(seed)
    rows = np.where(rng.random((400, WIDTH)) < 0.2, np.nan, rng.integers(-2, 3, (400, WIDTH)).astype(float))
    bad = rng.random(400) < 0.3
    params = {"objective": "binary", "max_depth": 3, "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
    options = {**params, **missing, "bagging_fraction": 0.6, "bagging_freq": 1, "seed": seed}
    model = lightgbm.train(options, lightgbm.Dataset(rows, bad, params={"verbose": -1}), 8)

    tables = tabulate(model.dump_model())

    expected = contributions_of(model, rows)[:, :-1]
    assert np.abs(tables.to_log_odds(tables.contributions(rows)[0]) - expected).max() < 1e-9
