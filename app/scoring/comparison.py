"""Two opinions on the same matured loans: how much better one is, with paired intervals.

Households are drawn with replacement, each with all its loans, and both opinions are measured on every
draw, so that what is hard for both cancels out (the bootstrap of clusters).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.money import PPM
from app.scoring.measures import auc, ks, truth_of

FloatVector = NDArray[np.float64]
Figures = dict[str, Any]
_DRAWS: Final = 300
_ENDS: Final = (0.025, 0.975)
_Z: Final = 1.959963984540054
_DIGITS: Final = 6
_TINY: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opinion:
    """What one estimator said of n loans: margins (any unit that rises with the risk) and pd in ppm."""

    margin: NDArray[np.int64]
    pd_ppm: NDArray[np.int64]

    def figures(self, bad: FloatVector) -> Figures:
        """Measure it on outcomes (1 for a default): AUC, KS and how true its probabilities are."""
        once = np.ones_like(bad)
        ranks = {"auc": auc(self._risk, bad), "ks": ks(self._risk, bad, once)}
        return ranks | truth_of(self.pd_ppm, bad, once)

    @property
    def _risk(self) -> FloatVector:
        return self.margin.astype(np.float64)

    def quick(self, bad: FloatVector, weight: FloatVector) -> dict[str, float]:
        """Measure what is compared on a draw: AUC, KS, Brier and log-loss; higher is better in each."""
        pd = np.clip(self.pd_ppm / PPM, _TINY, 1 - _TINY)
        losses = -(bad * np.log(pd) + (1 - bad) * np.log1p(-pd))
        return {
            "auc": auc(self._risk, bad, weight) or 0.0,
            "ks": ks(self._risk, bad, weight),
            "brier": float(np.average((pd - bad) ** 2, weights=weight)),
            "logloss": float(np.average(losses, weights=weight)),
        }


def caught(risk: FloatVector, bad: FloatVector, weight: FloatVector, share: float) -> float:
    """Give the share of defaults among the riskiest `share` of loans, equal risks taken in proportion.

    >>> caught(np.array([3.0, 2, 2, 1]), np.array([1.0, 1, 0, 0]), np.ones(4), 0.5)
    0.75
    """
    _, place = np.unique(-risk, return_inverse=True)
    loans, bads = (np.cumsum(np.bincount(place, each)) for each in (weight, weight * bad))
    reached = np.interp(share * loans[-1], np.r_[0.0, loans], np.r_[0.0, bads])
    return float(reached / bads[-1])


def draws(groups: NDArray[Any], bad: FloatVector, *, seed: int = 0) -> Iterator[FloatVector]:
    """Draw households with replacement: weights of the rows (n,), of draws with both outcomes."""
    rng = np.random.default_rng(seed)
    _, place = np.unique(groups, return_inverse=True)
    count = int(place.max()) + 1
    for _ in range(_DRAWS):
        weight = np.bincount(rng.integers(0, count, count), minlength=count).astype(np.float64)[place]
        if 0 < (weight * bad).sum() < weight.sum():
            yield weight


def differences(
    champion: Opinion, challenger: Opinion, bad: FloatVector, groups: NDArray[Any]
) -> dict[str, dict[str, float]]:
    """Give challenger minus champion with a paired 95 % interval: `value`, `low`, `high` by measure."""
    even = np.ones_like(bad)
    found = _minus(challenger.quick(bad, even), champion.quick(bad, even))
    drawn = [_minus(challenger.quick(bad, w), champion.quick(bad, w)) for w in draws(groups, bad)]
    return {name: with_ends(value, [each[name] for each in drawn]) for name, value in found.items()}


def _minus(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {name: a[name] - b[name] for name in a}


def with_ends(value: float, drawn: Sequence[float]) -> dict[str, float]:
    """Give a figure with the 95 % interval of what it was on draws: `value`, `low`, `high`.

    >>> with_ends(0.5, [])
    {'value': 0.5, 'low': 0.5, 'high': 0.5}
    """
    low, high = np.quantile(drawn, _ENDS) if drawn else (value, value)
    return {n: round(float(v), _DIGITS) for n, v in (("value", value), ("low", low), ("high", high))}


def interval(
    measure: Callable[[FloatVector], float | None], bad: FloatVector, groups: NDArray[Any]
) -> tuple[float, float] | None:
    """Give the 95 % interval of a measure of row weights; None where the outcomes are all the same."""
    found = [value for weight in draws(groups, bad) if (value := measure(weight)) is not None]
    if not found:
        return None
    low, high = np.quantile(found, _ENDS)
    return round(float(low), _DIGITS), round(float(high), _DIGITS)


def rate_interval(bads: int, n: int) -> tuple[float, float]:
    """Give the 95 % interval of a rate (Wilson 1927); nothing seen says nothing.

    >>> rate_interval(0, 0), rate_interval(5, 100)
    ((0.0, 1.0), (0.021544, 0.11175))
    """
    if n == 0:
        return 0.0, 1.0
    p, z2 = bads / n, _Z**2
    centre, half = (p + z2 / (2 * n)), _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    ends = ((centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n))
    return round(max(0.0, ends[0]), _DIGITS), round(min(1.0, ends[1]), _DIGITS)


def group_gaps(rows: pl.DataFrame, column: str, *, least: float, flagged_ppm: int) -> list[Figures]:
    """Show each group of loans (`bad`, `pd_ppm`) by itself: what was expected and what came, and flags.

    `gap_low` and `gap_high` are the interval of observed minus expected; `flagged_of_repaid` is the share
    of those who repaid that a warning would have hit. Groups of fewer than `least` loans are left out.
    """
    flagged = pl.col("pd_ppm") >= flagged_ppm
    found = rows.drop_nulls(column).group_by(pl.col(column).cast(pl.String).alias("group")).agg(
        pl.len().alias("n"), pl.col("bad").sum().cast(pl.Int64).alias("bads"),
        (pl.col("pd_ppm").mean() / PPM).round(_DIGITS).alias("expected"),
        flagged.mean().round(_DIGITS).alias("flagged"),
        flagged.filter(pl.col("bad") == 0).mean().round(_DIGITS).alias("flagged_of_repaid"),
    )  # fmt: skip
    large = found.filter(pl.col("n") >= least).sort("group")
    return [{"column": column} | _with_gap(row) for row in large.iter_rows(named=True)]


def _with_gap(row: Figures) -> Figures:
    low, high = rate_interval(row["bads"], row["n"])
    ends = {"gap_low": low - row["expected"], "gap_high": high - row["expected"]}
    return (
        row
        | {"observed": round(row["bads"] / row["n"], _DIGITS)}
        | {name: round(end, _DIGITS) for name, end in ends.items()}
    )


def beyond(row: Mapping[str, Any]) -> float:
    """Tell how far a group's interval lies from what was expected; 0 where it holds it."""
    return float(max(row["gap_low"], -row["gap_high"], 0.0))
