"""A logistic scorecard in points: the simple opinion that the learned one must beat."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

_FIELDS: Final = ("name", "edges", "points", "missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points of one feature: `points[i]` from edges[i-1] up to below edges[i]; `missing` for no value."""

    name: str
    edges: tuple[float, ...]
    points: tuple[int, ...]
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Base points and lines; more points are better. `points_to_double` doubles the odds of repayment."""

    base: int
    points_to_double: int
    log_odds_at_base: float
    lines: tuple[Line, ...]

    def points(self, features: pl.DataFrame) -> NDArray[np.int64]:
        """Add up the points of each row: (n,) integers."""
        total = np.full(features.height, self.base, np.int64)
        for line in self.lines:
            total += _points(line, features.get_column(line.name).to_numpy())
        return total

    def to_dict(self) -> dict[str, Any]:
        """Write the card as a plain table."""
        lines = [{field: getattr(line, field) for field in _FIELDS} for line in self.lines]
        head = ("base", "points_to_double", "log_odds_at_base")
        return {name: getattr(self, name) for name in head} | {"lines": lines}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote; raises KeyError for anything else."""
        lines = tuple(
            Line(name=d["name"], edges=tuple(d["edges"]), points=tuple(d["points"]), missing=d["missing"])
            for d in data["lines"]
        )
        return cls(
            base=data["base"],
            points_to_double=data["points_to_double"],
            log_odds_at_base=data["log_odds_at_base"],
            lines=lines,
        )


def _points(line: Line, values: NDArray[np.float64]) -> NDArray[np.int64]:
    found = np.array(line.points, np.int64)[np.searchsorted(np.array(line.edges), values, side="right")]
    return np.where(np.isnan(values), line.missing, found)
