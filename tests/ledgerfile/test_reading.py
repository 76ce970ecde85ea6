import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from app.domain.errors import InvalidLedgerFileError
from app.ledgerfile.reading import RawSheet, read_ledger
from tests.ledgerfile import books


def read(content: bytes, name: str = "台账.xlsx") -> list[RawSheet]:
    return read_ledger(content, filename_hint=name, limits=books.LIMITS)


def column(sheet: RawSheet, name: str) -> list[str | None]:
    return sheet.cells.get_column(sheet.columns[name]).to_list()


def test_sheets_are_known_by_their_names() -> None:
    sheets = read(books.workbook(books.county()))

    assert [s.table.name for s in sheets if s.table] == [
        "persons", "households", "loans", "repayments_due", "repayments",
    ]  # fmt: skip


def test_a_sheet_without_a_known_name_is_known_by_its_headings() -> None:
    (sheet,) = read(books.workbook({"Sheet1": [books.DUES, books.due("L1", "2025-06-21")]}))

    assert sheet.table is not None
    assert sheet.table.name == "repayments_due"


def test_english_headings_are_known() -> None:
    rows = [("loan_id", "due_on", "principal", "interest"), ("L1", "2025-06-21", 0, 543.75)]

    (sheet,) = read(books.workbook({"repayments_due": rows}))

    assert column(sheet, "interest") == ["543.75"]


def test_titles_above_the_heading_row_are_passed_over() -> None:
    rows = [("盐池县还款计划（模拟）",), (), ("单位：元",), books.DUES, books.due("L1", "2025-06-21")]

    (sheet,) = read(books.workbook({"还款计划": rows}))

    assert column(sheet, "loan_id") == ["L1"]
    assert sheet.cells.get_column("行号").to_list() == [5]


def test_a_table_that_does_not_begin_in_the_first_cell_keeps_its_row_numbers() -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for offset, row in enumerate([books.DUES, books.due("L1", "2025-06-21")]):
        for position, cell in enumerate(row):
            page.cell(row=4 + offset, column=3 + position, value=cell)

    (sheet,) = read(books.saved(book))

    assert sheet.cells.get_column("行号").to_list() == [5]
    assert column(sheet, "due_on") == ["2025-06-21"]


def test_blank_rows_and_totals_are_no_facts() -> None:
    rows = [books.DUES, books.due("L1", "2025-06-21"), (), (None, " "), ("合 计", None, 0, 543.75)]

    (sheet,) = read(books.workbook({"还款计划": rows}))

    assert column(sheet, "loan_id") == ["L1"]


def test_unknown_columns_are_reported_and_kept() -> None:
    rows = [(*books.DUES, "备注", "", "问题"), (*books.due("L1", "2025-06-21"), "模拟", None, "旧的问题")]

    (sheet,) = read(books.workbook({"还款计划": rows}))

    assert sheet.unknown == ("备注",)
    assert sheet.cells.get_column("备注").to_list() == ["模拟"]


def test_an_unknown_sheet_beside_a_known_one_is_no_error() -> None:
    sheets = read(books.workbook({**books.county(), "说明": [("填表说明",)]}))

    assert [s.name for s in sheets if s.table is None] == ["说明"]


def test_a_hidden_sheet_is_left_out() -> None:
    book = openpyxl.load_workbook(io.BytesIO(books.workbook(books.county())))
    book["还款计划"].sheet_state = "hidden"

    assert "还款计划" not in [sheet.name for sheet in read(books.saved(book))]


def test_a_missing_required_column_is_named() -> None:
    rows = [("贷款编号", "应还日期", "应还本金"), ("L1", "2025-06-21", 0)]

    with pytest.raises(InvalidLedgerFileError) as error:
        read(books.workbook({"还款计划": rows}))

    assert error.value.problem.zh == "工作表“还款计划”（还款计划）缺少必需的列：应还利息(元)。"


def test_a_workbook_without_a_known_sheet_is_refused() -> None:
    with pytest.raises(InvalidLedgerFileError) as error:
        read(books.workbook({"Sheet1": [("甲", "乙"), (1, 2)]}))

    assert error.value.details["reason"] == "no_known_sheet"


def test_a_merged_area_says_its_value_for_every_row_but_amounts_are_not_repeated() -> None:
    rows = [books.DUES, books.due("L1", "2025-06-21", interest=600), (None, "2025-09-21", 0, None)]
    book = openpyxl.load_workbook(io.BytesIO(books.workbook({"还款计划": rows})))
    book["还款计划"].merge_cells("A2:A3")
    book["还款计划"].merge_cells("D2:D3")

    (sheet,) = read(books.saved(book))

    assert column(sheet, "loan_id") == ["L1", "L1"]
    assert column(sheet, "interest") == ["600", None]


def test_a_blank_that_is_not_merged_stays_blank() -> None:
    rows = [books.DUES, books.due("L1", "2025-06-21"), (None, "2025-09-21", 0, 1)]

    (sheet,) = read(books.workbook({"还款计划": rows}))

    assert column(sheet, "loan_id") == ["L1", None]


def test_cells_come_as_plain_text() -> None:
    rows = [
        books.DUES,
        (1001, date(2025, 6, 21), 50000.0, 0.1),
        (640321199001010000, datetime(2025, 6, 21, 8), 1e-5, 1),  # noqa: DTZ001 - a spreadsheet's time has no zone
    ]

    (sheet,) = read(books.workbook({"还款计划": rows}))

    assert column(sheet, "loan_id") == ["1001", "6.40321199001010E+17"]
    assert column(sheet, "due_on") == ["2025-06-21", "2025-06-21 08:00:00"]
    assert column(sheet, "principal") == ["50000", "0.00001"]


def test_a_rate_kept_as_a_fraction_and_shown_in_per_cent_is_read_as_shown() -> None:
    rows = [books.LOANS, books.loan("L1", "H1", 1, **{"年利率(%)": 0.0435})]
    book = openpyxl.load_workbook(io.BytesIO(books.workbook({"贷款": rows})))
    book["贷款"]["F2"].number_format = "0.00%"

    (sheet,) = read(books.saved(book))

    assert column(sheet, "annual_rate") == ["4.35%"]


def test_a_heading_in_ten_thousands_is_noticed() -> None:
    rows = [("贷款编号", "应还日期", "应还本金（万元）", "应还利息"), ("L1", "2025-06-21", 5, 0)]

    (sheet,) = read(books.workbook({"还款计划": rows}))

    assert sheet.ten_thousands == {"principal"}


CSV = "贷款编号,应还日期,应还本金,应还利息\nL1,2025/6/21,0,543.75\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_file_is_read_in_the_encodings_that_counties_use(encoding: str) -> None:
    (sheet,) = read(CSV.encode(encoding), "还款计划.csv")

    assert column(sheet, "loan_id") == ["L1"]


@pytest.mark.parametrize("name", ["还款计划.csv", "export-7.csv", ""])
def test_the_table_of_a_text_file_is_known_by_its_name_or_headings(name: str) -> None:
    (sheet,) = read(CSV.encode(), name)

    assert sheet.table is not None
    assert sheet.table.name == "repayments_due"


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters_are_found(delimiter: str) -> None:
    (sheet,) = read(CSV.replace(",", delimiter).encode(), "还款计划.csv")

    assert column(sheet, "interest") == ["543.75"]


def test_short_and_long_lines_of_a_text_file_are_kept() -> None:
    (sheet,) = read((CSV + "L2,2025/6/21\nL3,2025/6/21,0,1,多\n").encode(), "还款计划.csv")

    assert column(sheet, "interest") == ["543.75", None, "1"]


def test_the_guard_before_a_formula_is_taken_off_again() -> None:
    (sheet,) = read((CSV + "'=L2,2025/6/21,0,1\n").encode(), "还款计划.csv")

    assert column(sheet, "loan_id") == ["L1", "=L2"]


def test_a_file_on_disk_is_read_as_its_bytes_are(tmp_path: Path) -> None:
    content = books.workbook(books.county())
    path = tmp_path / "台账.xlsx"
    path.write_bytes(content)

    from_disk = read_ledger(path, filename_hint=path.name, limits=books.LIMITS)

    assert [s.name for s in from_disk] == [s.name for s in read(content)]
    assert pl.concat([s.cells.select("行号") for s in from_disk]).height == 10
