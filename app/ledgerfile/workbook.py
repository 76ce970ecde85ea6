"""Reads the visible sheets of a checked .xlsx workbook into grids."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.ledgerfile.grid import Grid, frame_of
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.refusals import refused
from app.ledgerfile.source import Source, opened

_STYLES: Final = "xl/styles.xml"
_PERCENT_IDS: Final = frozenset({"9", "10"})  # built-in number formats 0% and 0.00%


def read_workbook(source: Source, limits: FileLimits) -> tuple[Grid, ...]:
    """This function will read every visible sheet; hidden ones are left out.

    Raises InvalidLedgerFileError where the parser finds the workbook damaged.
    """
    with _clear_errors(), opened(source) as stream:
        percent = _uses_percent(source)
        return tuple(_grid(sheet, percent=percent) for sheet in _sheets(stream, limits))


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except PasswordError as error:
        raise refused("encrypted") from error
    except DefusedXmlException as error:
        raise refused("unsafe") from error
    except (CalamineError, ParseError, zipfile.BadZipFile) as error:
        raise refused("damaged") from error


def _sheets(stream: BinaryIO, limits: FileLimits) -> Iterator[CalamineSheet]:
    book = CalamineWorkbook.from_filelike(stream)
    cells = 0
    for sheet in book.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            found = book.get_sheet_by_name(sheet.name)
            cells += found.height * found.width
            if cells > limits.cells:
                raise refused("too_many_cells", limit=limits.cells)
            yield found


def _grid(sheet: CalamineSheet, *, percent: bool) -> Grid:
    """Rows come from the sheet's first on, columns from the first that holds anything."""
    left = (sheet.start or (0, 0))[1]
    merged = tuple(
        (first[0], first[1] - left, last[0], last[1] - left)
        for first, last in sheet.merged_cell_ranges or ()
        if first[1] >= left
    )
    cells = frame_of(sheet.iter_rows(), sheet.width)
    return Grid(name=sheet.name, cells=cells, merged=merged, uses_percent=percent)


def _uses_percent(source: Source) -> bool:
    """Tell whether any cell format in use shows per cent: then 0.0435 is how 4.35% is kept."""
    with opened(source) as stream, zipfile.ZipFile(stream) as archive:
        if _STYLES not in archive.namelist():
            return False
        styles = fromstring(archive.read(_STYLES))
    own = {
        e.get("numFmtId")
        for e in styles.iterfind(".//{*}numFmts/{*}numFmt")
        if "%" in e.get("formatCode", "")
    }
    used = {e.get("numFmtId") for e in styles.iterfind(".//{*}cellXfs/{*}xf")}
    return bool(used & (own | _PERCENT_IDS))
