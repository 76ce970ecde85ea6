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
from app.scoring.explanation_tables import FRACTION_BITS, ExplanationTables
from app.scoring.logistic import expit
from app.scoring.training_rows import matrix

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
IntVector = NDArray[np.int64]
IntMatrix = NDArray[np.int64]
_DRAWS: Final = 200
_TAILS: Final = (0.025, 0.975)
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explainer:
    """What explains: an estimator's tables, and the lead from which it names one cause as the first."""

    tables: ExplanationTables
    lead: int = 0


# Fits an explainer on rows of a training frame.
Fit = Callable[[pl.DataFrame], Explainer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A mean over the repeats, with a 95 % interval from draws of the judged households and the repeats."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """How well two halves' explanations agree on the same rows; of them `flagged` give a warning.

    `rank_correlation` is Spearman's of the features' mean absolute SHAP values, `cause_correlation` that of
    their sums by cause. The others speak of flagged rows, those whose causes are acted on: `top_cause` is
    the share whose largest adverse cause is the same (none counts as one), `by_chance` what it would be
    were the causes drawn at random as often as they are named. `said` is the share on which a half names one
    cause as the first, because it leads by enough; of these, `kept` is the share on which the other half puts
    the same cause first, and `kept_in_two` that on which it is among the other's first two.
    """

    repeats: int
    rows: int
    flagged: int
    rank_correlation: Measure
    cause_correlation: Measure
    top_cause: Measure
    said: Measure
    kept: Measure
    kept_in_two: Measure
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
    flagged: float,
    repeats: int,
    seed: int,
) -> Stability:
    """Fit on two random halves of the households of `train`, `repeats` times over, and compare on `judged`.

    Both frames have `group` (the household) and the features' columns. Rows are flagged where the halves'
    estimates are `flagged` or more on average, all rows where none is. Same frames and seed, same figures.
    Raises TrainingError where a half cannot be learnt from.
    """
    pairs = [
        _compared(train, judged, tuple(features), fit, flagged, seed + number) for number in range(repeats)
    ]
    draws = [
        draw for number, pair in enumerate(pairs) for draw in _drawn(pair, judged["group"], seed + number)
    ]
    points = [pair.measured(np.ones(judged.height)) for pair in pairs]
    return Stability(
        repeats=repeats,
        rows=judged.height,
        flagged=round(float(np.mean([pair.flagged.sum() for pair in pairs]))),
        **{name: _measure([p[name] for p in points], [d[name] for d in draws]) for name in _MEASURED},
        by_chance=round(float(np.mean([pair.by_chance() for pair in pairs])), _DIGITS),
    )


def cause_lead(
    members: Sequence[ExplanationTables],
    rows: pl.DataFrame,
    features: Sequence[ScoredFeature],
    *,
    folds: int,
    flagged: float,
) -> int:
    """Tell by how much a cause must lead the next for its lead to be more than chance: fixed-point log-odds.

    The members of a bag have each left out one of `folds` parts of the households. How far apart they are on
    the lead of the bag's first cause is its delete-a-group jackknife standard error (variance times folds
    less one; Kott 2001, "The delete-a-group jackknife"); this is the median over the rows whose estimate is
    `flagged` or more, or all rows where none is.
    """
    values = matrix(rows, [feature.name for feature in features])
    told = [tables.contributions(values) for tables in members]
    sums = np.stack([_by_cause(found, tuple(features)) for found, _ in told]).astype(np.float64)
    leads = _leads(sums, sums.mean(axis=0))
    spread = np.sqrt((folds - 1) * leads.var(axis=0))
    risky = _flagged(np.mean([margin for _, margin in told], axis=0), flagged)
    return round(float(np.median(spread[risky])))


def _leads(sums: FloatMatrix, bag: FloatMatrix) -> FloatMatrix:
    """Give each member's lead of the bag's first cause over its second, or over nothing: (members, n)."""
    row, order = np.arange(len(bag)), np.argsort(bag, axis=1)
    first, second = order[:, -1], order[:, -2]
    return np.asarray(sums[:, row, first] - np.where(bag[row, second] > 0, sums[:, row, second], 0.0))


def _flagged(margin: FloatVector, flagged: float) -> NDArray[np.bool_]:
    """Tell whose estimate is so high, margins in fixed point; everybody where nobody's is."""
    high = expit(margin * 2.0**-FRACTION_BITS) >= flagged
    return high if high.any() else ~high


def halves(groups: IntVector, seed: int) -> NDArray[np.bool_]:
    """Tell of every row whether its household is in the first half: (n,) booleans."""
    every = np.unique(groups)
    first = np.random.default_rng(seed).permutation(every)[: len(every) // 2]
    return np.isin(groups, first)


_MEASURED: Final = (
    "rank_correlation", "cause_correlation", "top_cause", "said", "kept", "kept_in_two",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Told:
    """What an explainer says of rows: |SHAP| (n, F), sums by cause (n, causes), margins, and its lead."""

    weights: FloatMatrix
    sums: FloatMatrix
    margin: FloatVector
    lead: int

    @property
    def top(self) -> IntVector:
        """Give the place of the largest adverse cause from 1, 0 where there is none."""
        return np.where(self.sums.max(axis=1) > 0, self.sums.argmax(axis=1) + 1, 0).astype(np.int64)

    @property
    def sure(self) -> NDArray[np.bool_]:
        """Tell where the first cause leads by enough."""
        second, first = np.sort(self.sums, axis=1)[:, -2:].T
        return np.asarray((first > 0) & (first - np.maximum(second, 0) >= self.lead), dtype=np.bool_)

    def place(self, top: IntVector) -> IntVector:
        """Give how many causes stand before another's first ones here."""
        own = np.take_along_axis(self.sums, np.maximum(top - 1, 0)[:, None], axis=1)
        return np.asarray((self.sums > own).sum(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    """What two explainers say of the same rows, and which of them are flagged."""

    one: _Told
    other: _Told
    flagged: NDArray[np.bool_]

    def measured(self, times: FloatVector) -> dict[str, float]:
        """Give all measures with every row counted `times`."""
        sides, seen = (self.one, self.other), times * self.flagged
        sure = [seen * side.sure for side in sides]
        places = self.other.place(self.one.top), self.one.place(self.other.top)
        return {
            "rank_correlation": spearman(*(times @ side.weights for side in sides)),
            "cause_correlation": spearman(*(times @ np.abs(side.sums) for side in sides)),
            "top_cause": _share(seen, self.one.top == self.other.top),
            "said": sum(float(s.sum()) for s in sure) / max(2 * float(seen.sum()), 1.0),
            "kept": _share(np.concatenate(sure), np.concatenate(places) == 0),
            "kept_in_two": _share(np.concatenate(sure), np.concatenate(places) < 2),
        }

    def by_chance(self) -> float:
        """Give the agreement of causes drawn at random, each as often as it was named."""
        tops = [side.top[self.flagged] for side in (self.one, self.other)]
        kinds = max(int(top.max(initial=0)) for top in tops) + 1
        one, other = (np.bincount(top, minlength=kinds) / len(top) for top in tops)
        return float(one @ other)


def _share(times: FloatVector, yes: NDArray[np.bool_]) -> float:
    """Give the share of yes; 1 where there is nothing to count, for then nothing was said wrongly."""
    return float(times @ yes / times.sum()) if times.any() else 1.0


def _compared(
    train: pl.DataFrame,
    judged: pl.DataFrame,
    features: tuple[ScoredFeature, ...],
    fit: Fit,
    flagged: float,
    seed: int,
) -> _Pair:
    first = pl.Series(halves(train["group"].to_numpy(), seed))
    values = matrix(judged, [feature.name for feature in features])
    one, other = (_told(_fitted(fit, train.filter(half)), values, features) for half in (first, ~first))
    return _Pair(one=one, other=other, flagged=_flagged((one.margin + other.margin) / 2, flagged))


def _fitted(fit: Fit, half: pl.DataFrame) -> Explainer:
    if half["bad"].n_unique() < 2:
        raise TrainingError(
            zh="一半农户中只有一种还款结果，无法检验解释的稳定性。请用更长时间或更多县的台账。",
            en="Half of the households show one outcome only, so stability cannot be measured. Use a longer "
            "ledger, or several counties'.",
        )
    return fit(half)


def _told(explainer: Explainer, values: FloatMatrix, features: tuple[ScoredFeature, ...]) -> _Told:
    found, margin = explainer.tables.contributions(values)
    return _Told(
        weights=np.abs(explainer.tables.to_log_odds(found)),
        sums=_by_cause(found, features).astype(np.float64),
        margin=margin.astype(np.float64),
        lead=explainer.lead,
    )


def _by_cause(found: IntMatrix, features: tuple[ScoredFeature, ...]) -> IntMatrix:
    return np.stack(list(by_cause(found, features).values()), axis=1)


def _drawn(pair: _Pair, groups: pl.Series, seed: int) -> Iterator[dict[str, float]]:
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
