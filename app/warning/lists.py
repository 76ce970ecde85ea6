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
    flags = [condition.fill_null(value=False).alias(str(i)) for i, condition in enumerate(conditions)]
    hits = np.nonzero(frame.select("row", *flags).drop("row").to_numpy())
    return hits[0], hits[1]


def lists(height: int, at: Positions, entries: pl.DataFrame, name: str) -> pl.Series:
    """This function will gather `entries` (one per hit, sorted by `at`) under their loans.

    Gives a list-of-struct column of `height`, an empty list where nothing was found.
    """
    found = entries.select(pl.struct(pl.all()).alias(name), pl.Series(AT, at))
    grouped = found.group_by(AT, maintain_order=True).agg(pl.col(name))
    column = grouped[name]
    place = np.full(height, len(column), dtype=np.int64)
    place[grouped[AT].to_numpy()] = np.arange(len(column))
    return column.append(pl.Series(name, [[]], dtype=column.dtype)).gather(place)
