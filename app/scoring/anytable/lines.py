"""A logistic regression in steps: straight lines in the columns, written as small trees. Training only.

What is nearly linear, trees of three tests learn slowly; few rows carry a line where they carry no bins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.logistic import fit
from app.scoring.written_trees import Node, balanced, dump_of, leaf, missing_test

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
_TESTS: Final = 7  # on one column: a tree of three levels


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecipe:
    """How lines are learnt.

    Values are held within the quantiles `within`, scaled, and read in `bins` of even width, so that a step
    is as small everywhere; a missing value has a weight of its own. `columns` are kept by their own slope;
    more than `rows` rows are drawn from.
    """

    bins: int = 29
    within: tuple[float, float] = (0.005, 0.995)
    ridge: float = 1.0
    missing_ridge: float = 2.0
    columns: int = 40
    rows: int = 30_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Line:
    """One column: its edges, and per bin (missing first) its rows and its scaled value, 0 where missing."""

    place: int
    edges: FloatVector
    bins: NDArray[np.uint8]
    rows: NDArray[np.int64]
    scaled: FloatVector

    @property
    def slope(self) -> FloatVector:
        return np.asarray(self.scaled[self.bins])

    @property
    def missing(self) -> FloatVector:
        return np.asarray((self.bins == 0).astype(np.float64))


def fit_lines(
    values: FloatMatrix, bad: FloatVector, names: tuple[str, ...], signs: Sequence[int], recipe: LineRecipe
) -> dict[str, Any]:
    """Fit the lines, none against its sign, and give the dump that `tabulate` reads."""
    every = [line for j, column in enumerate(values.T) if (line := _line(j, column, recipe)) is not None]
    worth = [-abs(float(line.slope @ (bad - bad.mean()))) for line in every]
    kept = [every[k] for k in sorted(np.argsort(worth, kind="stable")[: recipe.columns].tolist())]
    while True:
        base, slopes, missing = _fit(kept, bad, recipe)
        right = [k for k, line in enumerate(kept) if slopes[k] * signs[line.place] >= 0.0]
        if len(right) == len(kept):
            break
        kept = [kept[k] for k in right]
    trees = [leaf(base, len(bad))]
    for line, slope, own in zip(kept, slopes, missing, strict=True):
        trees += _trees(line, np.append(own, slope * line.scaled[1:]))
    return dump_of(trees, names)


def _line(place: int, column: FloatVector, recipe: LineRecipe) -> _Line | None:
    """Cut a column; None where all that is known of it is one value."""
    known = column[~np.isnan(column)]
    if len(known) == 0 or known.min() == known.max():
        return None
    low, high = np.quantile(known, recipe.within)
    edges = _edges(np.unique(known), float(low), float(high), recipe.bins)
    found = np.where(np.isnan(column), 0, 1 + np.searchsorted(edges, column, side="left"))
    bins = found.astype(np.uint8)  # of two thousand columns, too
    held = np.clip(np.nan_to_num(column), low, high)
    rows = np.bincount(bins, minlength=len(edges) + 2)
    means = np.bincount(bins, held, len(edges) + 2) / np.maximum(rows, 1)
    seen = held[bins > 0]
    scaled = (means - seen.mean()) / max(float(seen.std()), 1e-12)
    scaled[0] = 0.0
    return _Line(place=place, edges=edges, bins=bins, rows=rows, scaled=scaled)


def _edges(known: FloatVector, low: float, high: float, bins: int) -> FloatVector:
    """Cut between few different values, otherwise the range that is held into even widths."""
    if len(known) <= bins or low == high:
        return np.asarray((known[1:] + known[:-1]) / 2)[: bins - 1]
    return np.linspace(low, high, bins + 1)[1:-1]


def _fit(
    lines: Sequence[_Line], bad: FloatVector, recipe: LineRecipe
) -> tuple[float, list[float], list[float]]:
    """Give the base, every line's slope, and what a missing value adds (0 where none is)."""
    gaps = [k for k, line in enumerate(lines) if line.rows[0]]
    columns = [line.slope for line in lines] + [lines[k].missing for k in gaps]
    x = np.stack([np.ones_like(bad), *columns], axis=1)
    ridge = np.r_[1e-6, np.full(len(lines), recipe.ridge), np.full(len(gaps), recipe.missing_ridge)]
    beta = fit(x, bad, np.ones_like(bad), ridge, np.zeros(len(ridge))).tolist()
    own = dict(zip(gaps, beta[1 + len(lines) :], strict=True))
    return beta[0], beta[1 : 1 + len(lines)], [own.get(k, 0.0) for k in range(len(lines))]


def _trees(line: _Line, value: FloatVector) -> Iterator[Node]:
    """Write one line's steps, seven edges a tree; whatever the bin, the trees add up to its value."""
    missing = leaf(value[0] - value[1], line.rows[0])
    yield missing_test(line.place, leaf(0.0, line.rows[1:].sum()), missing)
    for start in range(0, len(line.edges), _TESTS):
        edges = line.edges[start : start + _TESTS]
        counts = np.split(line.rows, np.arange(start + 2, start + 2 + len(edges)))
        base = value[start + 1] if start else 0.0  # the trees before have said it
        steps = value[start + 1 : start + 2 + len(edges)] - base
        leaves = [leaf(step, rows.sum()) for step, rows in zip(steps, counts, strict=True)]
        yield balanced(line.place, edges.tolist(), leaves)  # a value on an edge belongs below it
