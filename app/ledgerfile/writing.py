"""Writes frames as .xlsx or .csv: ledgers, refused rows, and any export.

Texts, codes and ID numbers are written as text, never as formulas; money in yuan, rates in per cent,
days as days, choices in words. What is written here is read back the same (tested).
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import polars as pl
import xlsxwriter
from xlsxwriter.workbook import Format, Workbook, Worksheet

from app.domain.ledger import BY_NAME, Column, Kind, Table
from app.domain.money import FEN_PER_YUAN
from app.ledgerfile.checking import BadRows
from app.ledgerfile.headings import KNOWN, PROBLEM, ROW
from app.ledgerfile.refusals import refused

Language = Literal["zh", "en"]
Target = Path | BinaryIO

MAX_ROWS: Final = 1_048_576  # a sheet of .xlsx ends here, the heading row included
_LONGEST: Final = 32_767  # characters a cell may hold
_PPM_PER_CENT: Final = 10_000
_CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same rows give the same bytes on any day
_FORMATS: Final[Mapping[Kind, str]] = {
    Kind.DATE: "yyyy-mm-dd",
    Kind.MONTH: "yyyy-mm",
    Kind.MONEY: "0.00",
}
_WIDTH: Final = 14  # characters
_WIDTHS: Final[Mapping[Kind, int]] = {Kind.PERSON: 20, Kind.TEXT: 18, Kind.CHOICE: 18, Kind.DATE: 12}
_PAPER: Final = 180  # characters that one page across still shows legibly
_WIDEST, _LOOKED_AT = 44, 200  # characters of a column of texts, and the rows that say how many it needs
_LAST_NARROW: Final = 0x2E7F
_FORMULA: Final = re.compile(r"^'*[=+\-@\t\r\x00]")
_YES_NO: Final[Mapping[Language, tuple[str, str]]] = {"zh": ("是", "否"), "en": ("yes", "no")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What to write: a name, its columns (headings and kinds) and rows that hold them by column name.

    `fills` colours cells of choices in a workbook by the word that they show, e.g. 红灯: #F8CBAD.
    """

    name: str
    columns: tuple[Column, ...]
    rows: pl.DataFrame
    language: Language = "zh"
    fills: Mapping[str, str] = field(default_factory=dict)

    def heading(self, column: Column) -> str:
        """This function will give a column's heading in the sheet's language."""
        return column.zh if self.language == "zh" else column.name


def ledger_sheet(table: Table, rows: pl.DataFrame, language: Language = "zh") -> Sheet:
    """This function will make a sheet of a table; of the meta columns only known_on and known_basis."""
    columns = tuple(c for c in (*table.columns, *KNOWN) if c.name in rows.columns)
    return Sheet(
        name=table.zh if language == "zh" else table.name, columns=columns, rows=rows, language=language
    )


def bad_sheet(bad: BadRows) -> Sheet:
    """This function will make a sheet of refused rows in the shape of their file, with 问题 at the end."""
    place = pl.format("第{}行：{}", ROW, PROBLEM).alias(PROBLEM)
    rows = bad.rows.with_columns(place).drop(ROW)
    columns = tuple(Column(name=name, zh=name, kind=Kind.TEXT) for name in rows.columns)
    return Sheet(name=bad.sheet, columns=columns, rows=rows)


def write_ledger(target: Target, tables: Mapping[str, pl.DataFrame], *, language: Language = "zh") -> None:
    """This function will write tables (by their names) as one workbook, a sheet each."""
    write_workbook(target, [ledger_sheet(BY_NAME[name], rows, language) for name, rows in tables.items()])


def write_bad_rows(target: Target, bad: Sequence[BadRows], *, as_csv: bool = False) -> None:
    """This function will write refused rows to be corrected and imported again as they are.

    As csv there is one sheet only: what a .csv import refused. Raises InvalidLedgerFileError for more.
    """
    sheets = [bad_sheet(rows) for rows in bad]
    if not as_csv:
        write_workbook(target, sheets)
    elif len(sheets) == 1:
        write_csv(target, sheets[0])
    else:
        raise refused("one_sheet_only")


def write_workbook(target: Target, sheets: Iterable[Sheet], *, max_rows: int = MAX_ROWS) -> None:
    """This function will write sheets in constant memory; one that is too long goes on in `name (2)`."""
    options = {"constant_memory": True, "in_memory": False}
    with xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), options) as book:
        book.set_properties({"created": _CREATED})
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
        for sheet in sheets:
            for number, part in enumerate(_parts(sheet, max_rows), start=1):
                _write_part(book, sheet, part, number, formats)


def _parts(sheet: Sheet, max_rows: int) -> Iterable[pl.DataFrame]:
    size = max_rows - 1
    return (sheet.rows.slice(start, size) for start in range(0, max(sheet.rows.height, 1), size))


def _write_part(
    book: Workbook, sheet: Sheet, rows: pl.DataFrame, number: int, formats: Mapping[Kind, Format]
) -> None:
    page = book.add_worksheet(_sheet_name(sheet.name, number))
    _head(page, sheet, rows.height, book.add_format({"bold": True}))
    fills = {word: book.add_format({"bg_color": colour}) for word, colour in sheet.fills.items()}
    writers = [_writer(page, column, formats.get(column.kind), fills) for column in sheet.columns]
    columns = [cell_values(rows.get_column(c.name), c, sheet.language) for c in sheet.columns]
    for row, cells in enumerate(zip(*columns, strict=True), start=1):
        for position, cell in enumerate(cells):
            if cell is not None:
                writers[position](row, position, cell)


def _head(page: Worksheet, sheet: Sheet, height: int, bold: Format) -> None:
    """Write the heading row, which stays in sight and filters, over columns wide enough to read."""
    widths = [max(_needed(sheet, c), _shown_width(sheet.heading(c))) for c in sheet.columns]
    for position, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
        page.set_column(position, position, width)
        page.write_string(0, position, sheet.heading(column), bold)
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.repeat_rows(0)
    if sum(widths) <= _PAPER:
        page.fit_to_pages(1, 0)
    if sheet.columns:
        page.autofilter(0, 0, max(height, 1), len(sheet.columns) - 1)


def _needed(sheet: Sheet, column: Column) -> int:
    usual = _WIDTHS.get(column.kind, _WIDTH)
    if column.kind is not Kind.TEXT:
        return usual
    texts = sheet.rows.get_column(column.name).head(_LOOKED_AT).cast(pl.String).drop_nulls()
    return min(_WIDEST, max((_shown_width(text) for text in texts), default=usual))


def _shown_width(text: str) -> int:
    """A Chinese character is twice as wide as a Latin one; two more for the filter's arrow."""
    return sum(2 if ord(letter) > _LAST_NARROW else 1 for letter in text) + 2


def _writer(
    page: Worksheet, column: Column, form: Format | None, fills: Mapping[str, Format]
) -> Callable[..., int]:
    """Choose how cells of a column are written; a rate below one per cent is text and has its sign."""
    if column.kind in {Kind.DATE, Kind.MONTH}:
        return lambda row, position, day: page.write_datetime(row, position, day, form)
    if column.kind in {Kind.MONEY, Kind.INTEGER, Kind.DECIMAL}:
        return lambda row, position, number: page.write_number(row, position, number, form)
    if column.kind is Kind.RATE:
        return lambda row, position, rate: (
            page.write_string(row, position, rate)
            if isinstance(rate, str)
            else page.write_number(row, position, rate)
        )
    if column.kind is Kind.CHOICE and fills:
        return lambda row, position, word: page.write_string(row, position, word, fills.get(word))
    write: Callable[..., int] = page.write_string
    return write


def _sheet_name(name: str, number: int) -> str:
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip() or "Sheet"
    suffix = "" if number == 1 else f" ({number})"
    return plain[: 31 - len(suffix)] + suffix


def cell_values(values: pl.Series, column: Column, language: Language) -> list[Any]:
    """This function will turn a column of a frame into what its cells show."""
    match column.kind:
        case Kind.MONEY:
            return (values / FEN_PER_YUAN).to_list()
        case Kind.RATE:
            return [_rate(ppm) for ppm in values]
        case Kind.FLAG:
            return values.replace_strict([True, False], _YES_NO[language], return_dtype=pl.String).to_list()
        case Kind.CHOICE if column.choices is not None and language == "zh":
            words = {word.value: word.zh for word in column.choices}
            return values.replace_strict(words, default=values).to_list()
        case Kind.DATE | Kind.MONTH | Kind.INTEGER | Kind.DECIMAL:
            return values.to_list()
        case _:
            return values.cast(pl.String).str.slice(0, _LONGEST).to_list()


def _rate(ppm: int | None) -> float | str | None:
    if ppm is None:
        return None
    percent = ppm / _PPM_PER_CENT
    return f"{percent}%" if 0 < percent < 1 else percent


def write_csv(target: Target, sheet: Sheet) -> None:
    """This function will write one sheet as UTF-8 with mark, texts guarded against running as formulas."""
    columns = [_csv_values(sheet.rows.get_column(c.name), c, sheet.language) for c in sheet.columns]
    with _text_over(target) as text:
        writer = csv.writer(text)
        writer.writerow(guarded(sheet.heading(column)) for column in sheet.columns)
        writer.writerows(zip(*columns, strict=True))


@contextmanager
def _text_over(target: Target) -> Iterator[io.TextIOWrapper]:
    """Open text over a path, or over a binary stream that stays open."""
    with target.open("wb") if isinstance(target, Path) else nullcontext(target) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        yield text
        text.detach()


def _csv_values(values: pl.Series, column: Column, language: Language) -> list[Any]:
    shown = cell_values(values, column, language)
    if column.kind is Kind.MONEY:
        return [None if amount is None else f"{amount:.2f}" for amount in shown]
    return [guarded(cell) if isinstance(cell, str) else cell for cell in shown]


def guarded(text: str) -> str:
    """This function will put an apostrophe before a text that a spreadsheet would run as a formula.

    >>> guarded("=1+1")
    "'=1+1"
    """
    return f"'{text}" if _FORMULA.match(text) else text
