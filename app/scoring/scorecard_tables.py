"""Writes a scorecard as explanation tables, so that it is served, explained and checked like trees are."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from app.scoring.explanation_tables import ExplanationTables
from app.scoring.scorecard import Line, Scorecard
from app.scoring.tabulate import tabulate
from app.scoring.written_trees import Node, balanced, dump_of, leaf, missing_test


def tabulate_scorecard(
    card: Scorecard, columns: tuple[str, ...], values: NDArray[np.float64]
) -> ExplanationTables:
    """Tabulate margins (log-odds of default) of a card; `values` (n, F) say how many rows fall where.

    Each line becomes a tree over its bins and, where missing values have points of their own, a second tree
    for these. A line of more than eight bins is deeper than tables hold: a TrainingError.
    """
    unit = -float(np.log(2.0)) / card.points_to_double
    trees = [leaf(-card.log_odds_at_base, len(values))]
    for line in card.lines:
        place = columns.index(line.name)
        trees += _trees(line, place, values[:, place], unit)
    return tabulate(dump_of(trees, columns))


def _trees(line: Line, place: int, values: NDArray[np.float64], unit: float) -> Iterator[Node]:
    known = values[~np.isnan(values)]
    edges = np.array(line.edges)
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(line.points))
    leaves = [leaf(points * unit, count) for points, count in zip(line.points, counts, strict=True)]
    yield balanced(
        place, np.nextafter(edges, -np.inf).tolist(), leaves
    )  # a value on an edge belongs above it
    own = (line.missing - line.points[0]) * unit  # a missing value falls into the first bin
    yield missing_test(place, leaf(0.0, len(known)), leaf(own, len(values) - len(known)))
