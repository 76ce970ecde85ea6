"""How far today's loans are from those an estimator learnt from, with bands that fit small counties.

The population stability index of two samples of n and m over B bins is about (B - 1)(1/n + 1/m) where
nothing has changed (Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14): in a township of 60
loans the customary 0.1 is noise. So every index stands beside what chance alone would give, and a band.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

FloatVector = NDArray[np.float64]
IntVector = NDArray[np.int64]
SCORE: Final = "margin"  # what the score's own histogram is called among the features'
_BINS: Final = 10
_DRAWS: Final = 400
_HALF: Final = 0.5  # Jeffreys' prior
_DIGITS: Final = 6
_ENDS: Final = (0.025, 0.975)
# village, township, county; then the county's quarter: digits of the division code and the period
LEVELS: Final = ((12, "month"), (9, "month"), (6, "month"), (6, "quarter"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Bins between `edges` (a value at an edge lies above it) and their counts, the last one of missing."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: FloatVector) -> Self:
        """Cut values (n,), NaN where missing, into at most ten bins of like size, and count them."""
        known = values[~np.isnan(values)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if known.size else known
        above = known[known > known.min()] if known.size else known
        edges = edges[edges > known.min()] if known.size else edges
        kept = edges if edges.size or not above.size else above.min(keepdims=True)
        cut = tuple(float(edge) for edge in kept)
        return cls(edges=cut, counts=tuple(_counted(values, cut).tolist()))

    def count(self, values: FloatVector) -> IntVector:
        """Count other values in the same bins, the missing ones last."""
        return _counted(values, self.edges)


def _counted(values: FloatVector, edges: Sequence[float]) -> IntVector:
    missing = np.isnan(values)
    place = np.searchsorted(np.asarray(edges, np.float64), values, side="right")
    return np.bincount(np.where(missing, len(edges) + 1, place), minlength=len(edges) + 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What an estimator learnt from: a histogram of every feature and of its own margin (log-odds).

    Of rows `landmark_days` before maturity; None where the estimator speaks of applications.
    """

    landmark_days: int | None
    rows: int
    histograms: Mapping[str, Histogram]

    def to_dict(self) -> dict[str, Any]:
        """Write the reference as plain JSON values."""
        plain = {n: {"edges": list(h.edges), "counts": list(h.counts)} for n, h in self.histograms.items()}
        return {"landmark_days": self.landmark_days, "rows": self.rows, "histograms": plain}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; raises KeyError, TypeError or ValueError for anything else."""
        days = data["landmark_days"]
        read = {
            name: Histogram(edges=tuple(map(float, h["edges"])), counts=tuple(map(int, h["counts"])))
            for name, h in data["histograms"].items()
        }
        if any(len(h.counts) != len(h.edges) + 2 for h in read.values()):
            raise ValueError("edges and counts do not fit")
        return cls(landmark_days=None if days is None else int(days), rows=int(data["rows"]), histograms=read)


def reference_of(
    values: NDArray[np.float64], names: Sequence[str], margin: FloatVector, *, landmark_days: int | None
) -> Reference:
    """Describe training rows: values (n, F) in the order of `names`, margins (n,) in log-odds."""
    columns = {name: Histogram.of(values[:, i]) for i, name in enumerate(names)}
    return Reference(
        landmark_days=landmark_days,
        rows=len(values),
        histograms=columns | {SCORE: Histogram.of(margin)},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """A stability index: `psi` as it is computed, `low` and `high` of what is left of it without chance.

    `noise` is what the index exceeds once in twenty times where nothing has changed, `usual` the largest
    index of one year of the past beside the others, where they are what is compared with.
    """

    n: int
    psi: float
    low: float
    high: float
    noise: float
    usual: float = 0.0

    def verdict(self, *, least: float, watch: float, act: float) -> str:
        """Say too_few, drifted, watch or stable; a drift's whole band lies beyond `act` and the usual."""
        if self.n < least:
            return "too_few"
        if self.low >= act and self.low > self.usual:
            return "drifted"
        return "watch" if self.psi >= watch and self.psi > max(self.noise, self.usual) else "stable"


def stability(live: IntVector, reference: Sequence[int] | IntVector, *, seed: int = 0) -> Stability:
    """Compare counts in the same bins: the index, its 95 % band (Dirichlet) and the noise of such counts."""
    rng, then = np.random.default_rng(seed), np.asarray(reference, np.int64)
    now, before = live + _HALF, then + _HALF
    found = _index(live, then)
    noise = _chance(rng, int(live.sum()), int(then.sum()), before)
    draws = _psi(rng.dirichlet(now, _DRAWS), rng.dirichlet(before, _DRAWS))
    band = np.quantile(draws - (draws.mean() - found) - noise.mean(), _ENDS)
    low, high = (round(max(0.0, float(end)), _DIGITS) for end in band)
    return Stability(
        n=int(live.sum()), psi=round(found, _DIGITS), low=low, high=high,
        noise=round(float(np.quantile(noise, 0.95)), _DIGITS),
    )  # fmt: skip


def against_past(now: FloatVector, past: Sequence[FloatVector]) -> Stability:
    """Compare values with those of two or more years before, all of them together (NaN where missing).

    Prices and weather move every loan of a year together, so that chance alone, which thinks loans
    independent, is too narrow: `usual` says how far single years of the past lay from the other years.
    """
    found = stability(*_beside(now, past))
    others = [[*past[:i], *past[i + 1 :]] for i in range(len(past))]
    usual = max(_index(*_beside(year, rest)) for year, rest in zip(past, others, strict=True))
    return replace(found, usual=round(usual, _DIGITS))


def _beside(values: FloatVector, others: Sequence[FloatVector]) -> tuple[IntVector, IntVector]:
    """Count both in bins of the others, with one more on either side for what lies beyond all of them."""
    whole = np.concatenate(others)
    inner, known = Histogram.of(whole).edges, whole[~np.isnan(whole)]
    ends = (float(known.min()), float(np.nextafter(known.max(), np.inf))) if known.size else ()
    edges = (*ends[:1], *inner, *ends[1:])
    return _counted(values, edges), _counted(whole, edges)


def _index(one: IntVector, other: IntVector) -> float:
    return float(_psi(_shares(one + _HALF), _shares(other + _HALF)))


def _chance(rng: np.random.Generator, n: int, m: int, before: NDArray[Any]) -> FloatVector:
    """Draw what the index of two samples of the same loans comes to."""
    shares = rng.dirichlet(before, _DRAWS)
    samples = (rng.multinomial(size, shares) + _HALF for size in (n, m))
    return _psi(*(_shares(sample) for sample in samples))


def _shares(counts: NDArray[Any]) -> FloatVector:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _psi(p: FloatVector, q: FloatVector) -> FloatVector:
    tiny = np.finfo(np.float64).tiny
    return np.asarray(((p - q) * (np.log(p + tiny) - np.log(q + tiny))).sum(axis=-1))


def pooled(rows: pl.DataFrame, *, least: float) -> pl.DataFrame:
    """Give every row (village_code, matures_on) the smallest group that has at least `least` rows.

    Villages with enough loans in a month stand alone; the others are put together in their township, then
    in the county, then in the county's quarter. Adds `place` (the beginning of a division code), `period`
    (2025-09 or 2025-Q3), `rest` (others of the place stand alone) and `too_few`. No row is lost or doubled.
    """
    month = pl.col("matures_on").dt.strftime("%Y-%m")
    quarter = pl.format("{}-Q{}", pl.col("matures_on").dt.year(), pl.col("matures_on").dt.quarter())
    left = rows.with_columns(month.alias("month"), quarter.alias("quarter")).with_row_index("_at")
    parts, everyone = [], left
    for digits, period in LEVELS:
        placed = _placed(left, digits, period)
        enough = pl.len().over("place", "period") >= least
        last = (digits, period) == LEVELS[-1]
        taken = placed.with_columns((~enough).alias("too_few")).filter(pl.lit(last) | ~pl.col("too_few"))
        parts.append(_with_rest(taken, _placed(everyone, digits, period)))
        left = left.join(taken, on="_at", how="anti")
    return pl.concat(parts).sort("_at").drop("_at", "month", "quarter")


def _placed(rows: pl.DataFrame, digits: int, period: str) -> pl.DataFrame:
    place = pl.col("village_code").fill_null("").str.head(digits)
    return rows.with_columns(place.alias("place"), pl.col(period).alias("period"))


def _with_rest(taken: pl.DataFrame, everyone: pl.DataFrame) -> pl.DataFrame:
    whole = everyone.group_by("place", "period").agg(pl.len().alias("_whole"))
    there = taken.join(whole, on=["place", "period"], how="left", maintain_order="left")
    return there.with_columns((pl.len().over("place", "period") < pl.col("_whole")).alias("rest")).drop(
        "_whole"
    )
