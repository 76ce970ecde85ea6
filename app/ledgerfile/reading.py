"""Reads a ledger file into raw sheets: whose table it is, which columns, every cell as text.

A heading row is looked for within the first ten rows, below any title. A merged area says its value
for every row that it covers, except amounts and counts (a merged amount may be a total); blanks that
are not merged are never filled. A row that begins with 合计, 总计 or 小计 is no fact and left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

import polars as pl

from app.domain.ledger import Kind, Table
from app.ledgerfile.container import check_workbook, is_workbook
from app.ledgerfile.grid import Grid
from app.ledgerfile.headings import (
    KNOWN,
    ROW,
    Match,
    best_match,
    in_ten_thousands,
    is_ignored,
    match,
    table_of_name,
)
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.refusals import refused
from app.ledgerfile.source import Source
from app.ledgerfile.textfile import read_text
from app.ledgerfile.workbook import read_workbook

_TITLE_ROWS: Final = 10
_TOTALS: Final = ("合计", "总计", "小计")
_NOT_REPEATED: Final = frozenset({Kind.MONEY, Kind.INTEGER, Kind.DECIMAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSheet:
    """A sheet as it stands. `cells` holds the file's own headings (all text) and 行号, the row number.

    `columns` maps schema names to headings; `table` is None for a sheet that is not known;
    `ten_thousands` names the money columns whose heading says 万元.
    """

    name: str
    table: Table | None
    cells: pl.DataFrame
    columns: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    ten_thousands: frozenset[str] = frozenset()


def read_ledger(source: Source, *, filename_hint: str, limits: FileLimits) -> list[RawSheet]:
    """This function will read all sheets of a ledger file, .xlsx or .csv, told apart by content.

    Raises InvalidLedgerFileError for a file that is no ledger, hostile, or lacks a required column.
    """
    grids: Iterable[Grid]
    if is_workbook(source, limits):
        check_workbook(source, limits)
        grids = read_workbook(source, limits)
    else:
        grids = (read_text(source, limits, name=PurePath(filename_hint).stem),)
    sheets = [_raw_sheet(grid) for grid in grids if grid.cells.height]
    if all(sheet.table is None for sheet in sheets):
        raise refused("no_known_sheet")
    return sheets


def _raw_sheet(grid: Grid) -> RawSheet:
    row, found = _heading_row(grid)
    if found is None:
        return RawSheet(name=grid.name, table=None, cells=pl.DataFrame())
    if found.missing:
        missing = "、".join(column.zh for column in found.missing)
        raise refused("missing_columns", sheet=grid.name, table=found.table.zh, columns=missing)
    headings = _distinct(_texts(grid, row))
    columns = {name: headings[position] for name, position in found.positions.items()}
    return RawSheet(
        name=grid.name,
        table=found.table,
        cells=_body(grid, row, found, headings),
        columns=columns,
        unknown=_unknown(grid, headings, set(columns.values())),
        ten_thousands=frozenset(n for n, heading in columns.items() if in_ten_thousands(heading)),
    )


def _texts(grid: Grid, row: int) -> list[str]:
    return [(value or "").strip() for value in grid.cells.row(row)]


def _heading_row(grid: Grid) -> tuple[int, Match | None]:
    """Find the row that fits best: the table named by the sheet, else any table that fits wholly."""
    named = table_of_name(grid.name)
    rows = range(min(_TITLE_ROWS, grid.cells.height))
    found = [(row, m) for row in rows if (m := _match(_texts(grid, row), named)) is not None]
    return max(found, key=lambda pair: len(pair[1].positions), default=(0, None))


def _match(headings: Sequence[str], named: Table | None) -> Match | None:
    return match(headings, named) if named is not None else best_match(headings)


def _distinct(headings: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {ROW: 1}
    names = []
    for position, heading in enumerate(headings, start=1):
        name = heading or f"列{position}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{position}")
    return names


def _unknown(grid: Grid, headings: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """List headings that no column answers to; columns without heading and content do not count."""
    return tuple(
        heading
        for position, heading in enumerate(headings)
        if heading not in known
        and not is_ignored(heading)
        and grid.cells.to_series(position).null_count() < grid.cells.height
    )


def _body(grid: Grid, row: int, found: Match, headings: Sequence[str]) -> pl.DataFrame:
    cells = _filled(grid, found)
    if grid.uses_percent:
        cells = _percent_signs(cells, found)
    numbered = cells.with_columns(pl.Series(ROW, range(1, cells.height + 1), pl.UInt32))
    body = numbered.slice(row + 1).filter(_has_content(grid.cells.slice(row + 1)))
    return body.rename(dict(zip(cells.columns, headings, strict=True)))


def _has_content(cells: pl.DataFrame) -> pl.Series:
    stripped = [pl.col(name).str.strip_chars() for name in cells.columns]
    blank = pl.all_horizontal(*(text.is_null() | (text == "") for text in stripped))
    first = pl.coalesce(pl.when(text != "").then(text) for text in stripped).str.replace_all(r"\s", "")
    return cells.select(~blank & ~first.is_in(_TOTALS).fill_null(value=False)).to_series()


def _filled(grid: Grid, found: Match) -> pl.DataFrame:
    """Repeat the value of a merged area over its rows, in columns whose value may be repeated."""
    kinds = {p: _kind(found.table, name) for name, p in found.positions.items()}
    areas: dict[int, list[tuple[int, int]]] = {}
    for top, left, bottom, _ in grid.merged:
        if bottom > top and left in kinds and kinds[left] not in _NOT_REPEATED:
            areas.setdefault(left, []).append((top, min(bottom, grid.cells.height - 1)))
    return grid.cells.with_columns(_repeated(grid.cells.to_series(p), spans) for p, spans in areas.items())


def _repeated(column: pl.Series, spans: list[tuple[int, int]]) -> pl.Series:
    source = [top for top, bottom in spans for _ in range(top, bottom)]
    target = [row for top, bottom in spans for row in range(top + 1, bottom + 1)]
    return column.clone().scatter(target, column.gather(source))


def _kind(table: Table, name: str) -> Kind:
    return next(column.kind for column in (*table.columns, *KNOWN) if column.name == name)


def _percent_signs(cells: pl.DataFrame, found: Match) -> pl.DataFrame:
    """Write a rate kept as a fraction (0.0435, shown as 4.35%) as what is shown."""
    places = [str(p) for name, p in found.positions.items() if _kind(found.table, name) is Kind.RATE]
    number = pl.col(places).cast(pl.Float64, strict=False)
    shown = (number * 100).round(8).cast(pl.String) + "%"
    return (
        cells.with_columns(
            pl.when((number > 0) & (number < 1)).then(shown).otherwise(pl.col(places)).name.keep()
        )
        if places
        else cells
    )
