"""Tabulates what LightGBM learnt: from `booster.dump_model()` to explanation tables.

Follows LightGBM's own rules (Tree::NumericalDecision, Tree::TreeSHAP in its source): covers are the
training counts, a missing value goes the default way, and with missing type None it counts as 0.0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import factorial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import TrainingError
from app.scoring.explanation_tables import FRACTION_BITS, ExplanationTables
from app.scoring.table_lookup import NEARLY_ZERO, OUTCOMES, PATH_SLOTS, PATHS, SLOTS

Node = Mapping[str, Any]
_PER_TREE: Final = ("feature", "threshold", "missing_left", "zero_is_missing", "paths", "base")
_DEFAULTS: Final = {"None", "NaN", "Zero"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One test on the way to a leaf: its slot, which way the leaf lies, and that way's share of the cover."""

    slot: int
    left: bool
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """One tree's arrays while they are filled."""

    feature: NDArray[np.int32] = field(default_factory=lambda: np.full(SLOTS, -1, np.int32))
    threshold: NDArray[np.float64] = field(default_factory=lambda: np.full(SLOTS, np.nan))
    missing_left: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(SLOTS, np.bool_))
    zero_is_missing: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(SLOTS, np.bool_))
    paths: NDArray[np.float64] = field(default_factory=lambda: np.zeros((PATHS, OUTCOMES, 3)))
    base: NDArray[np.float64] = field(default_factory=lambda: np.zeros(()))


def tabulate(dump: Mapping[str, Any], *, weight: float = 1.0) -> ExplanationTables:
    """Tabulate the exact path-dependent SHAP values of one booster's dump.

    `weight` multiplies every value before it is rounded: 1/bags for one booster of a bag. The values
    equal `predict(pred_contrib=True)` up to the rounding, 2**-44 log-odds a step. Depth over 3,
    categorical splits, linear leaves, several classes and averaged output are a TrainingError.
    """
    try:
        _check_model(dump)
        trees = [_tabulate_tree(tree["tree_structure"]) for tree in dump["tree_info"]]
        features = tuple(dump["feature_names"])
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(f"模型导出内容不完整（{error}）", f"its dump is incomplete ({error})") from error
    if not trees:
        raise _refused("模型中没有树", "it has no trees")
    return _assemble(features, trees, weight)


def concatenate(*tables: ExplanationTables) -> ExplanationTables:
    """Put the trees of several tables into one, whose contributions are the sums: a bag of boosters.

    All must have the same columns and the same fixed point, otherwise a TrainingError.
    """
    if len({(t.features, t.fraction_bits) for t in tables}) != 1:
        raise _refused("各模型的特征列不一致", "the boosters do not have the same columns")
    arrays: dict[str, Any] = {name: np.concatenate([getattr(t, name) for t in tables]) for name in _PER_TREE}
    return ExplanationTables(features=tables[0].features, fraction_bits=tables[0].fraction_bits, **arrays)


def _assemble(features: tuple[str, ...], trees: list[_Tree], weight: float) -> ExplanationTables:
    arrays: dict[str, Any] = {name: np.stack([getattr(tree, name) for tree in trees]) for name in _PER_TREE}
    for name in ("paths", "base"):
        arrays[name] = _fixed(arrays[name] * weight)
    return ExplanationTables(features=features, **arrays)


def _fixed(values: NDArray[np.float64]) -> NDArray[np.int64]:
    scaled = np.rint(values * 2.0**FRACTION_BITS)
    if not (np.abs(scaled) < 2.0**62).all():
        raise _refused("某个叶值不是可用的数", "a leaf value is too large or not a number")
    return scaled.astype(np.int64)


def _check_model(dump: Mapping[str, Any]) -> None:
    if dump["num_tree_per_iteration"] != 1:
        raise _refused("它有多个类别", "it has several classes")
    if dump["average_output"]:
        raise _refused("它的输出取平均（随机森林）", "its output is an average (random forest)")
    objective = str(dump.get("objective", ""))
    if objective.startswith("binary") and "sigmoid:1" not in objective.split():
        raise _refused("sigmoid 参数不是 1", "its sigmoid parameter is not 1, so its margin is no log-odds")


def _tabulate_tree(root: Node) -> _Tree:
    tree = _Tree()
    for value, slot, steps in _leaves(root, 0, (), tree):
        tree.base[...] += value * np.prod([step.share for step in steps])
        tree.paths[_path_of(slot)] += _leaf_contributions(tree.feature, value, slot, steps)
    return tree


def _leaves(
    node: Node, slot: int, steps: tuple[_Step, ...], tree: _Tree
) -> Iterator[tuple[float, int, tuple[_Step, ...]]]:
    """Walk the tree, fill in its tests, and yield each leaf with its place and the steps to it."""
    if "split_feature" not in node:
        _check_leaf(node)
        yield float(node["leaf_value"]), slot, steps
        return
    _fill_test(tree, slot, node)
    children = node["left_child"], node["right_child"]
    covers = [_cover(child) for child in children]
    for child, cover, left in zip(children, covers, (True, False), strict=True):
        step = _Step(slot=slot, left=left, share=cover / sum(covers))
        yield from _leaves(child, 2 * slot + (1 if left else 2), (*steps, step), tree)


def _check_leaf(leaf: Node) -> None:
    if "leaf_const" in leaf or "leaf_coeff" in leaf:
        raise _refused("叶节点是线性模型", "its leaves are linear models")


def _cover(node: Node) -> int:
    cover = int(node["internal_count"] if "split_feature" in node else node["leaf_count"])
    if cover <= 0:
        raise _refused("某个节点没有训练样本", "a node has no training rows behind it")
    return cover


def _fill_test(tree: _Tree, slot: int, node: Node) -> None:
    if slot >= SLOTS:
        raise _refused("树的深度超过 3", "a tree is deeper than 3")
    if node["decision_type"] != "<=":
        raise _refused("含有类别型分裂", "it has a categorical split; encode categories as numbers")
    if node["missing_type"] not in _DEFAULTS:
        raise ValueError(f"missing_type {node['missing_type']}")
    threshold = float(node["threshold"])
    tree.feature[slot] = node["split_feature"]
    tree.threshold[slot] = _threshold(threshold)
    # With missing type None LightGBM reads NaN as 0.0 and then compares.
    missing_is_zero = node["missing_type"] == "None"
    tree.missing_left[slot] = threshold >= 0 if missing_is_zero else node["default_left"]
    tree.zero_is_missing[slot] = node["missing_type"] == "Zero"


def _threshold(threshold: float) -> float:
    """Move a threshold out of the band around zero in which LightGBM takes every value for 0.0."""
    if abs(threshold) > NEARLY_ZERO:
        return threshold
    return NEARLY_ZERO if threshold >= 0 else float(np.nextafter(-NEARLY_ZERO, -np.inf))


def _path_of(slot: int) -> int:
    """Find a path that contains all tests above a leaf in this place."""
    if slot >= SLOTS:
        slot = (slot - 1) // 2
    while slot < PATHS - 1:
        slot = 2 * slot + 1
    return slot - (PATHS - 1)


def _leaf_contributions(
    feature: NDArray[np.int32], value: float, slot: int, steps: tuple[_Step, ...]
) -> NDArray[np.float64]:
    """Give each test's feature its Shapley value of one leaf, for all eight outcomes: (8, 3).

    With the features of a set known, a leaf pays its value times, for every known feature, whether the
    row takes the leaf's way, and for every unknown one, the share of the cover that does.
    """
    path = PATH_SLOTS[_path_of(slot)].tolist()
    players = sorted({int(feature[step.slot]) for step in steps})
    mine = [[step for step in steps if feature[step.slot] == player] for player in players]
    takes = [_takes_leaf(path, own) for own in mine]
    shares = [float(np.prod([step.share for step in own])) for own in mine]
    result = np.zeros((OUTCOMES, 3))
    for player, own in enumerate(mine):
        result[:, path.index(own[0].slot)] = value * _shapley(takes, shares, player)
    return result


def _takes_leaf(path: list[int], steps: list[_Step]) -> NDArray[np.float64]:
    """Tell for each outcome whether the row goes the leaf's way at all of these tests: (8,) of 0 and 1."""
    outcomes = np.arange(OUTCOMES)
    ways = [((outcomes >> path.index(step.slot)) & 1).astype(bool) == step.left for step in steps]
    takes: NDArray[np.bool_] = np.logical_and.reduce(ways)
    return takes.astype(np.float64)


def _shapley(takes: list[NDArray[np.float64]], shares: list[float], player: int) -> NDArray[np.float64]:
    """Average what knowing one feature adds, over all sets of the others, with Shapley's weights: (8,)."""
    others = [other for other in range(len(takes)) if other != player]
    total = np.zeros(OUTCOMES)
    for mask in range(1 << len(others)):
        known = mask.bit_count()
        orders = factorial(known) * factorial(len(others) - known) / factorial(len(takes))
        factors = [
            takes[other] if mask >> place & 1 else np.full(OUTCOMES, shares[other])
            for place, other in enumerate(others)
        ]
        total += orders * np.prod([np.ones(OUTCOMES), *factors], axis=0)
    return total * (takes[player] - shares[player])


def _refused(zh: str, en: str) -> TrainingError:
    return TrainingError(zh=f"该模型不能制成解释表：{zh}。", en=f"This model cannot be tabulated: {en}.")
