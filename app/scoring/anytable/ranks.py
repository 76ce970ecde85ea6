"""Categories as ranks of their smoothed rates: an order that small trees can cut."""

import numpy as np
from numpy.typing import NDArray


def fit_ranks(
    codes: NDArray[np.int32], bad: NDArray[np.float64], levels: int, smoothing: float, least_level: int
) -> NDArray[np.float64]:
    """Rank the levels of one category by their rate of bad rows: codes (n,) to (levels + 1,).

    Rates are drawn to the overall one by `smoothing` rows; equal rates share a rank. Levels with fewer than
    `least_level` rows and the last place, which code -1 reaches, are NaN: as missing as one never seen.
    """
    seen = codes >= 0
    rows = np.bincount(codes[seen], minlength=levels).astype(np.float64)
    bads = np.bincount(codes[seen], bad[seen], minlength=levels)
    rates = (bads + smoothing * bad.mean()) / (rows + smoothing)
    often = rows >= least_level
    ranks = np.full(levels + 1, np.nan)
    ranks[:-1][often] = np.unique(np.round(rates[often], 12), return_inverse=True)[1]
    return ranks


def ranked(codes: NDArray[np.int32], ranks: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Look the ranks of codes up: (n, C) to (n, C), NaN where missing, rare or never seen."""
    found = np.empty(codes.shape, np.float64)
    for j, rank in enumerate(ranks):
        found[:, j] = rank[codes[:, j]]
    return found
