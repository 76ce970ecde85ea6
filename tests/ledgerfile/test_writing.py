import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidLedgerFileError
from app.domain.ledger import BY_NAME, TABLES, Column, Kind, Table
from app.ledgerfile.checking import check_table
from app.ledgerfile.reading import read_ledger
from app.ledgerfile.writing import (
    Language,
    Sheet,
    bad_sheet,
    ledger_sheet,
    write_bad_rows,
    write_csv,
    write_ledger,
    write_workbook,
)
from tests.ledgerfile import books

DAY = date(2026, 2, 7)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
CODES = st.from_regex(r"[A-Z][A-Z0-9-]{0,11}", fullmatch=True)
DAYS = st.dates(date(2020, 1, 1), DAY)

VALUES: dict[Kind, Callable[[Column], st.SearchStrategy[Any]]] = {
    Kind.TEXT: lambda _: TEXTS,
    Kind.CODE: lambda c: (
        st.from_regex(rf"[1-9][0-9]{{{c.digits - 1}}}", fullmatch=True) if c.digits else CODES
    ),
    Kind.PERSON: lambda _: st.builds(books.id_number, st.integers(0, 999)),
    Kind.DATE: lambda _: DAYS,
    Kind.MONTH: lambda _: DAYS.map(lambda day: day.replace(day=1)),
    Kind.MONEY: lambda _: st.integers(1, 10**13),
    Kind.RATE: lambda _: st.integers(0, 360_000),
    Kind.INTEGER: lambda _: st.integers(1, 10**9),
    Kind.DECIMAL: lambda _: st.integers(0, 10**9).map(lambda n: n / 1000),
    Kind.FLAG: lambda _: st.booleans(),
    Kind.CHOICE: lambda c: st.sampled_from([w.value for w in c.choices or ()]),
}


def value(column: Column) -> st.SearchStrategy[Any]:
    filled = VALUES[column.kind](column)
    return filled if column.required else st.none() | filled


def frames(table: Table) -> st.SearchStrategy[pl.DataFrame]:
    schema = {column.name: column.dtype for column in table.columns}
    row = st.fixed_dictionaries({column.name: value(column) for column in table.columns})
    return st.lists(row, min_size=1, max_size=5).map(lambda rows: pl.DataFrame(rows, schema=schema))


def with_ordered_days(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Put every other day of a row a day after the other, so that no rule between days is broken."""
    days = [c.name for c in table.columns if c.kind is Kind.DATE and c.name != table.happened]
    start = pl.col(table.happened)
    later = [(start + timedelta(days=i + 1)).alias(n) for i, n in enumerate(days) if n != "born_on"]
    born = [start.alias(n) for n in days if n == "born_on"]
    return frame.with_columns(*later, *born).unique(subset=table.key, maintain_order=True)


def read_back(content: bytes, table: Table, name: str) -> pl.DataFrame:
    sheets = read_ledger(content, filename_hint=name, limits=books.LIMITS)
    checked = check_table(table, sheets, imported_on=DAY)
    assert [bad.rows.get_column("问题").to_list() for bad in checked.bad] == []
    return checked.good.select(table.names)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), language=st.sampled_from(["zh", "en"]), as_csv=st.booleans())
def test_what_is_written_is_read_back_the_same(
    table: Table, data: st.DataObject, language: Language, *, as_csv: bool
) -> None:
    frame = with_ordered_days(data.draw(frames(table)), table)
    stream = io.BytesIO()
    if as_csv:
        write_csv(stream, ledger_sheet(table, frame, language))
    else:
        write_ledger(stream, {table.name: frame}, language=language)

    assert read_back(stream.getvalue(), table, f"{table.name}.csv").equals(frame)


def page(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def written(columns: tuple[Column, ...], rows: dict[str, list[Any]]) -> bytes:
    stream = io.BytesIO()
    write_workbook(stream, [Sheet(name="导出", columns=columns, rows=pl.DataFrame(rows))])
    return stream.getvalue()


NOTE = Column(name="note", zh="说明", kind=Kind.TEXT)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "=cmd|' /C calc'!A0", "http://example.invalid", "\t=1"]
)
def test_no_text_is_written_as_a_formula_or_link(text: str) -> None:
    cell = page(written((NOTE,), {"note": [text]}))["A2"]

    assert cell.data_type in {"s", "inlineStr"}
    assert cell.hyperlink is None
    assert cell.value.strip() == text.strip()


def test_numbers_days_and_words_are_written_as_people_read_them() -> None:
    frame = pl.DataFrame(
        {
            "loan_id": ["0012"],
            "amount": [5_000_050],
            "annual_rate": [43_500],
            "disbursed_on": [date(2025, 3, 9)],
            "industry": ["sheep"],
            "subsidised": [False],
        }
    )
    stream = io.BytesIO()

    write_ledger(stream, {"loans": frame})

    sheet = page(stream.getvalue())
    assert sheet.title == "贷款"
    heads, cells = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert heads == ["贷款编号", "贷款金额(元)", "年利率(%)", "放款日期", "用途", "是否贴息"]
    assert [str(cell) for cell in cells] == ["0012", "50000.5", "4.35", "2025-03-09 00:00:00", "羊养殖", "否"]


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = {"note": ["模拟"] * 3}

    assert written((NOTE,), rows) == written((NOTE,), rows)


def test_a_long_sheet_goes_on_in_another() -> None:
    stream = io.BytesIO()
    frame = pl.DataFrame({"note": [str(i) for i in range(7)]})

    write_workbook(stream, [Sheet(name="长" * 40, columns=(NOTE,), rows=frame)], max_rows=4)

    book = openpyxl.load_workbook(io.BytesIO(stream.getvalue()))
    assert book.sheetnames == ["长" * 31, "长" * 27 + " (2)", "长" * 27 + " (3)"]
    assert [sheet.max_row for sheet in book.worksheets] == [4, 4, 2]


def test_csv_opens_in_a_spreadsheet_and_guards_its_texts(tmp_path: Path) -> None:
    path = tmp_path / "导出.csv"
    amount = Column(name="amount", zh="金额(元)", kind=Kind.MONEY)
    rows = pl.DataFrame({"note": ["=1+1", "模拟"], "amount": [-150, 200]})

    write_csv(path, Sheet(name="导出", columns=(NOTE, amount), rows=rows))

    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert lines == [["说明", "金额(元)"], ["'=1+1", "-1.50"], ["模拟", "2.00"]]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=10))
def test_no_csv_cell_begins_like_a_formula(text: str) -> None:
    stream = io.BytesIO()

    write_csv(stream, Sheet(name="a", columns=(NOTE,), rows=pl.DataFrame({"note": [text]})))

    (cell,) = list(csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"))))[1] or [""]
    assert not cell.startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize("as_csv", [False, True])
def test_refused_rows_are_written_in_the_shape_of_their_file(*, as_csv: bool) -> None:
    loans = BY_NAME["loans"]
    content = books.workbook({"贷款": [("标题",), books.LOANS, books.loan("L1", "H1", 1, 用途="炒股")]})
    sheets = read_ledger(content, filename_hint="", limits=books.LIMITS)
    bad = check_table(loans, sheets, imported_on=DAY).bad
    stream = io.BytesIO()

    write_bad_rows(stream, bad, as_csv=as_csv)

    (again,) = read_ledger(stream.getvalue(), filename_hint="贷款.csv", limits=books.LIMITS)
    assert bad_sheet(bad[0]).rows.columns == [*books.LOANS, "问题"]
    assert again.unknown == ()
    assert again.cells.get_column("问题").to_list() == [f"第3行：{bad[0].rows.get_column('问题')[0]}"]
    assert again.cells.get_column("年利率(%)").to_list() == ["4.35"]


def test_refused_rows_of_two_sheets_do_not_fit_into_one_text_file() -> None:
    content = books.workbook(books.county(人员=[("x",) * 5], 农户=[("x",) * 7]))
    sheets = read_ledger(content, filename_hint="", limits=books.LIMITS)
    persons, households = (check_table(s.table, [s], imported_on=DAY) for s in sheets[:2] if s.table)

    with pytest.raises(InvalidLedgerFileError):
        write_bad_rows(io.BytesIO(), [*persons.bad, *households.bad], as_csv=True)
