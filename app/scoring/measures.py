"""How well an opinion ranks and how true its probabilities are, on loans it has not seen. Training only."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.domain.money import PPM
from app.scoring.logistic import fit, logit

FloatVector = NDArray[np.float64]
_DIGITS: Final = 6
_BINS: Final = 10


def auc(risk: FloatVector, bad: FloatVector, weight: FloatVector | None = None) -> float | None:
    """Give the chance that a default has a higher risk than a repayment, ties half; None without both."""
    mass = np.ones_like(bad) if weight is None else weight
    _, place = np.unique(risk, return_inverse=True)
    bads, goods = (np.bincount(place, w) for w in (bad * mass, (1.0 - bad) * mass))
    pairs = bads.sum() * goods.sum()
    below = np.cumsum(goods) - goods
    return None if pairs == 0 else round(float((bads * (below + 0.5 * goods)).sum() / pairs), _DIGITS)


def ks(risk: FloatVector, bad: FloatVector, weight: FloatVector) -> float:
    """Give the largest distance between the two classes' cumulated shares."""
    _, place = np.unique(risk, return_inverse=True)
    bads, goods = (np.cumsum(np.bincount(place, w)) for w in (bad * weight, (1.0 - bad) * weight))
    return round(float(np.abs(bads / bads[-1] - goods / goods[-1]).max()), _DIGITS)


def truth_of(pd_ppm: NDArray[np.int64], bad: FloatVector, weight: FloatVector) -> dict[str, Any]:
    """Measure probabilities: brier, logloss, ece over ten quantile bins, calibration slope and intercept."""
    pd = np.clip(pd_ppm / PPM, 1e-6, 1 - 1e-6)
    odds = logit(pd)
    x = np.stack([np.ones_like(odds), odds], axis=1)
    intercept, slope = fit(x, bad, weight, np.array([1e-9, 1e-9]), np.array([0.0, 1.0]))
    losses = -(bad * np.log(pd) + (1 - bad) * np.log1p(-pd))
    found = {
        "brier": np.average((pd - bad) ** 2, weights=weight),
        "logloss": np.average(losses, weights=weight),
        "ece": _ece(pd, bad, weight),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "mean_pd": np.average(pd, weights=weight),
        "default_rate": np.average(bad, weights=weight),
    }
    return {name: round(float(value), _DIGITS) for name, value in found.items()}


def _ece(pd: FloatVector, bad: FloatVector, weight: FloatVector) -> float:
    edges = np.unique(np.quantile(pd, np.linspace(0, 1, _BINS + 1)[1:-1]))
    place = np.searchsorted(edges, pd, side="right")
    sums = [np.bincount(place, w, len(edges) + 1) for w in (pd * weight, bad * weight, weight)]
    return float(np.abs(sums[0] - sums[1]).sum() / sums[2].sum())
