"""Fits one model on rows of a table: cross-fitted trees, or scorecards where they are few. Training only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.anytable.calibration import fit_calibration
from app.scoring.anytable.columns import Cells, Column, Kind, cells, words_of
from app.scoring.anytable.lines import fit_lines
from app.scoring.anytable.model import Member, TableModel
from app.scoring.anytable.ranks import fit_rates, parts_of, ranked, sparse
from app.scoring.anytable.spec import ADDITIVE, LINES, TableSpec
from app.scoring.anytable.stacking import Learnt, Stack, stack
from app.scoring.anytable.stumps import edges_of, fit_stumps
from app.scoring.crossfit import Encode, Rows, crossfit, folds
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.spec import Kind as Champion
from app.scoring.tabulate import tabulate

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
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
        """Give every category's levels their smoothed log-odds on the rows learnt from."""
        bad, codes = self.bad[learn], self.cells.codes[learn]
        how = spec.smoothing, spec.least_level
        return tuple(fit_rates(codes[:, j], bad, len(known), *how) for j, known in enumerate(self.levels))

    def encoded(self, learn: IntVector, spec: TableSpec) -> FloatMatrix:
        """Read all rows' categories as numbers; where levels have few rows, those learnt from by others.

        A level's rate over few rows knows these rows' outcomes: learnt from as it stands, it would count for
        far more than it does on rows not seen.
        """
        codes = self.cells.codes
        found = ranked(codes, self.ranks(learn, spec))
        few = sparse(codes, [len(known) for known in self.levels], spec.least_level, spec.sparse_rows)
        if len(few):
            for others, part in parts_of(learn, spec.encoding_folds, spec.seed):
                found[part[:, None], few] = ranked(codes[part], self.ranks(others, spec))[:, few]
        return found


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
    if (method or method_of(bad, spec)) == TREES:
        members, found = _stacked(learning, spec)
        margins, tried = found.margins, found.tried
    else:
        members, margins = _scorecards(learning, spec)
        tried = ()
    calibration = fit_calibration(margins, bad, beta=_rarer(bad) >= spec.beta_class)
    return TableModel(columns=ordered, levels=levels, members=members, calibration=calibration, tried=tried)


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


def _stacked(learning: Learning, spec: TableSpec) -> tuple[tuple[Member, ...], Stack]:
    """Try the learners on the same folds and weigh them; a member holds what they learnt on one fold."""
    rows = _rows(learning, spec)
    parts = folds(rows, spec.recipe, spec.seed)

    def encode(learn: IntVector) -> FloatMatrix:
        return learning.encoded(learn, spec)

    tried = [_learner(name, rows, encode, spec) for name in spec.learners]
    found = stack(tried, rows.bad, spec.weight_ridge)
    members = tuple(
        Member(ranks=learning.ranks(learn, spec), tables=tables, texts=texts)
        for tables, texts, (learn, _) in zip(found.tables, found.texts, parts, strict=True)
    )
    return members, found


def _learner(name: str, rows: Rows, encode: Encode, spec: TableSpec) -> Learnt:
    if name == LINES:
        return _lines(rows, encode, spec)
    recipe = spec.additive if name == ADDITIVE else spec.recipe
    bag = crossfit(rows, recipe, spec.seed, encode)
    return Learnt(name=name, tables=bag.single, margins=bag.margins, texts=bag.texts)


def _lines(rows: Rows, encode: Encode, spec: TableSpec) -> Learnt:
    parts, margins, found = list(folds(rows, spec.recipe, spec.seed)), np.zeros_like(rows.bad), []
    for learn, held in parts:
        values, picked = np.hstack([rows.values, encode(learn)]), _drawn(learn, spec.lines.rows, spec.seed)
        dump = fit_lines(values[picked], rows.bad[picked], rows.names, rows.monotone or (), spec.lines)
        found.append(tabulate(dump, weight=1.0 / len(parts)))
        margins[held] += _margins(found[-1], values[held]) * len(parts) / spec.recipe.times(len(rows.bad))
    return Learnt(name=LINES, tables=tuple(found), margins=margins)


def _margins(tables: ExplanationTables, values: FloatMatrix) -> FloatVector:
    return np.asarray(tables.to_log_odds(tables.contributions(values)[1]))


def _scorecards(learning: Learning, spec: TableSpec) -> tuple[tuple[Member, ...], FloatVector]:
    """Fit a bag of scorecards; all cut numbers at the same edges, so that their mean is a scorecard too."""
    rows, bins = _rows(learning, spec), spec.card.bins_of(learning.bad)
    shared = [edges_of(column, bins) for column in rows.values.T]
    parts = list(folds(rows, spec.recipe, spec.seed))
    margins, members = np.zeros_like(rows.bad), []
    for learn, held in parts:
        picked = _drawn(learn, spec.card.rows, spec.seed)
        ranks, coded = learning.ranks(learn, spec), learning.encoded(learn, spec)
        edges = [*shared, *(edges_of(column, bins) for column in coded[picked].T)]
        values = np.hstack([rows.values, coded])
        learnt = values[picked], rows.bad[picked], rows.names, rows.monotone or ()
        dump = fit_stumps(*learnt, edges, spec.card)
        members.append(Member(ranks=ranks, tables=tabulate(dump, weight=1.0 / len(parts))))
        own = _margins(members[-1].tables, values[held]) * len(parts)
        margins[held] += own / spec.recipe.times(len(rows.bad))
    return tuple(members), margins


def _drawn(learn: IntVector, rows: int, seed: int) -> IntVector:
    if len(learn) <= rows:
        return learn
    return np.asarray(learn[np.sort(np.random.default_rng(seed).choice(len(learn), rows, replace=False))])
