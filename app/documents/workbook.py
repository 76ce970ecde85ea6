"""Writes the tables of a report as .xlsx, ready to print: a title, headings that stay, totals in bold.

The headings stand in row 3; money is in yuan, rates in per cent. The same tables give the same bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter
from xlsxwriter.workbook import Format, Workbook, Worksheet

from app.documents.content import Form, Heading, Language, Table
from app.domain.money import FEN_PER_YUAN

HEADING_ROW: Final = 2  # from 0: below the title and what it counts
_PPM_PER_CENT: Final = 10_000
_CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same tables give the same bytes on any day
_FORMATS: Final[Mapping[Form, str]] = {
    Form.MONEY: "#,##0.00",
    Form.PERCENT: "0.00",
    Form.POINTS: "0.00",
    Form.COUNT: "#,##0",
    Form.DATE: "yyyy-mm-dd",
}
_LEAST: Final = 7  # characters
_MOST: Final = 40
_LONGEST_WORD: Final = 8  # of a heading, which goes on on the next line
_A3, _A4 = 8, 9  # paper sizes of the format
_LETTERS_ON_A4: Final = 150
_FONT: Final = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_BETWEEN: Final[Mapping[Language, str]] = {"zh": "　", "en": ": "}
_LAST_NARROW: Final = 0x2E7F


def write_report(
    path: Path, tables: Iterable[Table], *, title: str, counted: str, language: Language = "zh"
) -> None:
    """This function will write a report's tables, a sheet each, under its title and what it counts."""
    with xlsxwriter.Workbook(str(path), {"default_format_properties": _FONT}) as book:
        book.set_properties({"created": _CREATED, "title": title})
        formats = _Formats(book)
        for table in tables:
            page = book.add_worksheet(table.name(language))
            _set_up(page, table, language)
            name = table.name(language)
            page.write_string(
                0, 0, f"{title}　{name}" if language == "zh" else f"{title}: {name}", formats.title
            )
            page.write_string(1, 0, counted, formats.note)
            _fill(page, table, formats, language)


class _Formats:
    """The formats of cells, each made once."""

    def __init__(self, book: Workbook) -> None:
        box = {**_FONT, "border": 1}
        head = {"bold": True, "text_wrap": True, "align": "center", "bg_color": "#E7EDF4"}
        self.title = book.add_format({**_FONT, "bold": True, "font_size": 14})
        self.note = book.add_format({**_FONT, "font_color": "#595959"})
        self.head = book.add_format({**box, **head})
        self.cell = {form: book.add_format({**box, **_number(form)}) for form in Form}
        strong = {"bold": True, "bg_color": "#F2F2F2"}
        self.total = {form: book.add_format({**box, **strong, **_number(form)}) for form in Form}


def _number(form: Form) -> dict[str, str]:
    return {"num_format": _FORMATS[form]} if form in _FORMATS else {}


def _set_up(page: Worksheet, table: Table, language: Language) -> None:
    """Set widths, what stays in sight, and how the sheet is printed."""
    widths = [_width(table, heading, language) for heading in table.headings]
    for position, width in enumerate(widths):
        page.set_column(position, position, width)
    page.set_default_row(16)
    page.set_row(0, 24)
    page.set_row(HEADING_ROW, 42)
    page.freeze_panes(HEADING_ROW + 1, 1)
    page.autofilter(HEADING_ROW, 0, HEADING_ROW + max(table.rows.height, 1), max(len(table.headings), 1) - 1)
    page.set_landscape()
    page.set_paper(_A4 if sum(widths) <= _LETTERS_ON_A4 else _A3)
    page.fit_to_pages(1, 0)
    page.repeat_rows(HEADING_ROW)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    page.set_footer("&C&P / &N")


def _width(table: Table, heading: Heading, language: Language) -> int:
    """A column is as wide as its longest value, its heading broken into lines."""
    parts = [table.rows] if table.total is None else [table.rows, table.total]
    values = pl.concat([part.select(heading.name) for part in parts], how="vertical_relaxed").to_series()
    texts = {_SHOWN[heading.form](value) for value in shown(values, heading.form) if value is not None}
    title = min(_shown_width(heading.text(language)), _LONGEST_WORD)
    return min(max([_LEAST, title, *(_shown_width(text) for text in texts)]) + 1, _MOST)


_SHOWN: Final[Mapping[Form, Callable[..., str]]] = {
    Form.TEXT: str,
    Form.DATE: str,
    Form.COUNT: "{:,}".format,
    Form.MONEY: "{:,.2f}".format,
    Form.PERCENT: "{:.2f}".format,
    Form.POINTS: "{:.2f}".format,
}


def _shown_width(text: str) -> int:
    """A Chinese character is twice as wide as a Latin one."""
    return sum(2 if ord(letter) > _LAST_NARROW else 1 for letter in text)


def _fill(page: Worksheet, table: Table, formats: _Formats, language: Language) -> None:
    for position, heading in enumerate(table.headings):
        page.write_string(HEADING_ROW, position, heading.text(language), formats.head)
    row = _write_rows(page, table.rows, table.headings, formats.cell, HEADING_ROW + 1)
    if table.total is not None:
        row = _write_rows(page, table.total, table.headings, formats.total, row)
    for number, note in enumerate(table.notes):
        page.write_string(row + 1 + number, 0, note, formats.note)


def _write_rows(
    page: Worksheet,
    rows: pl.DataFrame,
    headings: Sequence[Heading],
    formats: Mapping[Form, Format],
    start: int,
) -> int:
    """Write rows from a line on, blank where a value is missing; give the line after the last."""
    for position, heading in enumerate(headings):
        write, form = _writer(page, heading.form), formats[heading.form]
        for row, cell in enumerate(shown(rows.get_column(heading.name), heading.form), start=start):
            if cell is None:
                page.write_blank(row, position, None, form)
            else:
                write(row, position, cell, form)
    return start + rows.height


def _writer(page: Worksheet, form: Form) -> Callable[..., int]:
    writers: dict[Form, Callable[..., int]] = {Form.TEXT: page.write_string, Form.DATE: page.write_datetime}
    number: Callable[..., int] = page.write_number
    return writers.get(form, number)


def shown(values: pl.Series, form: Form) -> list[Any]:
    """This function will turn a column's values into what its cells hold: yuan, per cent, plain texts."""
    if form is Form.MONEY:
        return (values / FEN_PER_YUAN).to_list()
    if form is Form.PERCENT:
        return (values / _PPM_PER_CENT).to_list()
    return values.cast(pl.String).to_list() if form is Form.TEXT else values.to_list()
