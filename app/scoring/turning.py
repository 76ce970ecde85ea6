"""The smallest changes of changeable facts that would turn a light, found by search.

The search is exact where the estimate is monotone in what changes (the catalogue's signs): an estimate from
tables and a rule's bound change only where a number is crossed, so that only those steps are tried. Whatever
is found was lit by the very code that lights loans.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.changing import CHANGES, MOVING, IntMatrix, changed, most_units
from app.scoring.explanation_tables import ExplanationTables

MOST_CHANGES: Final = 3
_CHUNK_ROWS: Final = 8192
_WAYS: Final = tuple(
    way for size in range(1, MOST_CHANGES + 1) for way in combinations(range(len(CHANGES)), size)
)
IntVector = NDArray[np.int64]
Bounds = Mapping[str, NDArray[np.float64]]
# From features to the rank of each row's light, 0 (green) to 2 (red): the code that lights loans.
Lighter = Callable[[pl.DataFrame], IntVector]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Changes that bring a loan to a better light: `units` of every change, in the order of CHANGES."""

    rank: int
    units: tuple[int, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Give what makes one turn smaller than another: how many changes, then how many units."""
        return sum(unit > 0 for unit in self.units), sum(self.units)


def bounds(tables: ExplanationTables | None, marks: Mapping[str, frozenset[float]]) -> Bounds:
    """List, by feature that can move, every number at which tables or a rule's bound ask for it, sorted."""
    found = {name: {0.0, *numbers} for name, numbers in marks.items() if name in MOVING}
    for place, name in enumerate(tables.features if tables else ()):
        if tables and name in MOVING:
            found.setdefault(name, {0.0}).update(tables.threshold[tables.feature == place].tolist())
    return {name: np.array(sorted(numbers)) for name, numbers in found.items()}


def turns(features: pl.DataFrame, now: IntVector, light: Lighter, asked: Bounds) -> list[tuple[Turn, ...]]:
    """Find for every loan the smallest changes from its light `now` to each better one, the nearest first.

    Smallest is the fewest changes (at most three), then the fewest units. A light that nothing reaches, or
    that comes with a nearer one anyway, has no turn; a green loan has none.
    """
    most = most_units(features) * (now > 0)[:, None]
    loan, units = _fullest(most)
    if not len(loan):
        return [()] * features.height
    reached = _ranks(features, light, loan, units)
    worth = [_promising(units[loan == i], reached[loan == i], int(now[i])) for i in range(len(now))]
    tried = [
        (i, row) for i, ways in enumerate(worth) for way in ways for row in _steps(features[i], way, asked)
    ]
    if not tried:
        return [()] * features.height
    which, rows = np.array([i for i, _ in tried]), np.stack([row for _, row in tried])
    ranks = _ranks(features, light, which, rows)
    return [_smallest(rows[which == i], ranks[which == i], int(now[i])) for i in range(len(now))]


def _fullest(most: IntMatrix) -> tuple[IntVector, IntMatrix]:
    """List every way of up to three changes, each made as far as it goes: loans and units."""
    ways = np.array([[place in way for place in range(len(CHANGES))] for way in _WAYS])
    possible = (most[:, None, :] > 0) | ~ways[None, :, :]
    loan, way = np.nonzero(possible.all(axis=2))
    return loan, np.where(ways[way], most[loan], 0)


def _ranks(features: pl.DataFrame, light: Lighter, loan: IntVector, units: IntMatrix) -> IntVector:
    """Light every loan as it would be after its changes; rows are numbered anew for it."""
    starts = range(0, len(loan), _CHUNK_ROWS)
    parts = (slice(start, start + _CHUNK_ROWS) for start in starts)
    return np.concatenate([light(after(features, loan[part], units[part])) for part in parts])


def after(features: pl.DataFrame, loan: IntVector, units: IntMatrix) -> pl.DataFrame:
    """Give the features of loans (by position) after changes, numbered anew."""
    return changed(
        features[loan].with_columns(pl.Series("row", np.arange(len(loan), dtype=np.uint32))), units
    )


def _promising(units: IntMatrix, reached: IntVector, now: int) -> list[IntVector]:
    """Pick the ways with the fewest changes to each better light."""
    size = (units > 0).sum(axis=1)
    picked = np.zeros(len(units), dtype=np.bool_)
    for rank in range(now):
        enough = reached <= rank
        picked |= enough & (size == size[enough].min(initial=MOST_CHANGES))
    return list(units[picked])


def _steps(loan: pl.DataFrame, way: IntVector, asked: Bounds) -> Iterator[IntVector]:
    """List the units worth trying of a way: those at which something crosses a number, and the last."""
    places = np.flatnonzero(way)
    levels = (_crossings(loan, place, int(way[place]), asked) for place in places)
    for chosen in product(*levels):
        row = np.zeros(len(CHANGES), dtype=np.int64)
        row[places] = chosen
        yield row


def _crossings(loan: pl.DataFrame, place: np.int64, most: int, asked: Bounds) -> list[int]:
    if most == 1:
        return [1]
    units = np.zeros((most + 1, len(CHANGES)), dtype=np.int64)
    units[:, place] = np.arange(most + 1)
    moved = after(loan, np.zeros(most + 1, dtype=np.int64), units)
    crossed = np.zeros(most, dtype=np.bool_)
    for name in asked.keys() & set(moved.columns):
        crossed |= _crossed(moved[name], asked[name])
    return sorted({most, *(np.flatnonzero(crossed) + 1).tolist()})


def _crossed(column: pl.Series, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell at which steps a column comes to stand elsewhere among the numbers: below, at or above each."""
    if column.dtype == pl.String:
        return np.zeros(len(column) - 1, dtype=np.bool_)
    values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    stands = numbers.searchsorted(values) + numbers.searchsorted(values, side="right")
    return np.asarray(np.diff(stands) != 0)


def _smallest(units: IntMatrix, ranks: IntVector, now: int) -> tuple[Turn, ...]:
    found: list[Turn] = []
    for rank in reversed(range(now)):
        ways = [
            Turn(rank=int(r), units=tuple(row))
            for row, r in zip(units.tolist(), ranks.tolist(), strict=True)
            if r <= rank
        ]
        if ways and (not found or found[-1].rank > rank):
            found.append(min(ways, key=lambda turn: turn.size))
    return tuple(found)
