"""Writes small trees as a booster's dump, so that bins and lines are tabulated and explained like any bag."""

from collections.abc import Sequence
from typing import Any, Final

Node = dict[str, Any]
_ABOVE_ALL: Final = 1e300  # every number goes left of it, only a missing value goes right
_HEAD: Final = {"num_tree_per_iteration": 1, "average_output": False}


def dump_of(trees: Sequence[Node], names: Sequence[str]) -> dict[str, Any]:
    """Give the dump that `tabulate` reads: trees over columns of these names."""
    return _HEAD | {
        "feature_names": list(names), "tree_info": [{"tree_structure": tree} for tree in trees],
    }  # fmt: skip


def leaf(value: float, rows: float) -> Node:
    """Write a leaf; one that no row reached counts as one row."""
    return {"leaf_value": float(value), "leaf_count": max(1, int(rows))}


def split(place: int, edge: float, below: Node, above: Node, *, missing_below: bool = True) -> Node:
    """Write a test of the column at `place`: values up to the edge go below."""
    return {
        "split_feature": place, "threshold": edge, "decision_type": "<=", "missing_type": "NaN",
        "default_left": missing_below, "left_child": below, "right_child": above,
        "internal_count": _rows(below) + _rows(above),
    }  # fmt: skip


def missing_test(place: int, known: Node, missing: Node) -> Node:
    """Write a test that only tells a missing value from all others."""
    return split(place, _ABOVE_ALL, known, missing, missing_below=False)


def balanced(place: int, edges: Sequence[float], leaves: Sequence[Node]) -> Node:
    """Write the bins between rising edges as one tree, the middle edge tested first; missing goes lowest."""
    if len(edges) == 0:
        return leaves[0]
    middle = len(edges) // 2
    left = balanced(place, edges[:middle], leaves[: middle + 1])
    right = balanced(place, edges[middle + 1 :], leaves[middle + 1 :])
    return split(place, float(edges[middle]), left, right)


def _rows(node: Node) -> int:
    return int(node["internal_count"] if "split_feature" in node else node["leaf_count"])
