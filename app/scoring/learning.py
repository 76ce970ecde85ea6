"""Learns the margins of one estimator: cross-fitted trees, or a scorecard written as trees. Training only."""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.catalogue import BY_NAME
from app.scoring.crossfit import Rows, crossfit, folds
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.scorecard import Scorecard
from app.scoring.scorecard_fit import fit_scorecard
from app.scoring.scorecard_tables import tabulate_scorecard
from app.scoring.spec import Kind, TrainingSpec
from app.scoring.training_rows import matrix

FloatVector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """What was learnt: tables, each member's own tables, and out-of-fold log-odds of the rows learnt from.

    `texts` are the boosters as LightGBM writes them, none of a scorecard.
    """

    kind: Kind
    tables: ExplanationTables
    single: tuple[ExplanationTables, ...]
    unseen: FloatVector
    scorecard: Scorecard
    texts: tuple[str, ...] = field(default=())

    def margins(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give the margins in fixed point: (n, F) to (n,)."""
        return self.tables.contributions(values)[1]

    def spread(self, values: NDArray[np.float64]) -> FloatVector:
        """Give the standard deviation of the members' margins in log-odds: (n, F) to (n,)."""
        each = [tables.to_log_odds(tables.contributions(values)[1]) for tables in self.single]
        return np.asarray(np.std(np.stack(each), axis=0))


def learn(rows: pl.DataFrame, columns: tuple[str, ...], spec: TrainingSpec, kind: Kind) -> Learned:
    """Learn from rows with bad, weight and group; households stay together in every fold."""
    card = fit_scorecard(rows, columns)
    known = Rows(
        values=matrix(rows, columns),
        bad=rows["bad"].to_numpy(),
        names=columns,
        weight=rows["weight"].to_numpy(),
        groups=rows["group"].to_numpy(),
        monotone=tuple(BY_NAME[name].sign.monotone for name in columns),
    )
    if kind is Kind.SCORECARD:
        return _points(rows, known, card, spec)
    fitted = crossfit(known, spec.recipe, spec.seed)
    return Learned(
        kind=kind,
        tables=fitted.tables,
        single=tuple(_whole(one, len(fitted.single)) for one in fitted.single),
        unseen=fitted.margins,
        scorecard=card,
        texts=fitted.texts,
    )


def _whole(one: ExplanationTables, members: int) -> ExplanationTables:
    """Undo the division by the number of members, so that a member's margin stands beside the bag's."""
    return replace(one, paths=one.paths * members, base=one.base * members)


def _points(rows: pl.DataFrame, known: Rows, card: Scorecard, spec: TrainingSpec) -> Learned:
    unseen, members = np.zeros(rows.height), []
    for learnt, held in folds(known, replace(spec.recipe, repeats=()), spec.seed):
        part = tabulate_scorecard(fit_scorecard(rows[learnt], known.names), known.names, known.values[learnt])
        unseen[held] = part.to_log_odds(part.contributions(known.values[held])[1])
        members.append(part)
    tables = tabulate_scorecard(card, known.names, known.values)
    return Learned(kind=Kind.SCORECARD, tables=tables, single=tuple(members), unseen=unseen, scorecard=card)
