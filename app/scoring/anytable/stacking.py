"""The small search: learners tried on the same folds, weighed by rows they have not seen. Training only.

Three are tried: trees of three tests in a row, trees of one test (an additive model), and straight lines.
Their weights are the logistic regression of the outcome on their out-of-fold margins, none below zero, drawn
to equal ones (stacked generalization: Wolpert 1992, Breiman 1996). What a table does not need gets no weight
and is left out; a learner that overfits is weighed by its margins of unseen rows, so it cannot do harm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.explanation_tables import ExplanationTables
from app.scoring.logistic import fit
from app.scoring.tabulate import concatenate

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
_DIGITS: Final = 9
_LEAST: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """One learner on all folds: per fold its tables (and text, of boosters); margins (n,) out of fold."""

    name: str
    tables: tuple[ExplanationTables, ...]
    margins: FloatVector
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Learners that have a weight, fold by fold: tables and texts; their margins; and what was tried."""

    tables: tuple[ExplanationTables, ...]
    texts: tuple[tuple[str, ...], ...]
    margins: FloatVector
    tried: tuple[Mapping[str, Any], ...]


def stack(tried: Sequence[Learnt], bad: FloatVector, ridge: float) -> Stack:
    """Weigh learners and put them together, fold by fold."""
    margins = np.stack([each.margins for each in tried], axis=1)
    weights = weigh(margins, bad, ridge)
    kept = [(each, weight) for each, weight in zip(tried, weights, strict=True) if weight > 0.0]
    scaled = [[_scaled(tables, weight) for tables in each.tables] for each, weight in kept]
    texts = [each.texts for each, _ in kept if each.texts]
    losses = [_log_loss(column, bad) for column in margins.T]
    return Stack(
        tables=tuple(concatenate(*parts) for parts in zip(*scaled, strict=True)),
        texts=tuple(zip(*texts, strict=True)) or ((),) * len(scaled[0]),
        margins=np.einsum("ij,j->i", margins, np.array(weights)),
        tried=tuple(
            {"learner": each.name, "logloss": round(loss, _DIGITS), "weight": weight}
            for each, loss, weight in zip(tried, losses, weights, strict=True)
        ),
    )


def weigh(margins: FloatMatrix, bad: FloatVector, ridge: float) -> list[float]:
    """Give the weights of learners by their out-of-fold margins: (n, k) to k, some zero, none below.

    Whoever gets less than `_LEAST` is left out, the least first; the last one speaks alone.
    """
    kept = list(range(margins.shape[1]))
    while len(kept) > 1:
        x = np.hstack([np.ones((len(bad), 1)), margins[:, kept]])
        drawn = np.r_[0.0, np.full(len(kept), 1.0 / len(kept))]
        found = fit(x, bad, np.ones_like(bad), np.r_[0.5, np.full(len(kept), ridge)], drawn)[1:]
        if found.min() >= _LEAST:
            weights = dict(zip(kept, found.tolist(), strict=True))
            return [round(weights.get(j, 0.0), _DIGITS) for j in range(margins.shape[1])]
        del kept[int(np.argmin(found))]
    return [float(j in kept) for j in range(margins.shape[1])]


def _log_loss(margin: FloatVector, bad: FloatVector) -> float:
    return float(np.mean(np.logaddexp(0.0, margin) - bad * margin))


def _scaled(tables: ExplanationTables, weight: float) -> ExplanationTables:
    paths, base = (np.rint(values * weight).astype(np.int64) for values in (tables.paths, tables.base))
    return replace(tables, paths=paths, base=base)
