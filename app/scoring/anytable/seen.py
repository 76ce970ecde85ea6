"""What the pictures of a table's report are drawn from: bins with intervals, curves, what is caught."""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.beside import VISITED
from app.scoring.comparison import caught, rate_interval

FloatVector = NDArray[np.float64]
_BINS: Final = 10
_POINTS: Final = 150


def bins(judged: pl.DataFrame) -> list[dict[str, Any]]:
    """Describe ten groups of rows by pd: n, mean pd and interval, observed rate and its own interval."""
    pd = judged["pd"].to_numpy()
    place = np.argsort(np.argsort(pd, kind="stable"), kind="stable") * _BINS // len(pd)
    n = np.bincount(place)
    told = {name: np.bincount(place, judged[name].to_numpy()) / n for name in ("pd", "low", "high")}
    bads = np.bincount(place, judged["y"].to_numpy()).astype(int)
    return [
        {name: float(part[k]) for name, part in told.items()} | _seen(int(bads[k]), int(n[k]))
        for k in range(len(n))
    ]


def _seen(bads: int, n: int) -> dict[str, Any]:
    low, high = rate_interval(bads, n)
    return {"n": n, "bads": bads, "rate": bads / n, "rate_low": low, "rate_high": high}


def roc(judged: pl.DataFrame) -> list[tuple[float, float]]:
    """Give shares of good rows suspected and of bad rows caught, from the riskiest row on; ties together."""
    pd, bad = judged["pd"].to_numpy(), judged["y"].to_numpy().astype(np.float64)
    order = np.argsort(-pd, kind="stable")
    found, wrong = np.cumsum(bad[order]), np.cumsum(1 - bad[order])
    last = np.r_[np.flatnonzero(np.diff(pd[order])), len(pd) - 1]
    picked = last[np.unique(np.linspace(0, len(last) - 1, _POINTS).astype(int))]
    return [(0.0, 0.0), *zip((wrong / wrong[-1])[picked], (found / found[-1])[picked], strict=True)]


def reached(judged: pl.DataFrame) -> list[tuple[float, float]]:
    """Give the share of bad rows among the riskiest 5, 10, 20 and 30 % of rows."""
    pd, bad = (judged[name].to_numpy().astype(np.float64) for name in ("pd", "y"))
    return [(part, caught(pd, bad, np.ones_like(bad), part)) for part in VISITED]
