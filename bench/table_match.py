"""Ours beside its peers on one table: the same folds for all, and paired differences with intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from app.scoring.anytable.columns import Cells, Kind, cells, words_of
from app.scoring.anytable.figures import figures
from app.scoring.anytable.reading import Table
from bench.table_peers import Peer

FloatVector = NDArray[np.float64]
IntVector = NDArray[np.int64]
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """Rows learnt from and held out, in one of the repeats."""

    seed: int
    learn: IntVector
    held: IntVector


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Ours less another's: the mean over all folds, and its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.4f} ({self.low:+.4f} … {self.high:+.4f})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """What one learner said of the rows held out: per fold pd and outcomes."""

    name: str
    pd: tuple[FloatVector, ...]
    bad: tuple[FloatVector, ...]

    def each(self, figure: str) -> list[float]:
        return [float(figures(pd, bad)[figure]) for pd, bad in zip(self.pd, self.bad, strict=True)]

    def pooled(self, figure: str) -> float:
        return float(figures(np.concatenate(self.pd), np.concatenate(self.bad))[figure])


def peer_on(peer: Peer, table: Table, folds: Sequence[Fold]) -> Held:
    """Refit a peer on the rows learnt from of every fold."""
    pd = tuple(peer.fit(*_learnt(table, fold), fold.seed) for fold in folds)
    return Held(name=peer.name, pd=pd, bad=tuple(table.bad[fold.held] for fold in folds))


def _learnt(table: Table, fold: Fold) -> tuple[Cells, FloatVector, Cells]:
    """Read the cells; words that the rows learnt from do not have are as good as missing."""
    columns = sorted(table.columns, key=lambda column: column.kind is Kind.CATEGORY)
    learn, held = table.frame[fold.learn], table.frame[fold.held]
    levels = [_levels(words_of(learn, c).to_list()) for c in columns if c.kind is Kind.CATEGORY]
    return cells(learn, columns, levels), table.bad[fold.learn], cells(held, columns, levels)


def _levels(words: list[str | None]) -> list[str]:
    return sorted({word for word in words if word is not None})


def difference(ours: Sequence[float], other: Sequence[float], folds: int) -> Difference:
    """Give ours less the other's by folds, with the interval of the corrected resampled t-test.

    Folds share rows to learn from, so that the plain variance is too small: Nadeau and Bengio (2003, Machine
    Learning 52) add the share of rows held out to those learnt from, here 1 / (folds - 1).
    """
    apart = np.array(ours) - np.array(other)
    width = t.ppf(0.5 + LEVEL / 2, len(apart) - 1)
    error = float(np.sqrt(apart.var(ddof=1) * (1 / len(apart) + 1 / (folds - 1))))
    middle = float(apart.mean())
    return Difference(value=middle, low=middle - width * error, high=middle + width * error)


def lines(ours: Held, others: Sequence[Held], folds: int) -> Iterator[list[str]]:
    """Write a line for every learner, ours first; the best of the others by AUC is marked."""
    best = max(others, key=lambda held: fmean(held.each("auc")), default=None)
    for held in (ours, *others):
        shown = [fmean(held.each("auc")), fmean(held.each("logloss"))]
        shown += [held.pooled(figure) for figure in ("calibration_slope", "calibration_intercept")]
        apart: list[Any] = ["", ""]
        if held is not ours:
            apart = [difference(ours.each(f), held.each(f), folds) for f in ("auc", "logloss")]
        mark = " *" if held is best else ""
        yield [held.name + mark, *(f"{value:.4f}" for value in shown), *map(str, apart)]
