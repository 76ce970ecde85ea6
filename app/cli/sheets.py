"""Shows a sheet on the screen, and writes it where a file is asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.table import Table

from app.cli.progress import console
from app.ledgerfile.writing import Sheet, cell_values, write_workbook

SHOWN: Final = 40  # rows on the screen; a file holds them all


def tell(sheets: Sequence[Sheet], out: Path | None) -> None:
    """This function will print the first rows of each sheet and write all of them to a workbook."""
    for sheet in sheets:
        console.print(_table(sheet))
        if sheet.rows.height > SHOWN:
            console.print(f"… {sheet.rows.height - SHOWN:,} more rows 另有未显示的行；--out 写出全部")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(out, sheets)
        console.print(f"written 已写出: {out}")


def _table(sheet: Sheet) -> Table:
    """Lay rows out below one another, or one row alone as a list of what it says."""
    headings = [sheet.heading(column) for column in sheet.columns]
    rows = sheet.rows.head(SHOWN)
    cells = [cell_values(rows.get_column(c.name), c, sheet.language) for c in sheet.columns]
    lines = list(zip(*cells, strict=True))
    alone = len(lines) == 1
    table = Table(*([] if alone else headings), title=sheet.name, show_header=not alone)
    for line in zip(headings, lines[0], strict=True) if alone else lines:
        table.add_row(*(_text(cell) for cell in line))
    return table


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    return "-" if cell is None else str(cell)
