"""Small workbooks and texts as counties keep them; every person in them is invented (模拟)."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl

from app.domain.identity import check_digit
from app.ledgerfile.limits import FileLimits

LIMITS = FileLimits()
VILLAGE = "640323100201"


def id_number(serial: int, *, born: str = "19800101", county: str = "640323") -> str:
    """Make an invented ID number whose check digit is right."""
    first = f"{county}{born}{serial:03d}"
    return first + check_digit(first)


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


PERSONS = ("证件号码", "姓名", "联系电话", "银行账号", "登记日期")
HOUSEHOLDS = ("户编号", "村编码", "组", "户主证件号码", "耕地面积(亩)", "家庭资产(元)", "摸底日期")
LOANS = (
    "贷款编号", "户编号", "借款人证件号码", "贷款机构", "贷款金额(元)", "年利率(%)", "放款日期", "到期日期",
    "用途", "还款方式", "用款方式", "贷款性质", "是否贴息",
)  # fmt: skip
DUES = ("贷款编号", "应还日期", "应还本金(元)", "应还利息(元)")
REPAYMENTS = ("贷款编号", "还款日期", "归还本金(元)", "归还利息(元)", "流水号")


def person(serial: int, name: str = "模拟甲") -> tuple[Any, ...]:
    return (id_number(serial), name, "13000000000", "6200000000000000000", "2024-01-05")


def household(number: str, serial: int, **changes: Any) -> tuple[Any, ...]:
    row = {
        "户编号": number, "村编码": VILLAGE, "组": "一组", "户主证件号码": id_number(serial),
        "耕地面积(亩)": 12.5, "家庭资产(元)": 80000, "摸底日期": "2024-01-05",
    }  # fmt: skip
    return tuple({**row, **changes}.values())


def loan(number: str, household_number: str, serial: int, **changes: Any) -> tuple[Any, ...]:
    row = {
        "贷款编号": number, "户编号": household_number, "借款人证件号码": id_number(serial),
        "贷款机构": "模拟银行",
        "贷款金额(元)": "5万元", "年利率(%)": 4.35, "放款日期": "2025/3/9", "到期日期": "20260309",
        "用途": "养羊", "还款方式": "按季结息", "用款方式": "户贷户用", "贷款性质": "新增", "是否贴息": "√",
    }  # fmt: skip
    return tuple({**row, **changes}.values())


def due(number: str, day: str, principal: float = 0, interest: float = 543.75) -> tuple[Any, ...]:
    return (number, day, principal, interest)


def repayment(
    number: str, day: str, principal: float = 0, interest: float = 543.75, receipt: str | None = None
) -> tuple[Any, ...]:
    return (number, day, principal, interest, receipt)


def county(**changes: Sequence[Sequence[Any]]) -> dict[str, list[Sequence[Any]]]:
    """A ledger of two households with a loan each; rows of a sheet can be replaced by its name."""
    rows: dict[str, Sequence[Sequence[Any]]] = {
        "人员": (person(1), person(2, "模拟乙")),
        "农户": (household("H1", 1), household("H2", 2)),
        "贷款": (loan("L1", "H1", 1), loan("L2", "H2", 2)),
        "还款计划": (due("L1", "2025-06-21"), due("L1", "2026-03-09", 50000)),
        "还款记录": (
            repayment("L1", "2025-06-21", receipt="R1"),
            repayment("L2", "2025-06-20", receipt="R2"),
        ),
        **changes,
    }
    heads = {"人员": PERSONS, "农户": HOUSEHOLDS, "贷款": LOANS, "还款计划": DUES, "还款记录": REPAYMENTS}
    return {name: [heads[name], *body] for name, body in rows.items() if body}
