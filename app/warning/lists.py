"""List columns, built for whole frames at once; what is rare (a trigger that fires) costs only itself."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Positions = NDArray[np.intp]
AT: Final = "at"  # the position of a loan in its frame
NOWHERE: Final = np.zeros(0, dtype=np.intp)


def fired(frame: pl.DataFrame, conditions: Sequence[pl.Expr]) -> tuple[Positions, Positions]:
    """This function will find which conditions hold where; a condition that is null does not hold.

    Gives the positions of loans and the numbers of conditions, by loan, then in the order given.
    """
    if not conditions or frame.is_empty():
        return NOWHERE, NOWHERE
    numbered = [condition.alias(str(i)) for i, condition in enumerate(conditions)]
    flags = frame.select("row", pl.struct(numbered).alias(AT)).get_column(AT).struct.unnest()
    hits = np.nonzero(flags.fill_null(value=False).to_numpy())
    return hits[0], hits[1]


def observed(frame: pl.DataFrame, columns: Sequence[str], at: Positions, which: Positions) -> pl.Series:
    """This function will look up, for every hit, the value (Float64) of the column that it is about."""
    distinct = {name: place for place, name in enumerate(dict.fromkeys(columns))}
    if not len(at):
        return pl.Series([], dtype=pl.Float64)
    numbers = frame.select(pl.col(list(distinct)).cast(pl.Float64, strict=False))[at].to_numpy()
    place = np.array([distinct[name] for name in columns])
    return pl.Series(numbers[np.arange(len(at)), place[which]]).fill_nan(None)


def lists(height: int, at: Positions, entries: pl.DataFrame, name: str) -> pl.Series:
    """This function will gather `entries` (one per hit, sorted by `at`) under their loans.

    Gives a list-of-struct column of `height`, an empty list where nothing was found.
    """
    nothing = pl.Series(name, [[]], dtype=pl.List(pl.Struct(dict(entries.schema))))
    if not len(at):
        return nothing.new_from_index(0, height)
    found = pl.DataFrame([pl.Series(AT, at), entries.to_struct(name)])
    grouped = found.group_by(AT, maintain_order=True).agg(pl.col(name))
    column = grouped[name]
    place = np.full(height, len(column), dtype=np.int64)
    place[grouped[AT].to_numpy()] = np.arange(len(column))
    return column.append(nothing).gather(place)
