"""The calendar of maturities as sheets for people."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from app.domain.ledger.columns import Column, code, count, day, flag, money, quantity
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


def maturity_sheets(parts: Mapping[str, pl.DataFrame]) -> list[Sheet]:
    """This function will lay out weeks, townships, banks, visits and funds, a sheet each."""
    return [Sheet(name=name, columns=columns, rows=parts[part]) for part, (name, columns) in _SHEETS.items()]
