"""Do explanations survive a retrain? Estimators from two halves of the households tell of the same rows.

An explanation that another half of the county would not give says more of the sample than of the loan
(Alvarez-Melis and Jaakkola 2018, arXiv 1806.08049, of the instability of explanations). Training only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from app.domain.errors import TrainingError
from app.scoring.explanation import ScoredFeature, by_cause
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.training_rows import matrix

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
IntVector = NDArray[np.int64]
# Fits an estimator's tables on rows of a training frame.
Fit = Callable[[pl.DataFrame], ExplanationTables]
_DRAWS: Final = 200
_TAILS: Final = (0.025, 0.975)
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A mean over the repeats, with a 95 % interval from draws of the judged households and the repeats."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """How well two halves' explanations agree on the same rows.

    `rank_correlation` is Spearman's of the features' mean absolute SHAP values. `top_cause` is the share of
    rows whose largest adverse cause is the same (none counts as one), `by_chance` what it would be were the
    causes drawn at random as often as they are named.
    """

    repeats: int
    rows: int
    rank_correlation: Measure
    top_cause: Measure
    by_chance: float

    def to_dict(self) -> dict[str, Any]:
        """Write the figures as plain JSON values."""
        return asdict(self)


def stability(
    train: pl.DataFrame,
    judged: pl.DataFrame,
    features: Sequence[ScoredFeature],
    fit: Fit,
    *,
    repeats: int,
    seed: int,
) -> Stability:
    """Fit on two random halves of the households of `train`, `repeats` times over, and compare on `judged`.

    Both frames have `group` (the household) and the features' columns. Same frames and seed, same figures.
    Raises TrainingError where a half cannot be learnt from.
    """
    pairs = [_compared(train, judged, tuple(features), fit, seed + number) for number in range(repeats)]
    draws = [
        draw for number, pair in enumerate(pairs) for draw in _drawn(pair, judged["group"], seed + number)
    ]
    even = np.ones(judged.height)
    correlations, agreements = zip(*(pair.measured(even) for pair in pairs), strict=True)
    return Stability(
        repeats=repeats,
        rows=judged.height,
        rank_correlation=_measure(correlations, [correlation for correlation, _ in draws]),
        top_cause=_measure(agreements, [agreement for _, agreement in draws]),
        by_chance=round(float(np.mean([pair.by_chance() for pair in pairs])), _DIGITS),
    )


def halves(groups: IntVector, seed: int) -> NDArray[np.bool_]:
    """Tell of every row whether its household is in the first half: (n,) booleans."""
    every = np.unique(groups)
    first = np.random.default_rng(seed).permutation(every)[: len(every) // 2]
    return np.isin(groups, first)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    """What two estimators say of the same rows: |SHAP| (n, F) and the place of the top cause (n,), each."""

    weights: tuple[FloatMatrix, FloatMatrix]
    causes: tuple[IntVector, IntVector]

    def measured(self, times: FloatVector) -> tuple[float, float]:
        """Give rank correlation and top-cause agreement with every row counted `times`."""
        one, other = (times @ weights for weights in self.weights)
        same = self.causes[0] == self.causes[1]
        return spearman(one, other), float(np.average(same, weights=times))

    def by_chance(self) -> float:
        """Give the agreement of causes drawn at random, each as often as it was named."""
        kinds = max(int(causes.max(initial=0)) for causes in self.causes) + 1
        one, other = (np.bincount(causes, minlength=kinds) / len(causes) for causes in self.causes)
        return float(one @ other)


def _compared(
    train: pl.DataFrame, judged: pl.DataFrame, features: tuple[ScoredFeature, ...], fit: Fit, seed: int
) -> _Pair:
    first = pl.Series(halves(train["group"].to_numpy(), seed))
    values = matrix(judged, [feature.name for feature in features])
    one, other = (_told(_fitted(fit, train.filter(half)), values, features) for half in (first, ~first))
    return _Pair(weights=(one[0], other[0]), causes=(one[1], other[1]))


def _fitted(fit: Fit, half: pl.DataFrame) -> ExplanationTables:
    if half["bad"].n_unique() < 2:
        raise TrainingError(
            zh="一半农户中只有一种还款结果，无法检验解释的稳定性。请用更长时间或更多县的台账。",
            en="Half of the households show one outcome only, so stability cannot be measured. Use a longer "
            "ledger, or several counties'.",
        )
    return fit(half)


def _told(
    tables: ExplanationTables, values: FloatMatrix, features: tuple[ScoredFeature, ...]
) -> tuple[FloatMatrix, IntVector]:
    found, _ = tables.contributions(values)
    sums = np.stack(list(by_cause(found, features).values()), axis=1)
    top = np.where(sums.max(axis=1) > 0, sums.argmax(axis=1) + 1, 0)
    return np.abs(tables.to_log_odds(found)), top.astype(np.int64)


def _drawn(pair: _Pair, groups: pl.Series, seed: int) -> Iterator[tuple[float, float]]:
    """Draw the judged households with replacement and measure again."""
    _, place = np.unique(groups.to_numpy(), return_inverse=True)
    households = int(place.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    for _ in range(_DRAWS):
        drawn = np.bincount(rng.integers(0, households, households), minlength=households)
        yield pair.measured(drawn[place].astype(np.float64))


def spearman(one: FloatVector, other: FloatVector) -> float:
    """Correlate the ranks of two vectors, ties sharing theirs; 1 where neither tells features apart."""
    ranks = [rankdata(values) - (len(values) + 1) / 2 for values in (one, other)]
    lengths = [float(np.sqrt(r @ r)) for r in ranks]
    if not all(lengths):
        return float(lengths[0] == lengths[1])
    return float(ranks[0] @ ranks[1] / (lengths[0] * lengths[1]))


def _measure(values: Sequence[float], draws: Sequence[float]) -> Measure:
    low, high = np.quantile(draws, _TAILS)
    mean = float(np.mean(values))
    return Measure(
        value=round(mean, _DIGITS),
        low=round(min(float(low), mean), _DIGITS),
        high=round(max(float(high), mean), _DIGITS),
    )
