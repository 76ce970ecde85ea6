"""A logistic scorecard as a table of points that a clerk can add up: JSON of our own."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.scoring.anytable.columns import Cells, Kind
from app.scoring.anytable.model import TableModel

FloatVector = NDArray[np.float64]
_BASE: Final = 500
_POINTS_TO_DOUBLE: Final = 20
_FACTOR: Final = _POINTS_TO_DOUBLE / float(np.log(2.0))
_NO_EDGE: Final = 1e299  # beyond it lies only the test for a missing value
_STEP: Final = 20  # points between the lines of the table of pd
_RULE: Final = (
    "Add to base the points of every line; more points are better. A number belongs to the first bin whose "
    "edge is not below it, to the last bin beyond all edges. A date counts as days before days_before, or "
    "else as days since 1970-01-01. "
    "From base on, log-odds of good are log_odds_at_base, and every points_to_double points double the odds."
)


def points_table(model: TableModel) -> dict[str, Any]:
    """Write a bag of scorecards as one: the points of every bin and word are the mean of the bag, rounded.

    `pd_by_points` is the calibrated probability of a bad outcome. Plain JSON values.
    """
    lines = [line for j in range(len(model.columns)) for line in _line(model, j)]
    unit = 2.0 ** -model.members[0].tables.fraction_bits
    base = sum(member.tables.base_fixed for member in model.members) * unit
    told = np.arange(*_reach(lines), _STEP)
    pd = model.calibration.apply(base - (told - _BASE) / _FACTOR, np.zeros(len(told)))[0]
    return {
        "rule": _RULE,
        "base": _BASE,
        "points_to_double": _POINTS_TO_DOUBLE,
        "log_odds_at_base": round(-base, 9),
        "lines": lines,
        "pd_by_points": [{"points": int(p), "pd": round(float(v), 6)} for p, v in zip(told, pd, strict=True)],
    }


def _reach(lines: list[dict[str, Any]]) -> tuple[int, int]:
    """Give the fewest and most points that can be reached, on the grid of the table of pd."""
    ends = [(min(points), max(points)) for points in map(_all_points, lines)]
    low, high = (_BASE + sum(each) for each in zip(*ends, strict=True)) if ends else (_BASE, _BASE)
    return low // _STEP * _STEP, high + _STEP


def _all_points(line: dict[str, Any]) -> list[int]:
    points = line["points"]
    return [line["missing"], *(points.values() if isinstance(points, dict) else points)]


def _line(model: TableModel, j: int) -> Iterator[dict[str, Any]]:
    """Write one column's points; nothing where no bin has any."""
    column = model.columns[j]
    number = column.kind is not Kind.CATEGORY
    place = j - sum(c.kind is not Kind.CATEGORY for c in model.columns)
    edges = _edges(model, j) if number else np.zeros(0)
    points = _points(model, j, _probe(model, j, edges) if number else _words(model, place))
    if not any(points):
        return
    head = {"name": column.name, "kind": column.kind.value, "missing": points[0]}
    if column.before is not None:
        head["days_before"] = column.before
    if number:
        yield head | _merged(edges.tolist(), points[1:])
    else:
        yield head | {"points": dict(zip(model.levels[place], points[1:], strict=True))}


def _edges(model: TableModel, j: int) -> FloatVector:
    tables = [member.tables for member in model.members]
    found = np.unique(np.concatenate([t.threshold[t.feature == j] for t in tables]))
    return np.asarray(found[np.abs(found) < _NO_EDGE])


def _probe(model: TableModel, j: int, edges: FloatVector) -> Cells:
    """Make rows that know one number only: missing, every edge, beyond the last."""
    beyond = np.nextafter(edges[-1:], np.inf) if len(edges) else np.zeros(1)
    values = np.concatenate([[np.nan], edges, beyond])
    cells = _unknown(model, len(values))
    cells.numbers[:, j] = values
    return cells


def _words(model: TableModel, place: int) -> Cells:
    """Make rows that know one word only: missing, every word."""
    levels = model.levels[place]
    cells = _unknown(model, len(levels) + 1)
    cells.codes[:, place] = np.arange(-1, len(levels))
    return cells


def _unknown(model: TableModel, rows: int) -> Cells:
    numbers = len(model.columns) - len(model.levels)
    return Cells(
        numbers=np.full((rows, numbers), np.nan), codes=np.full((rows, len(model.levels)), -1, np.int32)
    )


def _points(model: TableModel, j: int, rows: Cells) -> list[int]:
    """Turn one column's exact SHAP values into points."""
    unit = 2.0 ** -model.members[0].tables.fraction_bits
    shap = sum(member.contributions(rows)[0][:, j] for member in model.members) * unit
    return [int(p) for p in np.rint(-_FACTOR * np.asarray(shap))]


def _merged(edges: list[float], points: list[int]) -> dict[str, Any]:
    """Leave out the edges between bins of the same points."""
    kept = [k for k in range(len(edges)) if points[k] != points[k + 1]]
    return {"edges": [edges[k] for k in kept], "points": [*(points[k] for k in kept), points[-1]]}
