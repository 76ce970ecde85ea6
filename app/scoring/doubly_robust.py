"""Checks effects on recorded dispositions: what treated loans would have done if nobody had treated them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.logistic import expit, fit, standardised

Matrix = NDArray[np.float64]
_FOLDS: Final = 5
_RIDGE: Final = 10.0
_Z: Final = 1.96
_MOST_ODDS: Final = 5.0  # of treatment; beyond, one loan would speak for too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """The mean change of an outcome in treated loans, with its interval; `n` treated, `controls` not."""

    change: float
    low: float
    high: float
    n: int
    controls: int


def effect_on_treated(
    facts: Matrix, treated: NDArray[np.bool_], outcome: Matrix, cluster: NDArray[np.int64]
) -> Treated:
    """Estimate how treatment changed a yes-or-no outcome of the treated, doubly robust.

    `facts` (n, k) are what was visible before treatment, NaN where unknown; rows are treated or not treated
    at all. The chance of the outcome without treatment, and that of being treated, are ridge logistic
    regressions fitted on the other folds of clusters; the estimate is right if either is (Robins, Rotnitzky
    and Zhao 1994, doi 10.1080/01621459.1994.10476818; cross-fitting: Chernozhukov and others 2018, doi
    10.1111/ectj.12097). The interval sums influences by cluster. It cannot see what no fact shows.
    """
    x = np.hstack([np.ones((len(facts), 1)), standardised(facts)])
    fold = cluster % _FOLDS
    without, chance = np.zeros(len(x)), np.zeros(len(x))
    for held in range(_FOLDS):
        here, others = fold == held, fold != held
        without[here] = _predicted(x, others & ~treated, outcome, here)
        chance[here] = _predicted(x, others, treated.astype(np.float64), here)
    odds = np.minimum(chance / np.maximum(1.0 - chance, 1e-6), _MOST_ODDS)
    residual = outcome - without
    share = treated / treated.sum()
    weight = np.where(treated, 0.0, odds)
    scores = share * residual - weight / weight.sum() * residual
    change = float(scores.sum())
    sums = np.bincount(cluster, weights=scores - share * change)
    count = int((np.bincount(cluster) > 0).sum())
    reach = _Z * float(np.sqrt((sums**2).sum() * count / (count - 1)))
    return Treated(
        change=change, low=change - reach, high=change + reach,
        n=int(treated.sum()), controls=int((~treated).sum()),
    )  # fmt: skip


def _predicted(x: Matrix, learn: NDArray[np.bool_], y: Matrix, tell: NDArray[np.bool_]) -> Matrix:
    ridge = np.r_[0.0, np.full(x.shape[1] - 1, _RIDGE)]
    beta = fit(x[learn], y[learn], np.ones(int(learn.sum())), ridge, np.zeros(x.shape[1]))
    return expit(np.einsum("ij,j->i", x[tell], beta))
