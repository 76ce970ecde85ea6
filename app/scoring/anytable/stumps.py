"""A small logistic scorecard, written as trees of one test: it is then served and explained like any bag."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.logistic import fit
from app.scoring.written_trees import Node, dump_of, leaf, missing_test, split

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecipe:
    """How a scorecard is learnt.

    Bins are of even size: one for every `bin_rows` rows of the rarer class, within `bins`; `smoothing` rows
    at the overall rate are added to each. `columns` are kept by information value. More than `rows` rows are
    drawn from: so few numbers need no more.
    """

    bins: tuple[int, int] = (4, 16)
    bin_rows: int = 50
    smoothing: float = 4.0
    ridge: float = 5.0
    columns: int = 20
    rows: int = 100_000

    def bins_of(self, bad: FloatVector) -> int:
        """Give the number of bins that these outcomes carry."""
        least, most = self.bins
        return int(min(most, max(least, min(bad.sum(), (1.0 - bad).sum()) // self.bin_rows)))


def fit_stumps(
    values: FloatMatrix,
    bad: FloatVector,
    names: tuple[str, ...],
    signs: tuple[int, ...],
    edges: Sequence[FloatVector],
    recipe: CardRecipe,
) -> dict[str, Any]:
    """Fit weights of evidence by bins, then a logistic regression without negative weights.

    Gives the dump that `tabulate` reads: one test for every edge of a bin, and one for missing values.
    """
    bins = [_bins(column, e) for column, e in zip(values.T, edges, strict=True)]
    sizes = [len(e) + 2 for e in edges]
    evidence = [
        _evidence(b, bad, size, sign, recipe.smoothing)
        for b, size, sign in zip(bins, sizes, signs, strict=True)
    ]
    woe, worth = zip(*evidence, strict=True)
    kept = sorted(np.argsort(-np.array(worth), kind="stable")[: recipe.columns].tolist())
    told = np.stack([woe[j][bins[j]] for j in kept], axis=1)
    kept, beta = _fit_positive(told, bad, kept, recipe.ridge)
    trees = [leaf(beta[0], len(bad))]
    for j, weight in zip(kept, beta[1:].tolist(), strict=True):
        trees += _trees(j, edges[j], woe[j] * weight, np.bincount(bins[j], minlength=len(woe[j])))
    return dump_of(trees, names)


def edges_of(column: FloatVector, bins: int) -> FloatVector:
    """Cut a column (NaN where missing) into bins of about even size, by its values alone."""
    every = column[~np.isnan(column)]
    known = np.unique(every)
    if len(known) <= bins:
        return np.asarray((known[1:] + known[:-1]) / 2)
    inner = np.unique(np.quantile(every, np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    return np.asarray(inner[inner < known[-1]])


def _bins(column: FloatVector, edges: FloatVector) -> NDArray[np.int64]:
    """Number the bins from 1 upwards; 0 is for missing values. An edge belongs to the bin below it."""
    return np.where(np.isnan(column), 0, 1 + np.searchsorted(edges, column, side="left"))


def _evidence(
    bins: NDArray[np.int64], bad: FloatVector, size: int, sign: int, smoothing: float
) -> tuple[FloatVector, float]:
    """Give each bin's log-odds less the overall ones, missing first, and the information value."""
    rate = bad.mean()
    bads, goods = (np.bincount(bins, w, size) for w in (bad, 1.0 - bad))
    odds = np.log((bads + smoothing * rate) / (goods + smoothing * (1 - rate)))
    woe = odds - np.log(rate / (1 - rate))
    if sign:
        woe[1:] = sign * np.maximum.accumulate(sign * woe[1:])
    return woe, float(np.sum(woe * (bads / bads.sum() - goods / goods.sum())))


def _fit_positive(
    x: FloatMatrix, bad: FloatVector, kept: list[int], ridge: float
) -> tuple[list[int], FloatVector]:
    """Fit on columns (n, K) that are called `kept`; those that would count backwards are dropped."""
    part = np.hstack([np.ones((len(x), 1)), x])
    while True:
        drawn = np.r_[1e-6, np.full(len(kept), ridge)]
        beta = fit(part, bad, np.ones_like(bad), drawn, np.zeros(len(kept) + 1))
        held = beta[1:] >= 0.0
        if held.all():
            return kept, beta
        kept, part = [j for j, h in zip(kept, held, strict=True) if h], part[:, np.r_[True, held]]


def _trees(j: int, edges: FloatVector, value: FloatVector, rows: NDArray[np.int64]) -> Iterator[Node]:
    """Write one column's steps: whatever its bin, the tests add up to the bin's value."""
    yield missing_test(j, leaf(value[1], rows[1:].sum()), leaf(value[0], rows[0]))
    for k, edge in enumerate(edges.tolist(), start=2):
        yield split(j, edge, leaf(0.0, rows[:k].sum()), leaf(value[k] - value[k - 1], rows[k:].sum()))
