"""Fits one model on rows of a table: cross-fitted trees, or scorecards where they are few. Training only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.anytable.calibration import fit_calibration
from app.scoring.anytable.columns import Cells, Column, Kind, cells, words_of
from app.scoring.anytable.model import Member, TableModel
from app.scoring.anytable.ranks import fit_ranks, ranked
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.stumps import edges_of, fit_stumps
from app.scoring.crossfit import Rows, crossfit, folds
from app.scoring.spec import Kind as Champion
from app.scoring.tabulate import tabulate

FloatVector = NDArray[np.float64]
IntVector = NDArray[np.int64]
TREES, SCORECARD = "boosted trees", "scorecard"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learning:
    """What is learnt from: the cells of some rows, their outcomes, and what the columns are called."""

    columns: tuple[Column, ...]
    levels: tuple[tuple[str, ...], ...]
    cells: Cells
    bad: FloatVector

    @property
    def names(self) -> tuple[str, ...]:
        """Name the columns in the order of the matrix; the number keeps them apart."""
        return tuple(f"{number} {column.name}" for number, column in enumerate(self.columns))

    def ranks(self, learn: IntVector, spec: TableSpec) -> tuple[FloatVector, ...]:
        """Rank every category's levels by the rows learnt from."""
        bad, codes = self.bad[learn], self.cells.codes[learn]
        how = spec.smoothing, spec.least_level
        return tuple(fit_ranks(codes[:, j], bad, len(known), *how) for j, known in enumerate(self.levels))


def fit_table(
    frame: pl.DataFrame,
    columns: Sequence[Column],
    bad: FloatVector,
    spec: TableSpec,
    method: str | None = None,
) -> TableModel:
    """Fit everything on these rows: levels, ranks, members, calibration on out-of-fold margins.

    `method` is what these rows carry, unless it is given. Numbers come before categories.
    """
    ordered = tuple(sorted(columns, key=lambda column: column.kind is Kind.CATEGORY))
    levels = tuple(_levels(frame, c) for c in ordered if c.kind is Kind.CATEGORY)
    learning = Learning(columns=ordered, levels=levels, cells=cells(frame, ordered, levels), bad=bad)
    fit_members = _trees if (method or method_of(bad, spec)) == TREES else _scorecards
    members, margins = fit_members(learning, spec)
    calibration = fit_calibration(margins, bad, beta=_rarer(bad) >= spec.beta_class)
    return TableModel(columns=ordered, levels=levels, members=members, calibration=calibration)


def method_of(bad: FloatVector, spec: TableSpec) -> str:
    """Tell what speaks: trees where they are wanted and the rows carry them, else a scorecard."""
    return TREES if spec.kind is Champion.BOOSTED and trees_fit(bad, spec) else SCORECARD


def trees_fit(bad: FloatVector, spec: TableSpec) -> bool:
    """Tell whether so many rows carry trees."""
    return len(bad) >= spec.tree_rows and _rarer(bad) >= spec.tree_class


def _rarer(bad: FloatVector) -> int:
    return int(min(bad.sum(), len(bad) - bad.sum()))


def _levels(frame: pl.DataFrame, column: Column) -> tuple[str, ...]:
    return tuple(words_of(frame, column).drop_nulls().unique().sort().to_list())


def _rows(learning: Learning, spec: TableSpec) -> Rows:
    signs = dict(spec.monotone)
    monotone = tuple(0 if c.kind is Kind.CATEGORY else signs.get(c.source, 0) for c in learning.columns)
    return Rows(values=learning.cells.numbers, bad=learning.bad, names=learning.names, monotone=monotone)


def _trees(learning: Learning, spec: TableSpec) -> tuple[tuple[Member, ...], FloatVector]:
    def encode(learn: IntVector) -> NDArray[np.float64]:
        return ranked(learning.cells.codes, learning.ranks(learn, spec))

    bag = crossfit(_rows(learning, spec), spec.recipe, spec.seed, encode if learning.levels else None)
    members = tuple(
        Member(ranks=learning.ranks(learn, spec), tables=tables, text=text)
        for text, tables, learn in zip(bag.texts, bag.single, bag.learnt_on, strict=True)
    )
    return members, bag.margins


def _scorecards(learning: Learning, spec: TableSpec) -> tuple[tuple[Member, ...], FloatVector]:
    """Fit a bag of scorecards; all cut numbers at the same edges, so that their mean is a scorecard too."""
    rows, bins = _rows(learning, spec), spec.card.bins_of(learning.bad)
    shared = [edges_of(column, bins) for column in rows.values.T]
    parts = list(folds(rows, spec.recipe, spec.seed))
    margins, members = np.zeros_like(rows.bad), []
    for learn, held in parts:
        picked = _drawn(learn, spec)
        ranks = learning.ranks(learn, spec)
        coded = ranked(learning.cells.codes, ranks)
        edges = [*shared, *(edges_of(column, bins) for column in coded[picked].T)]
        values = np.hstack([rows.values, coded])
        learnt = values[picked], rows.bad[picked], rows.names, rows.monotone or ()
        dump = fit_stumps(*learnt, edges, spec.card)
        members.append(Member(ranks=ranks, tables=tabulate(dump, weight=1.0 / len(parts))))
        tables = members[-1].tables
        own = tables.to_log_odds(tables.contributions(values[held])[1]) * len(parts)
        margins[held] += own / spec.recipe.times(len(rows.bad))
    return tuple(members), margins


def _drawn(learn: IntVector, spec: TableSpec) -> IntVector:
    if len(learn) <= spec.card.rows:
        return learn
    drawn = np.random.default_rng(spec.seed).choice(len(learn), spec.card.rows, replace=False)
    return np.asarray(learn[np.sort(drawn)])
