"""Report workbooks as another reader sees them."""

from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from app.documents.content import Form, Heading, Language, Table
from app.documents.workbook import write_report

HEADINGS = (
    Heading("place", "乡镇", "township", Form.TEXT),
    Heading("loans", "笔数", "loans", Form.COUNT),
    Heading("amount", "余额", "balance", Form.MONEY),
    Heading("rate", "逾期率", "overdue rate", Form.PERCENT),
    Heading("points", "得分", "points", Form.POINTS),
    Heading("day", "截止日", "as of", Form.DATE),
)
ROWS = pl.DataFrame(
    {
        "place": ["=1+1", "乙乡"], "loans": [3, 0], "amount": [123_456_789, 0], "rate": [43_650, None],
        "points": [75.5, None], "day": [date(2025, 9, 30), date(2025, 9, 30)],
    }
)  # fmt: skip
TOTAL = pl.DataFrame(
    {
        "place": ["合计"],
        "loans": [3],
        "amount": [123_456_789],
        "rate": [43_650],
        "points": [None],
        "day": [None],
    }
)


def _write(path: Path, language: Language = "zh", rows: pl.DataFrame = ROWS) -> Path:
    table = Table(zh="分乡镇", en="townships", headings=HEADINGS, rows=rows, total=TOTAL, notes=("按户计。",))
    write_report(path, [table], title="模拟县月报", counted="截至2025-09-30", language=language)
    return path


def test_money_is_in_yuan_and_rates_in_per_cent(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "a.xlsx"))["分乡镇"]

    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    assert rows[0] == ("乡镇", "笔数", "余额(元)", "逾期率(%)", "得分", "截止日")
    assert rows[1][:5] == ("=1+1", 3, 1_234_567.89, 4.365, 75.5)
    assert rows[1][5].date() == date(2025, 9, 30)  # type: ignore[union-attr]
    assert rows[2][:5] == ("乙乡", 0, 0, None, None)
    assert rows[3][:4] == ("合计", 3, 1_234_567.89, 4.365)
    assert sheet["A8"].value == "按户计。"


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "a.xlsx"))["分乡镇"]

    assert sheet["A4"].data_type == "s"


def test_sheets_print_on_one_page_wide_with_headings_that_stay(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "a.xlsx"))["分乡镇"]

    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.freeze_panes == "B4"
    assert sheet.print_title_rows == "$3:$3"
    assert sheet["C6"].font.bold


@pytest.mark.parametrize(("language", "heading"), [("zh", "余额(元)"), ("en", "balance (yuan)")])
def test_headings_come_in_both_languages(tmp_path: Path, language: Language, heading: str) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "a.xlsx", language)).worksheets[0]

    assert sheet["C3"].value == heading


def test_a_sheet_without_rows_still_has_its_headings_and_total(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "a.xlsx", rows=ROWS.clear())).worksheets[0]

    assert (sheet["A3"].value, sheet["A4"].value) == ("乡镇", "合计")


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = _write(tmp_path / "a.xlsx"), _write(tmp_path / "b.xlsx")

    assert first.read_bytes() == second.read_bytes()
