"""Checks effects on recorded dispositions: what treated loans would have done if nobody had treated them.

Who is treated was chosen by people, who see more than the ledger holds. What no fact shows cannot be
adjusted for, only bounded: beside the estimate stands an interval for hidden reasons up to a stated strength.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.logistic import expit, fit, logit, standardised

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
_FOLDS: Final = 5
_RIDGE: Final = 10.0
_Z: Final = 1.96
_MOST_ODDS: Final = 5.0  # of treatment; beyond, one loan would speak for too many
_LEAST_CHANCE: Final = 1e-6
_TYPICAL: Final = 0.9  # a fact is as strong as what it moves in all but a tenth of the treated


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """The mean change of an outcome in treated loans; `n` treated, `controls` not.

    `low` and `high` hold it if the facts show all that treatment was chosen by; `least` and `most` if what
    they do not show moves the odds of treatment by no more than the factor `gamma`, either way.
    """

    change: float
    low: float
    high: float
    gamma: float
    least: float
    most: float
    n: int
    controls: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fitted:
    """Loans (n,) with what the other folds tell: the chance of the outcome untreated, odds of treatment."""

    treated: Flags
    outcome: Matrix
    cluster: Ints
    without: Matrix
    odds: Matrix

    def change(self, gamma: float, side: int) -> tuple[float, float]:
        """Give the change and how far its interval reaches, under the worst hidden reasons on one side.

        Side 1 makes the treated as good as `gamma` allows had they been left alone, so that the change is
        greatest, -1 as bad. The bound's slope carries what is left of the outcome untreated, so that small
        errors of either regression cancel.
        """
        bound, slope = _bound(self.without, gamma, -side)
        share = self.treated / self.treated.sum()
        weight = np.where(self.treated, 0.0, np.minimum(self.odds, _MOST_ODDS))
        weight = weight / weight.sum()
        own = share * (self.outcome - bound)
        scores = own - weight * slope * (self.outcome - self.without)
        change = float(scores.sum())
        sums = np.bincount(self.cluster, weights=scores - share * change)
        count = int((np.bincount(self.cluster) > 0).sum())
        return change, _Z * float(np.sqrt((sums**2).sum() * count / (count - 1)))


def effect_on_treated(
    facts: Matrix, treated: Flags, outcome: Matrix, cluster: Ints, gamma: float = 1.0
) -> Treated:
    """Estimate how treatment changed a yes-or-no outcome of the treated, doubly robust, with two intervals.

    `facts` (n, k) are what was visible before treatment, NaN where unknown; rows are treated or not treated
    at all. The chance of the outcome without treatment, and that of being treated, are ridge logistic
    regressions fitted on the other folds of clusters; the estimate is right if either is (Robins, Rotnitzky
    and Zhao 1994, doi 10.1080/01621459.1994.10476818; cross-fitting: Chernozhukov and others 2018, doi
    10.1111/ectj.12097). Intervals sum influences by cluster.

    The wider interval is that of the marginal sensitivity model (Tan 2006, doi 10.1198/016214506000000023):
    among loans with the same facts, one that would fail untreated may be treated at odds up to `gamma` times
    those the facts tell, or as many times less. For a yes-or-no outcome the sharp bounds have a closed form,
    and are estimated doubly robust as the point is (after Dorn, Guo and Kallus, arXiv 2112.11449).
    """
    x = _design(facts)
    fitted = _Fitted(
        treated=treated,
        outcome=outcome,
        cluster=cluster,
        without=_crossfitted(x, ~treated, outcome, cluster),
        odds=_odds(_crossfitted(x, np.full_like(treated, fill_value=True), treated.astype(float), cluster)),
    )
    change, reach = fitted.change(1.0, 1)
    least, below = fitted.change(gamma, -1)
    most, above = fitted.change(gamma, 1)
    return Treated(
        change=change, low=change - reach, high=change + reach,
        gamma=gamma, least=least - below, most=most + above,
        n=int(treated.sum()), controls=int((~treated).sum()),
    )  # fmt: skip


def strengths(
    facts: Matrix, kinds: Mapping[str, Sequence[int]], treated: Flags, cluster: Ints
) -> dict[str, float]:
    """Tell how strong every kind of fact is in choosing whom to treat: factors of the odds, by kind.

    `kinds` names columns of `facts`. For each, the odds of the treated are told with and without it; its
    factor is what all but a tenth of them stay within. A yardstick for `gamma`: whoever holds that nothing
    hidden is stronger than the strongest fact seen takes the largest.
    """
    every = np.full_like(treated, fill_value=True)
    whole = logit(_crossfitted(_design(facts), every, treated.astype(float), cluster))[treated]
    found = {}
    for name, columns in kinds.items():
        x = _design(np.delete(facts, list(columns), axis=1))
        less = logit(_crossfitted(x, every, treated.astype(float), cluster))[treated]
        found[name] = float(np.exp(np.quantile(np.abs(whole - less), _TYPICAL)))
    return found


def _bound(chance: Matrix, gamma: float, side: int) -> tuple[Matrix, Matrix]:
    """Give the greatest (1) or least (-1) chance among the treated whose controls have `chance`; its slope.

    The treated's density of outcomes is that of the controls times a factor within [1/gamma, gamma].
    """
    factor = gamma if side > 0 else 1.0 / gamma
    lines = factor * chance, 1.0 - (1.0 - chance) / factor
    first = (lines[0] <= lines[1]) == (side > 0)
    return np.where(first, *lines), np.where(first, factor, 1.0 / factor)


def _design(facts: Matrix) -> Matrix:
    return np.hstack([np.ones((len(facts), 1)), standardised(facts)])


def _odds(chance: Matrix) -> Matrix:
    return np.asarray(chance / np.maximum(1.0 - chance, _LEAST_CHANCE))


def _crossfitted(x: Matrix, learn: Flags, y: Matrix, cluster: Ints) -> Matrix:
    """Tell every row's chance by a regression on those rows of the other folds of clusters to learn from."""
    fold, told = cluster % _FOLDS, np.zeros(len(x))
    for held in range(_FOLDS):
        here = fold == held
        told[here] = _predicted(x, ~here & learn, y, here)
    return told


def _predicted(x: Matrix, learn: Flags, y: Matrix, tell: Flags) -> Matrix:
    ridge = np.r_[0.0, np.full(x.shape[1] - 1, _RIDGE)]
    beta = fit(x[learn], y[learn], np.ones(int(learn.sum())), ridge, np.zeros(x.shape[1]))
    return expit(np.einsum("ij,j->i", x[tell], beta))
