"""The calendar of maturities and the ledger of entrusted firms as sheets for people."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from app.domain.ledger.columns import Column, choice, code, count, day, flag, money, quantity, text
from app.domain.words import FirmState
from app.ledgerfile.writing import Sheet

_WEEK: Final = (count("iso_year", "年"), count("iso_week", "周"), day("week_from", "周一日期"))
_DUE: Final = (
    count("loans", "到期笔数"),
    count("households", "到期户数"),
    money("amount", "到期金额(元)"),
    money("compensated", "其中可补偿(元)"),
)
_COHORT: Final = quantity("cohort_overdue_share", "上年到期逾期率")
_SHEETS: Final[Mapping[str, tuple[str, tuple[Column, ...]]]] = {
    "weeks": ("周汇总", (*_WEEK, *_DUE, money("mean", "周均到期(元)"), flag("peak", "集中还款期"))),
    "townships": ("乡镇", (*_WEEK, code("place", "乡镇编码"), *_DUE, _COHORT)),
    "banks": ("银行", (*_WEEK, code("place", "贷款机构"), *_DUE, _COHORT)),
    "visits": (
        "走访安排",
        (
            *_WEEK,
            code("township_code", "乡镇编码"),
            count("days_before", "到期前天数"),
            count("visits", "应走访户数"),
            count("needed", "本周合计"),
            count("capacity", "走访力量"),
            count("short", "缺口"),
        ),
    ),
    "funds": (
        "基金",
        (
            code("fund_id", "基金编号"),
            day("week_from", "周一日期"),
            money("compensated", "到期可补偿(元)"),
            money("expected", "预计补偿(元)"),
            money("balance", "基金余额(元)"),
            money("left", "预计结余(元)"),
        ),
    ),
}
FIRM_LOANS: Final[tuple[Column, ...]] = (
    code("firm_id", "用款企业编号"),
    choice("firm_state", "经营状况", FirmState),
    day("stated_on", "统计日期"),
    code("loan_id", "贷款编号"),
    code("household_id", "户编号"),
    code("township_code", "乡镇编码"),
    code("bank", "贷款机构"),
    day("disbursed_on", "放款日期"),
    day("matures_on", "到期日期"),
    money("amount", "贷款金额(元)"),
    money("balance", "贷款余额(元)"),
    count("principal_days_late", "本金逾期天数"),
    text("ledger", "台账类别"),
    money("dividends_due", "应付分红(元)"),
    money("dividends_paid", "已付分红(元)"),
    money("dividends_unpaid", "未付分红(元)"),
    count("dividends_late", "迟付次数"),
)


def maturity_sheets(parts: Mapping[str, pl.DataFrame]) -> list[Sheet]:
    """This function will lay out weeks, townships, banks, visits and funds, a sheet each."""
    return [Sheet(name=name, columns=columns, rows=parts[part]) for part, (name, columns) in _SHEETS.items()]
