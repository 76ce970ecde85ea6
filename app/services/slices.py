"""Cuts long tables into slices, so that no statement and no copy grows with the file."""

from collections.abc import Iterator
from typing import Final

import polars as pl

ROWS: Final = 50_000


def slices(frame: pl.DataFrame, rows: int = ROWS) -> Iterator[tuple[int, pl.DataFrame]]:
    """This function will give slices in order, each with the number of rows done when it is done."""
    for start in range(0, frame.height, rows):
        part = frame.slice(start, rows)
        yield start + part.height, part
