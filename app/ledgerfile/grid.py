"""A sheet as text: what both kinds of file are read into before any meaning is given."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final

import polars as pl

Cell = str | float | int | bool | date | datetime | time | timedelta | None

_BATCH: Final = 50_000
_EXACT: Final = 1e15  # a spreadsheet keeps 15 digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A sheet's cells as text from its first row on (columns `0`, `1`, …; empty is null).

    `merged` holds (first row, first column, last row, last column), counted from 0 within `cells`.
    """

    name: str
    cells: pl.DataFrame
    merged: tuple[tuple[int, int, int, int], ...] = ()
    uses_percent: bool = False


def cell_text(value: Cell) -> str | None:
    """This function will write a cell as text: whole numbers plainly, days as 2026-03-09.

    A number of 16 digits or more comes out like `6.40321E+17`: its last digits were lost in the file.

    >>> cell_text(50000.0), cell_text(True)
    ('50000', 'TRUE')
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        return _number_text(value)
    if isinstance(value, datetime):
        return _moment_text(value)
    return None if value is None else str(value)


def _number_text(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.14E}"
    if value == int(value):
        return str(int(value))
    text = repr(value)
    return f"{value:.20f}".rstrip("0") if "e" in text else text


def _moment_text(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")


def frame_of(rows: Iterable[Sequence[Cell]], width: int) -> pl.DataFrame:
    """This function will gather rows, some of which may be shorter, into columns of text."""
    source = iter(rows)
    schema = {str(i): pl.String() for i in range(width)}
    parts = [_part(batch, schema) for batch in _batches(source)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _batches(rows: Iterator[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _part(rows: list[Sequence[Cell]], schema: dict[str, pl.String]) -> pl.DataFrame:
    width = len(schema)
    even = (row if len(row) == width else [*row, *[None] * width][:width] for row in rows)
    columns = zip(*even, strict=True)
    return pl.DataFrame(
        {name: list(map(cell_text, column)) for name, column in zip(schema, columns, strict=True)},
        schema=schema,
    )
