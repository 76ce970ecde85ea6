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

    `unseen` is drawn together as far as the mean of a bag is steadier than the few members that had not seen
    a row: a calibration fitted on it fits the bag. `texts` are the boosters as LightGBM writes
    them, none of a scorecard.
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
    if kind is Kind.SCORECARD:
        return _points(rows, _rows(rows, columns), card, spec)
    told = near_counted(rows, spec.late_counts)
    fitted = crossfit(_rows(told, columns), spec.recipe, spec.seed)
    bag = Learned(
        kind=kind,
        tables=fitted.tables,
        single=tuple(_whole(one, len(fitted.single)) for one in fitted.single),
        unseen=fitted.margins[: rows.height],
        scorecard=card,
        texts=fitted.texts,
    )
    spread = bag.spread(matrix(rows, columns))
    return replace(bag, unseen=steadied(bag.unseen, spread, len(bag.single), spec.recipe.times(told.height)))


def _rows(rows: pl.DataFrame, columns: tuple[str, ...]) -> Rows:
    return Rows(
        values=matrix(rows, columns),
        bad=rows["bad"].to_numpy(),
        names=columns,
        weight=rows["weight"].to_numpy(),
        groups=rows["group"].to_numpy(),
        monotone=tuple(BY_NAME[name].sign.monotone for name in columns),
    )


def near_counted(rows: pl.DataFrame, share: float) -> pl.DataFrame:
    """Count rows of loans repaid late as so much of a default: the share as bad rows, after all others."""
    near = rows.filter("near").with_columns(pl.lit(1.0).alias("bad"), pl.col("weight") * share)
    left = pl.when("near").then(pl.col("weight") * (1.0 - share)).otherwise("weight")
    return pl.concat([rows.with_columns(left.alias("weight")), near]).filter(pl.col("weight") > 0.0)


def steadied(unseen: FloatVector, spread: FloatVector, members: int, times: int) -> FloatVector:
    """Draw margins of `times` members each towards their mean, as the mean of all members would lie.

    What single members err by chance (`spread` about the bag's mean) widens margins without telling loans
    apart; a slope fitted on them would be too flat for the bag (regression calibration: Carroll and others,
    *Measurement Error in Nonlinear Models*, chapter 4).
    """
    apart = np.mean(spread**2) * members / max(1, members - 1)
    excess = apart * (1.0 / times - 1.0 / members)
    kept = max(0.5, 1.0 - excess / max(float(np.var(unseen)), 1e-12))
    centre = unseen.mean()
    return np.asarray(centre + kept * (unseen - centre))


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
