"""Checks every row of a table's sheets: good rows as values, bad rows with what is wrong.

Rows that say the same are one fact: the first is kept, the others are counted as duplicates. Rows of one
key that say different things are all refused, since nobody can tell which is right; the same holds for
two payments of one day without a receipt number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from app.domain.ledger import Column, Table
from app.ledgerfile.headings import KNOWN, PROBLEM
from app.ledgerfile.reading import RawSheet
from app.ledgerfile.rules import rules_of
from app.ledgerfile.values import read_column

AT: Final = "at"
_CONFLICT: Final = "同一编号有几行内容不一致，请只留正确的一行"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRows:
    """Refused rows of one sheet: its own headings and cells as text, 行号 and 问题."""

    sheet: str
    table: Table
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTable:
    """A table's rows after the checks; rows read = good + problems + duplicates.

    `good` holds the schema's columns (PERSON columns still ID numbers), known_on and known_basis (both
    may be null), and `at`, the row's place among all rows read; `problems` holds `at` and 问题.
    """

    table: Table
    sheets: tuple[RawSheet, ...]
    good: pl.DataFrame
    problems: pl.DataFrame
    duplicates: int

    @property
    def read(self) -> int:
        """This function will count the rows read."""
        return sum(sheet.cells.height for sheet in self.sheets)

    def refuse(self, wrong: pl.Series, problem: str) -> "CheckedTable":
        """This function will move good rows marked in `wrong` to the problems, with a sentence."""
        moved = self.good.filter(wrong).select(AT, pl.lit(problem).alias(PROBLEM))
        return replace(self, good=self.good.filter(~wrong), problems=pl.concat([self.problems, moved]))

    @property
    def bad(self) -> tuple[BadRows, ...]:
        """This function will give the refused rows as they stood in the file, sheet by sheet."""
        found, start = [], 0
        for sheet in self.sheets:
            rows = (
                sheet.cells.with_columns(_places(sheet, start)).join(self.problems, on=AT).sort(AT).drop(AT)
            )
            start += sheet.cells.height
            if rows.height:
                found.append(BadRows(sheet=sheet.name, table=self.table, rows=rows))
        return tuple(found)


def _places(sheet: RawSheet, start: int) -> pl.Series:
    return pl.Series(AT, range(start, start + sheet.cells.height), pl.Int64)


def check_table(table: Table, sheets: Sequence[RawSheet], *, imported_on: date) -> CheckedTable:
    """This function will read and check all rows of a table; `imported_on` bounds what has happened."""
    read = pl.concat([_read_sheet(table, sheet) for sheet in sheets]).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias(AT)
    )
    judged = _judged(read, table, imported_on)
    problems = judged.filter(pl.col(PROBLEM) != "").select(AT, PROBLEM)
    good = judged.filter(pl.col(PROBLEM) == "").drop(PROBLEM)
    single = _single(good, table)
    duplicates = good.height - single.height
    checked = CheckedTable(
        table=table, sheets=tuple(sheets), good=single, problems=problems, duplicates=duplicates
    )
    return checked.refuse(single.select(pl.struct(table.key).is_duplicated()).to_series(), _CONFLICT)


def _read_sheet(table: Table, sheet: RawSheet) -> pl.DataFrame:
    """Give the columns' values and, under PROBLEM, the list of what is wrong with cells."""
    columns = (*table.columns, *KNOWN)
    read = {column.name: _read_cells(sheet, column) for column in columns}
    problems = pl.DataFrame([cells.get_column("problem").alias(name) for name, cells in read.items()])
    joined = problems.select(pl.concat_str(pl.all(), separator="；", ignore_nulls=True).alias(PROBLEM))
    values = pl.DataFrame([cells.get_column("value").alias(name) for name, cells in read.items()])
    return values.with_columns(joined.to_series())


def _read_cells(sheet: RawSheet, column: Column) -> pl.DataFrame:
    heading = sheet.columns.get(column.name)
    if heading is None:
        return pl.DataFrame(schema={"value": column.dtype, "problem": pl.String()}).clear(sheet.cells.height)
    ten_thousands = column.name in sheet.ten_thousands
    return read_column(sheet.cells.get_column(heading), column, in_ten_thousands=ten_thousands)


def _judged(read: pl.DataFrame, table: Table, imported_on: date) -> pl.DataFrame:
    """Add what breaks the table's rules to the problems of cells."""
    broken = [pl.when(~rule.holds.fill_null(value=True)).then(pl.lit(rule.zh)) for rule in rules_of(table)]
    cells = pl.when(pl.col(PROBLEM) != "").then(pl.col(PROBLEM))
    return (
        read.with_columns(pl.lit(imported_on).alias("imported_on"))
        .with_columns(pl.concat_str([cells, *broken], separator="；", ignore_nulls=True).alias(PROBLEM))
        .drop("imported_on")
    )


def _single(good: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Keep of rows that say the same the one that was known first."""
    by_known = good.sort("known_on", nulls_last=True, maintain_order=True)
    return by_known.unique(subset=table.names, keep="first", maintain_order=True).sort(AT)
