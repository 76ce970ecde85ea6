"""Fits calibrations on loans that matured after those learnt from, with honest intervals. Training only."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import beta

from app.domain.money import PPM
from app.scoring.calibration import Calibration, RatingRates
from app.scoring.logistic import expit, fit, logit

FloatVector = NDArray[np.float64]
IntVector = NDArray[np.int64]
_KNOTS: Final = 65
_BEYOND: Final = 1.0  # log-odds past the margins seen
_POOLED: Final = 0.1  # share of the calibration rows that speak for one knot
_SIDE: Final = 0.05  # probability left outside on each side: intervals hold 90 %
_Z: Final = 1.6448536269514722  # the normal quantile that goes with _SIDE
_SHRINKAGE: Final = (0.5, 5.0)  # of intercept and slope towards "the margin is right already"
METHOD: Final = (
    "logistic on the margin, shrunk towards slope 1 and intercept 0; 90 % interval: Jeffreys on the nearest "
    "tenth of the calibration rows, each loan counted once, combined in log-odds with the spread of the bag"
)


def fit_calibration(
    margin_fixed: IntVector, rows: pl.DataFrame, spread: FloatVector, fraction_bits: int
) -> Calibration:
    """Fit the rising line from margins to ppm on calibration rows (bad, weight, loan_id)."""
    unit = 2.0**fraction_bits
    margin, bad = margin_fixed / unit, rows["bad"].to_numpy()
    weight = rows["weight"].to_numpy()
    x = np.stack([np.ones_like(margin), margin], axis=1)
    intercept, slope = fit(x, bad, weight, np.array(_SHRINKAGE), np.array([0.0, 1.0]))
    slope = max(slope, 0.05)  # a calibration may flatten a margin, never turn it round
    knots = np.linspace(margin.min() - _BEYOND, margin.max() + _BEYOND, _KNOTS)
    centre = intercept + slope * knots
    once = weight / rows.select(pl.len().over("county", "loan_id")).to_series().to_numpy()
    down, up = _half_widths(knots, margin, bad, once, slope * spread)
    return Calibration(
        method=METHOD,
        margin_fixed=np.rint(knots * unit).astype(np.int64),
        **_lines(centre, centre - down, centre + up),
    )


def _half_widths(
    knots: FloatVector, margin: FloatVector, bad: FloatVector, once: FloatVector, spread: FloatVector
) -> tuple[FloatVector, FloatVector]:
    """Give how far the interval reaches below and above each knot, in log-odds."""
    pooled = max(2, round(_POOLED * len(margin)))
    near = np.argsort(np.abs(margin[None, :] - knots[:, None]), axis=1, kind="stable")[:, :pooled]
    bads, all_ = (bad * once)[near].sum(axis=1), once[near].sum(axis=1)
    low, high = _jeffreys(bads, all_)
    middle = logit((bads + 0.5) / (all_ + 1.0))
    bagged = _Z * spread[near].mean(axis=1)
    return np.hypot(middle - logit(low), bagged), np.hypot(logit(high) - middle, bagged)


def _jeffreys(bads: FloatVector, all_: FloatVector) -> tuple[FloatVector, FloatVector]:
    a, b = bads + 0.5, np.maximum(all_ - bads, 0.0) + 0.5
    return np.asarray(beta.ppf(_SIDE, a, b)), np.asarray(beta.ppf(1.0 - _SIDE, a, b))


def _lines(centre: FloatVector, low: FloatVector, high: FloatVector) -> dict[str, IntVector]:
    """Turn log-odds into rising whole ppm; where an interval would fall back it is widened."""
    pd, below, above = (np.rint(expit(line) * PPM).astype(np.int64) for line in (centre, low, high))
    below = np.minimum(np.minimum.accumulate(below[::-1])[::-1], pd)
    return {"pd_ppm": pd, "low_ppm": below, "high_ppm": np.maximum(np.maximum.accumulate(above), pd)}


def fit_rating_rates(
    points: IntVector, bad: FloatVector, weight: FloatVector, *, bins: int = 12
) -> RatingRates:
    """Fit the default rate by rating points: bins, pooled until more points never mean a higher rate."""
    edges = np.unique(np.quantile(points, np.linspace(0.0, 1.0, bins + 1)[:-1], method="lower"))
    place = np.searchsorted(edges, points, side="right") - 1
    counts = [np.asarray(np.bincount(place, w, len(edges)), np.float64) for w in (bad * weight, weight)]
    starts, bads, all_ = _pooled(edges.astype(np.int64), *counts)
    low, high = _jeffreys(bads, all_)
    ppm = [np.rint(p * PPM).astype(np.int64) for p in ((bads + 0.5) / (all_ + 1.0), low, high)]
    return RatingRates(points=starts, pd_ppm=ppm[0], low_ppm=ppm[1], high_ppm=ppm[2])


def _pooled(
    edges: IntVector, bads: FloatVector, all_: FloatVector
) -> tuple[IntVector, FloatVector, FloatVector]:
    """Pool adjacent bins whose rates rise with the points (adjacent violators)."""
    pools: list[tuple[int, float, float]] = []
    for edge, bad, count in zip(edges.tolist(), bads.tolist(), all_.tolist(), strict=True):
        pools.append((edge, bad, count))
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] <= pools[-1][1] * pools[-2][2]:
            (start, b1, n1), (_, b2, n2) = pools[-2:]
            pools[-2:] = [(start, b1 + b2, n1 + n2)]
    starts, bad_sums, sums = zip(*pools, strict=True)
    return np.array(starts, np.int64), np.array(bad_sums), np.array(sums)
