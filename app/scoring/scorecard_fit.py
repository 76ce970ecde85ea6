"""Fits the scorecard: weight of evidence by bins, then a logistic regression, then points. Training only."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.catalogue import BY_NAME
from app.scoring.logistic import fit
from app.scoring.scorecard import Line, Scorecard
from app.scoring.training_rows import matrix

FloatVector = NDArray[np.float64]
_BINS: Final = 8  # as many as explanation tables hold
_SMOOTHING: Final = 10.0  # defaults and repayments added to every bin, at the overall rate
_RIDGE: Final = 300.0
_BASE: Final = 500
_POINTS_TO_DOUBLE: Final = 20
_FACTOR: Final = _POINTS_TO_DOUBLE / float(np.log(2.0))


def fit_scorecard(train: pl.DataFrame, columns: tuple[str, ...]) -> Scorecard:
    """Fit a scorecard on rows with bad and weight; a feature that would count the wrong way is dropped."""
    values, bad, weight = matrix(train, columns), train["bad"].to_numpy(), train["weight"].to_numpy()
    edges = [_edges(values[:, j]) for j in range(len(columns))]
    bins = [_bin(values[:, j], edges[j]) for j in range(len(columns))]
    evidence = [
        _evidence(bins[j], bad, weight, len(edges[j]) + 2, BY_NAME[name].sign.monotone)
        for j, name in enumerate(columns)
    ]
    x = np.stack([evidence[j][bins[j]] for j in range(len(columns))], axis=1)
    kept, beta = _fit_positive(x, bad, weight)
    lines = tuple(_line(columns[j], edges[j], evidence[j] * b) for j, b in zip(kept, beta[1:], strict=True))
    return Scorecard(
        base=_BASE, points_to_double=_POINTS_TO_DOUBLE, log_odds_at_base=float(-beta[0]), lines=lines
    )


def _edges(values: FloatVector) -> FloatVector:
    known = values[~np.isnan(values)]
    if known.size == 0:
        return np.zeros(0)
    inner = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1], method="lower"))
    middle = np.unique(known)  # a flag has two values, whatever its quantiles
    return middle[1:] if len(middle) <= _BINS else inner


def _bin(values: FloatVector, edges: FloatVector) -> NDArray[np.intp]:
    """Number the bins from 1 upwards; 0 is for missing values."""
    return np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values, side="right"))


def _evidence(
    bins: NDArray[np.intp], bad: FloatVector, weight: FloatVector, count: int, monotone: int
) -> FloatVector:
    """Give each bin's log-odds of default less the overall ones: (count,), missing first."""
    sums = [np.asarray(np.bincount(bins, w, count), np.float64) for w in (bad * weight, (1.0 - bad) * weight)]
    bads, goods = sums
    rate = bads.sum() / (bads.sum() + goods.sum())
    odds = np.log((bads + 2 * _SMOOTHING * rate) / (goods + 2 * _SMOOTHING * (1 - rate)))
    woe = odds - np.log(rate / (1 - rate))
    if monotone:
        woe[1:] = _monotone(woe[1:], (bads + goods)[1:], monotone)
    return np.asarray(woe)


def _monotone(values: FloatVector, weight: FloatVector, sign: int) -> FloatVector:
    """Make values rise (or fall, by sign) by pooling neighbours that do not."""
    pools: list[list[float]] = []
    for value, mass in zip((sign * values).tolist(), np.maximum(weight, 1e-9).tolist(), strict=True):
        pools.append([value * mass, mass, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    flat = np.concatenate([np.full(int(n), total / mass) for total, mass, n in pools])
    return np.asarray(sign * flat)


def _fit_positive(x: FloatVector, bad: FloatVector, weight: FloatVector) -> tuple[list[int], FloatVector]:
    """Fit the logistic regression, dropping columns whose evidence would count backwards."""
    kept = list(range(x.shape[1]))
    while True:
        part = np.hstack([np.ones((len(x), 1)), x[:, kept]])
        ridge = np.r_[0.0, np.full(len(kept), _RIDGE)]
        beta = fit(part, bad, weight, ridge, np.zeros(len(kept) + 1))
        if not kept or beta[1:].min() >= 0.0:
            return kept, beta
        kept = [j for j, b in zip(kept, beta[1:], strict=True) if b >= 0.0]


def _line(name: str, edges: FloatVector, log_odds: FloatVector) -> Line:
    points = [int(p) for p in np.rint(-_FACTOR * log_odds)]
    return Line(name=name, edges=tuple(edges.tolist()), points=tuple(points[1:]), missing=points[0])
