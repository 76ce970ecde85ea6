"""Fits calibrations on loans that matured after those learnt from, with honest intervals. Training only."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn.isotonic import IsotonicRegression

from app.domain.money import PPM
from app.scoring.calibration import Calibration, Horizon, RatingRates
from app.scoring.logistic import expit, fit, logit

FloatVector = NDArray[np.float64]
IntVector = NDArray[np.int64]
_KNOTS: Final = 65
_BEYOND: Final = 1.0  # log-odds past the margins seen
_POOLED: Final = 0.1  # share of the calibration rows that speak for one knot
_SIDE: Final = 0.05  # probability left outside on each side: intervals hold 90 %
_Z: Final = 1.6448536269514722  # the normal quantile that goes with _SIDE
_LEAST_SLOPE: Final = 0.05  # a calibration may flatten a margin, never turn it round
_SHRINKAGE: Final = {"logistic": (0.5, 5.0), "beta": (0.5, 5.0, 5.0)}
_RIGHT: Final = {"logistic": (0.0, 1.0), "beta": (0.0, 1.0, 1.0)}  # "the margin is right already"
# From how many defaulted loans of the slice on a method is used: fewer cannot carry its freedom.
_FROM_DEFAULTS: Final = ((1_000, "venn_abers"), (200, "beta"), (0, "logistic"))
_DAYS: Final = "days_to_maturity"
_STILL: Final = np.array([0.5, 5.0, 50.0, 50.0])  # ridge of the line that finds how margins stretch
_MOST_STRETCH: Final = 0.5
_GROUPS: Final = 400  # quantile groups of margins that an isotonic fit is made on
METHODS: Final[Mapping[str, str]] = {
    "logistic": "logistic on the margin, shrunk towards slope 1 and intercept 0",
    "beta": "beta calibration (Kull et al. 2017), shrunk towards the margin as it is",
    "venn_abers": "inductive Venn-Abers (Vovk and Petej 2014) over isotonic fits; the interval holds both",
}
_INTERVAL: Final = (
    "90 % interval: Jeffreys on the nearest tenth of the slice, each loan counted once, combined in log-odds "
    "with the spread of the bag"
)


def fit_calibration(
    margin_fixed: IntVector,
    rows: pl.DataFrame,
    spread: FloatVector,
    fraction_bits: int,
    *,
    method: str | None = None,
) -> Calibration:
    """Fit the rising line from margins to ppm on calibration rows (bad, weight, county, loan_id).

    Where the rows have `days_to_maturity` of several lengths, margins are first stretched by them.
    `method` is one of METHODS; None chooses by the number of defaulted loans: Venn-Abers from 1 000 on, beta
    from 200 on, below that logistic. The margins must be of learners that have not seen these rows.
    """
    unit = 2.0**fraction_bits
    bad, weight = rows["bad"].to_numpy(), rows["weight"].to_numpy()
    horizon = _horizon(margin_fixed / unit, rows, unit)
    if horizon is not None:
        margin_fixed = horizon.stretched(margin_fixed, days_of(rows))
    margin = margin_fixed / unit
    once = weight / rows.select(pl.len().over("county", "loan_id")).to_series().to_numpy()
    chosen = method or method_for(rows)
    knots = np.linspace(margin.min() - _BEYOND, margin.max() + _BEYOND, _KNOTS)
    centre, low, high = _centre(chosen, knots, margin, bad, weight, once)
    slope = max(_LEAST_SLOPE, float(np.polyfit(knots, centre, 1)[0]))
    down, up = _half_widths(knots, margin, bad, once, slope * spread)
    return Calibration(
        method=f"{METHODS[chosen]}; {_told(horizon)}{_INTERVAL}",
        margin_fixed=np.rint(knots * unit).astype(np.int64),
        horizon=horizon,
        **_lines(centre, np.minimum(low, centre - down), np.maximum(high, centre + up)),
    )


def days_of(rows: pl.DataFrame) -> IntVector:
    """Give the days to maturity of rows, (n,)."""
    return rows[_DAYS].cast(pl.Int64).to_numpy()


def _horizon(margin: FloatVector, rows: pl.DataFrame, unit: float) -> Horizon | None:
    """Fit how much more a margin says the nearer maturity is: a logistic line with an interaction.

    A loan's rows differ in nothing but the day, so that even few defaults tell.
    """
    if _DAYS not in rows.columns or rows[_DAYS].null_count() or rows[_DAYS].n_unique() < 2:
        return None
    days = days_of(rows)
    middle, reach = int(days.min() + days.max()) // 2, max(1, int(days.max() - days.min()) // 2)
    nearer = (middle - days) / reach
    x = np.stack([np.ones_like(margin), margin, nearer, nearer * margin], axis=1)
    found = fit(x, rows["bad"].to_numpy(), rows["weight"].to_numpy(), _STILL, np.array([0.0, 1.0, 0.0, 0.0]))
    slope = max(_LEAST_SLOPE, float(found[1]))
    stretch = float(np.clip(found[3] / slope, -_MOST_STRETCH, _MOST_STRETCH))
    shift = float(np.clip(found[2] / slope, -_BEYOND, _BEYOND))
    return Horizon(
        middle=middle, reach=reach, stretch_ppm=round(stretch * PPM), shift_fixed=round(shift * unit)
    )


def _told(horizon: Horizon | None) -> str:
    if horizon is None:
        return ""
    stretch = horizon.stretch_ppm / PPM
    return f"margins count {stretch:+.1%} more {horizon.reach} days nearer than {horizon.middle}; "


def method_for(rows: pl.DataFrame) -> str:
    """Choose a method by the number of loans that defaulted among calibration rows."""
    defaults = rows.filter(pl.col("bad") == 1.0).select("county", "loan_id").n_unique()
    return next(name for least, name in _FROM_DEFAULTS if defaults >= least)


def _centre(
    method: str, knots: FloatVector, margin: FloatVector, bad: FloatVector, weight: FloatVector,
    once: FloatVector,
) -> tuple[FloatVector, FloatVector, FloatVector]:  # fmt: skip
    """Give the log-odds at the knots, and the two between which Venn-Abers leaves them."""
    if method == "venn_abers":
        return _venn_abers(knots, margin, bad, once)
    ridge, right = np.array(_SHRINKAGE[method]), np.array(_RIGHT[method])
    found = fit(_terms(method, margin), bad, weight, ridge, right)
    if method == "beta" and found[1:].min() <= 0.0:
        return _centre("logistic", knots, margin, bad, weight, once)
    found[1:] = np.maximum(found[1:], _LEAST_SLOPE)
    line = np.einsum("ij,j->i", _terms(method, knots), found)
    return line, line, line


def _terms(method: str, margin: FloatVector) -> NDArray[np.float64]:
    parts = [margin] if method == "logistic" else [-np.logaddexp(0.0, -margin), np.logaddexp(0.0, margin)]
    return np.stack([np.ones_like(margin), *parts], axis=1)


def _venn_abers(
    knots: FloatVector, margin: FloatVector, bad: FloatVector, once: FloatVector
) -> tuple[FloatVector, FloatVector, FloatVector]:
    """Fit isotonic rates with one more loan at each knot, repaid and then defaulted."""
    place = np.unique(np.quantile(margin, np.linspace(0, 1, _GROUPS)))
    group = np.searchsorted(place, margin, side="right")
    sizes = (np.bincount(group, w) for w in (once, once * bad, once * margin))
    mass, bads, sums = (np.asarray(size, np.float64) for size in sizes)
    seen = mass > 0
    at, rate, mass = sums[seen] / mass[seen], bads[seen] / mass[seen], mass[seen]
    p0, p1 = (np.array([_with_one_more(at, rate, mass, knot, y) for knot in knots]) for y in (0.0, 1.0))
    return tuple(_odds(p) for p in (p1 / (1.0 - p0 + p1), p0, p1))  # type: ignore[return-value]


def _with_one_more(at: FloatVector, rate: FloatVector, mass: FloatVector, knot: float, bad: float) -> float:
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    model.fit(np.r_[at, knot], np.r_[rate, bad], sample_weight=np.r_[mass, 1.0])
    return float(model.predict(np.array([knot]))[0])


def _odds(p: FloatVector) -> FloatVector:
    return logit(np.clip(p, 0.5 / PPM, 1 - 0.5 / PPM))


def _half_widths(
    knots: FloatVector, margin: FloatVector, bad: FloatVector, once: FloatVector, spread: FloatVector
) -> tuple[FloatVector, FloatVector]:
    """Give how far the interval reaches below and above each knot, in log-odds."""
    pooled = max(2, round(_POOLED * len(margin)))
    near = np.argsort(np.abs(margin[None, :] - knots[:, None]), axis=1, kind="stable")[:, :pooled]
    bads, all_ = (bad * once)[near].sum(axis=1), once[near].sum(axis=1)
    low, high = jeffreys(bads, all_)
    middle = logit((bads + 0.5) / (all_ + 1.0))
    bagged = _Z * spread[near].mean(axis=1)
    return np.hypot(middle - logit(low), bagged), np.hypot(logit(high) - middle, bagged)


def jeffreys(bads: FloatVector, all_: FloatVector) -> tuple[FloatVector, FloatVector]:
    """Give the 90 % interval of rates of so many bads among all, by Jeffreys: two (n,) of shares."""
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
    low, high = jeffreys(bads, all_)
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
