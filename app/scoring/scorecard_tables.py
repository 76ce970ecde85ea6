"""Writes a scorecard as explanation tables, so that it is served, explained and checked like trees are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.explanation_tables import ExplanationTables
from app.scoring.scorecard import Line, Scorecard
from app.scoring.tabulate import tabulate

Node = Mapping[str, Any]
_ABOVE_ALL: Final = 1e300  # every number goes left of it, only a missing value goes right
_HEAD: Final = {"num_tree_per_iteration": 1, "average_output": False, "objective": "binary sigmoid:1"}


def tabulate_scorecard(
    card: Scorecard, columns: tuple[str, ...], values: NDArray[np.float64]
) -> ExplanationTables:
    """Tabulate margins (log-odds of default) of a card; `values` (n, F) say how many rows fall where.

    Each line becomes a tree over its bins and, where missing values have points of their own, a second tree
    for these. A line of more than eight bins is deeper than tables hold: a TrainingError.
    """
    unit = -float(np.log(2.0)) / card.points_to_double
    trees = [_leaf(-card.log_odds_at_base, len(values))]
    for line in card.lines:
        place = columns.index(line.name)
        trees += _trees(line, place, values[:, place], unit)
    dump = {"tree_info": [{"tree_structure": tree} for tree in trees], "feature_names": list(columns)}
    return tabulate(_HEAD | dump)


def _trees(line: Line, place: int, values: NDArray[np.float64], unit: float) -> list[Node]:
    known = values[~np.isnan(values)]
    counts = np.bincount(
        np.searchsorted(np.array(line.edges), known, side="right"), minlength=len(line.points)
    )
    leaves = [_leaf(points * unit, count) for points, count in zip(line.points, counts, strict=True)]
    own = (line.missing - line.points[0]) * unit  # a missing value falls into the first bin
    missing = _test(
        place, _ABOVE_ALL, _leaf(0.0, len(known)), _leaf(own, len(values) - len(known)), left=False
    )
    return [_balanced(place, line.edges, leaves), missing]


def _balanced(place: int, edges: Sequence[float], leaves: Sequence[Node]) -> Node:
    if not edges:
        return leaves[0]
    middle = len(edges) // 2
    below = float(np.nextafter(edges[middle], -np.inf))  # a value on the edge belongs above it
    left = _balanced(place, edges[:middle], leaves[: middle + 1])
    return _test(place, below, left, _balanced(place, edges[middle + 1 :], leaves[middle + 1 :]), left=True)


def _test(place: int, threshold: float, below: Node, above: Node, *, left: bool) -> Node:
    return {
        "split_feature": place, "decision_type": "<=", "missing_type": "NaN", "threshold": threshold,
        "default_left": left, "left_child": below, "right_child": above,
        "internal_count": _count(below) + _count(above),
    }  # fmt: skip


def _count(node: Node) -> int:
    return int(node["internal_count"] if "split_feature" in node else node["leaf_count"])


def _leaf(value: float, count: int | np.integer[Any]) -> Node:
    return {"leaf_value": value, "leaf_count": max(int(count), 1)}
