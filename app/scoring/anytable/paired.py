"""Two models on the same held-out rows: how much one is better than the other, with paired intervals."""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

FloatVector = NDArray[np.float64]
_Z: Final = 1.959963984540054
_DIGITS: Final = 6
_TINY: Final = 1e-9


def paired(champion: pl.DataFrame, challenger: pl.DataFrame, folds: int) -> dict[str, Any]:
    """Give challenger minus champion in auc, brier and log-loss: `value`, `low`, `high` (95 %) of each.

    Both hold id, fold, y, pd of the same rows in the same order; `folds` make one repeat. The AUC's variance
    is that of DeLong, DeLong and Clarke-Pearson (1988) within folds; repeats are not counted as new rows.
    """
    y, first, second = (
        frame[name].to_numpy().astype(np.float64)
        for frame, name in ((champion, "y"), (champion, "pd"), (challenger, "pd"))
    )
    fold = champion["fold"].to_numpy()
    repeats = len(np.unique(fold)) / folds
    losses = {name: loss(second, y) - loss(first, y) for name, loss in _LOSSES.items()}
    told = {name: _ends(float(d.mean()), float(d.var() * repeats / len(d))) for name, d in losses.items()}
    return {"auc": _by_fold((first, second), y, fold, folds)} | told


def ranked(judged: pl.DataFrame, folds: int) -> dict[str, float | None]:
    """Give the AUC of held-out rows (fold, y, pd), a mean over folds, with its 95 % interval."""
    y, pd = (judged[name].to_numpy().astype(np.float64) for name in ("y", "pd"))
    chance = np.zeros_like(pd)
    apart = _by_fold((chance, pd), y, judged["fold"].to_numpy(), folds)
    return {name: None if end is None else round(0.5 + end, _DIGITS) for name, end in apart.items()}


def _by_fold(
    pds: tuple[FloatVector, FloatVector], y: FloatVector, fold: NDArray[np.int32], folds: int
) -> dict[str, float | None]:
    parts = [_delong(pds[0][fold == k], pds[1][fold == k], y[fold == k]) for k in np.unique(fold)]
    values, variances = (np.array(each) for each in zip(*parts, strict=True))
    return _ends(float(values.mean()), float(variances.mean() / folds))


def _ends(value: float, variance: float) -> dict[str, float | None]:
    if np.isnan(value) or np.isnan(variance):
        return {"value": None if np.isnan(value) else round(value, _DIGITS), "low": None, "high": None}
    half = _Z * variance**0.5
    return {
        name: round(v, _DIGITS)
        for name, v in (("value", value), ("low", value - half), ("high", value + half))
    }


def _delong(first: FloatVector, second: FloatVector, y: FloatVector) -> tuple[float, float]:
    """Give the difference of the AUCs and its variance; not a number where a class has fewer than two."""
    if min(y.sum(), len(y) - y.sum()) < 2:
        return (float("nan"), float("nan"))
    apart = _placements(second, y) - _placements(first, y)
    bad, good = apart[y == 1], apart[y == 0]
    return float(bad.mean()), float(bad.var(ddof=1) / len(bad) + good.var(ddof=1) / len(good))


def _placements(pd: FloatVector, y: FloatVector) -> FloatVector:
    """Give each row the share of the other class that it stands on the right side of; ties count half."""
    _, place = np.unique(pd, return_inverse=True)
    bads, goods = np.bincount(place, y), np.bincount(place, 1 - y)
    below, above = np.cumsum(goods) - goods / 2, bads.sum() - np.cumsum(bads) + bads / 2
    return np.where(y == 1, below[place] / goods.sum(), above[place] / bads.sum())


def _brier(pd: FloatVector, y: FloatVector) -> FloatVector:
    return np.asarray((pd - y) ** 2)


def _logloss(pd: FloatVector, y: FloatVector) -> FloatVector:
    p = np.clip(pd, _TINY, 1 - _TINY)
    return np.asarray(-(y * np.log(p) + (1 - y) * np.log1p(-p)))


_LOSSES: Final = {"brier": _brier, "logloss": _logloss}
