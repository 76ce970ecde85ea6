"""How well probabilities rank and how true they are, for the report and its figures. Training only."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.logistic import fit, logit
from app.scoring.measures import auc, ks

FloatVector = NDArray[np.float64]
_DIGITS: Final = 6
_LEAST: Final = 1e-9
_Z: Final = 1.6448536269514722
BINS: Final = 10


def figures(pd: FloatVector, bad: FloatVector) -> dict[str, Any]:
    """Measure probabilities (n,) against outcomes: auc, ks, brier, logloss, ece over ten quantile bins.

    And the calibration slope with its intercept (0 and 1 when true), the intercept at slope 1 (calibration
    in the large), the mean pd, n and bads. What needs both classes is None without them.
    """
    p = np.clip(pd, _LEAST, 1 - _LEAST)
    found: dict[str, Any] = {
        "brier": np.mean((p - bad) ** 2),
        "logloss": -np.mean(bad * np.log(p) + (1 - bad) * np.log1p(-p)),
        "ece": sum(abs(b["pd"] - b["rate"]) * b["n"] for b in reliability(p, bad)) / len(p),
        "mean_pd": np.mean(p),
        "bad_rate": np.mean(bad),
        **_with_both_classes(p, bad),
    }
    rounded = {name: None if value is None else round(float(value), _DIGITS) for name, value in found.items()}
    return rounded | {"n": len(bad), "bads": int(bad.sum())}


def _with_both_classes(p: FloatVector, bad: FloatVector) -> dict[str, float | None]:
    if bad.min() == bad.max():
        return dict.fromkeys(
            ("auc", "ks", "calibration_slope", "calibration_intercept", "calibration_in_the_large")
        )
    one, odds = np.ones_like(p), logit(p)
    tiny, right = np.full(2, 1e-9), np.array([0.0, 1.0])
    intercept, slope = fit(np.stack([one, odds], axis=1), bad, one, tiny, right)
    fixed = np.array([1e-9, 1e12])  # the slope stays 1
    large, _ = fit(np.stack([one, odds], axis=1), bad, one, fixed, right)
    return {
        "auc": auc(p, bad),
        "ks": ks(p, bad, one),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "calibration_in_the_large": large,
    }


def reliability(pd: FloatVector, bad: FloatVector) -> list[dict[str, float]]:
    """Give mean pd, observed rate and rows of the ten quantile bins that are not empty."""
    edges = np.unique(np.quantile(pd, np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.searchsorted(edges, pd, side="right")
    rows, pds, bads = (np.bincount(place, w, len(edges) + 1) for w in (np.ones_like(pd), pd, bad))
    return [
        {"pd": p / n, "rate": b / n, "n": n}
        for p, b, n in zip(pds.tolist(), bads.tolist(), rows.tolist(), strict=True)
        if n
    ]


def coverage(pd: FloatVector, low: FloatVector, high: FloatVector, bad: FloatVector) -> dict[str, float]:
    """Measure the 90 % interval: share of twenty quantile bins whose observed rate it explains.

    A bin counts as covered when rate and mean pd differ by no more than the interval's mean half-width
    joined with the chance in the bin's own number of rows.
    """
    place = np.argsort(np.argsort(pd, kind="stable"), kind="stable") * 2 * BINS // len(pd)
    rows = np.bincount(place)
    mean = [np.bincount(place, w) / rows for w in (pd, low, high, bad)]
    half = np.where(mean[3] < mean[0], mean[0] - mean[1], mean[2] - mean[0])
    chance = _Z * np.sqrt(mean[0] * (1 - mean[0]) / rows)
    covered = np.abs(mean[3] - mean[0]) <= np.hypot(half, chance)
    return {"nominal": 0.9, "covered": round(float(covered.mean()), _DIGITS), "bins": len(rows),
            "mean_width": round(float((high - low).mean()), _DIGITS)}  # fmt: skip
