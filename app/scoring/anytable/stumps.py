"""A small logistic scorecard, written as trees of one test: it is then served and explained like any bag."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.logistic import fit

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
_BINS: Final = 4
_SMOOTHING: Final = 4.0  # rows at the overall rate that are added to every bin
_RIDGE: Final = 5.0
_MOST: Final = 20  # columns, by information value
_ABOVE_ALL: Final = 1e300  # only a missing value goes right of it


def fit_stumps(
    values: FloatMatrix, bad: FloatVector, names: tuple[str, ...], signs: tuple[int, ...]
) -> dict[str, Any]:
    """Fit weights of evidence by quarters, then a logistic regression without negative weights.

    Gives the dump that `tabulate` reads: one test for every edge of a bin, and one for missing values.
    """
    edges = [_edges(column) for column in values.T]
    bins = [_bins(column, e) for column, e in zip(values.T, edges, strict=True)]
    woe, worth = zip(
        *(_evidence(b, bad, len(e) + 2, s) for b, e, s in zip(bins, edges, signs, strict=True)), strict=True
    )
    kept = sorted(np.argsort(-np.array(worth), kind="stable")[:_MOST].tolist())
    kept, beta = _fit_positive(np.stack([woe[j][bins[j]] for j in range(len(woe))], axis=1), bad, kept)
    trees = [{"leaf_value": float(beta[0])}]
    for j, weight in zip(kept, beta[1:].tolist(), strict=True):
        trees += _trees(j, edges[j], woe[j] * weight, np.bincount(bins[j], minlength=len(woe[j])))
    return {
        "num_tree_per_iteration": 1,
        "average_output": False,
        "feature_names": list(names),
        "tree_info": [{"tree_structure": tree} for tree in trees],
    }


def _edges(column: FloatVector) -> FloatVector:
    known = np.unique(column[~np.isnan(column)])
    if len(known) <= _BINS:
        return np.asarray((known[1:] + known[:-1]) / 2)
    every = column[~np.isnan(column)]
    inner = np.unique(np.quantile(every, np.linspace(0, 1, _BINS + 1)[1:-1], method="lower"))
    return np.asarray(inner[inner < known[-1]])


def _bins(column: FloatVector, edges: FloatVector) -> NDArray[np.int64]:
    """Number the bins from 1 upwards; 0 is for missing values. An edge belongs to the bin below it."""
    return np.where(np.isnan(column), 0, 1 + np.searchsorted(edges, column, side="left"))


def _evidence(bins: NDArray[np.int64], bad: FloatVector, size: int, sign: int) -> tuple[FloatVector, float]:
    """Give each bin's log-odds less the overall ones, missing first, and the information value."""
    rate = bad.mean()
    bads, goods = (np.bincount(bins, w, size) for w in (bad, 1.0 - bad))
    odds = np.log((bads + _SMOOTHING * rate) / (goods + _SMOOTHING * (1 - rate)))
    woe = odds - np.log(rate / (1 - rate))
    if sign:
        woe[1:] = sign * np.maximum.accumulate(sign * woe[1:])
    return woe, float(np.sum(woe * (bads / bads.sum() - goods / goods.sum())))


def _fit_positive(x: FloatMatrix, bad: FloatVector, kept: list[int]) -> tuple[list[int], FloatVector]:
    while True:
        part = np.hstack([np.ones((len(x), 1)), x[:, kept]])
        ridge = np.r_[1e-6, np.full(len(kept), _RIDGE)]
        beta = fit(part, bad, np.ones_like(bad), ridge, np.zeros(len(kept) + 1))
        if not kept or beta[1:].min() >= 0.0:
            return kept, beta
        kept = [j for j, b in zip(kept, beta[1:], strict=True) if b >= 0.0]


def _trees(j: int, edges: FloatVector, value: FloatVector, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Write one column's steps: whatever its bin, the tests add up to the bin's value."""
    missing = _tree(j, _ABOVE_ALL, (value[1], value[0]), (rows[1:].sum(), rows[0]), missing_left=False)
    steps = [
        _tree(j, edge, (0.0, value[k + 2] - value[k + 1]), _sides(rows, k + 2), missing_left=True)
        for k, edge in enumerate(edges.tolist())
    ]
    return [missing, *steps]


def _sides(rows: NDArray[np.int64], start: int) -> tuple[int, int]:
    return rows[:start].sum(), rows[start:].sum()


def _tree(
    j: int, edge: float, values: tuple[float, float], rows: tuple[int, int], *, missing_left: bool
) -> dict[str, Any]:
    left, right = (
        {"leaf_value": float(v), "leaf_count": max(1, int(n))} for v, n in zip(values, rows, strict=True)
    )
    return {
        "split_feature": j,
        "threshold": edge,
        "decision_type": "<=",
        "default_left": missing_left,
        "missing_type": "NaN",
        "left_child": left,
        "right_child": right,
    }
