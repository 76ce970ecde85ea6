"""Categories as numbers: the smoothed log-odds of their levels, an order that small trees can cut."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
IntVector = NDArray[np.int64]
Codes = NDArray[np.int32]


def fit_rates(codes: Codes, bad: FloatVector, levels: int, smoothing: float, least_level: int) -> FloatVector:
    """Give the log-odds of bad rows of one category's levels: codes (n,) to (levels + 1,).

    Rates are drawn to the overall one by `smoothing` rows. Levels with fewer than `least_level` rows and the
    last place, which code -1 reaches, are NaN: as missing as one never seen.
    """
    seen = codes >= 0
    rows = np.bincount(codes[seen], minlength=levels).astype(np.float64)
    bads = np.bincount(codes[seen], bad[seen], minlength=levels)
    overall = (bad.sum() + 0.5) / (len(bad) + 1.0)
    odds = (bads + smoothing * overall) / (rows - bads + smoothing * (1.0 - overall))
    return np.append(np.where(rows >= least_level, np.log(odds), np.nan), np.nan)


def fit_ranks(codes: Codes, bad: FloatVector, levels: int, smoothing: float, least_level: int) -> FloatVector:
    """Rank the levels of one category by their rates, from 0 upwards; equal rates share a rank."""
    found = fit_rates(codes, bad, levels, smoothing, least_level)
    often = ~np.isnan(found)
    found[often] = np.unique(np.round(found[often], 12), return_inverse=True)[1]
    return found


def ranked(codes: Codes, ranks: Sequence[FloatVector]) -> FloatMatrix:
    """Look the numbers of codes up: (n, C) to (n, C), NaN where missing, rare or never seen."""
    found = np.empty(codes.shape, np.float64)
    for j, rank in enumerate(ranks):
        found[:, j] = rank[codes[:, j]]
    return found


def sparse(codes: Codes, levels: Sequence[int], least_level: int, rows: int) -> IntVector:
    """Tell which categories have, on average, fewer than `rows` rows for each level that is not rare."""
    found = []
    for j, count in enumerate(levels):
        each = np.bincount(codes[codes[:, j] >= 0, j], minlength=count)
        often = each[each >= least_level]
        found += [j] if len(often) and often.mean() < rows else []
    return np.array(found, np.int64)


def parts_of(rows: IntVector, folds: int, seed: int) -> list[tuple[IntVector, IntVector]]:
    """Cut row numbers by chance into pairs: all but a part, and the part."""
    place = np.random.default_rng(seed).permutation(len(rows)) % folds
    return [(rows[place != k], rows[place == k]) for k in range(folds)]
