"""Credit lines for people: their state on a day, counted and as a sheet."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from app.domain.ledger.columns import code, count, day, flag, money
from app.ledgerfile.writing import Sheet

_COLUMNS: Final = (
    code("line_id", "授信编号"),
    code("township_code", "乡镇编码"),
    code("village_code", "村编码"),
    code("household_id", "户编号"),
    code("bank", "贷款机构"),
    flag("revolving", "随用随取"),
    money("credit_limit", "授信额度(元)"),
    money("drawn", "已用额度(元)"),
    money("available", "可用额度(元)"),
    day("granted_on", "授信日期"),
    day("expires_on", "授信到期日"),
    day("usable_until", "可支用至"),
    count("days_left", "剩余天数"),
    flag("expired", "已到期"),
    count("draws", "支用笔数"),
    money("overdrawn", "超额度(元)"),
    money("overdrawn_by_cut", "其中因调减额度(元)"),
    money("drawn_after_expiry", "到期后支用(元)"),
    count("overdue_days", "该户最长逾期天数"),
)


def lines_sheet(states: pl.DataFrame) -> Sheet:
    """This function will lay the states of lines out for people, in the order of their places."""
    rows = states.sort("village_code", "household_id", "line_id", nulls_last=True)
    return Sheet(name="授信使用", columns=_COLUMNS, rows=rows)


def line_totals(states: pl.DataFrame) -> Mapping[str, int]:
    """This function will count lines by what is to be said of them and add up open ones (fen)."""
    usable = states.filter(~pl.col("expired"))
    counts = {
        "lines": states.height,
        "usable": usable.height,
        "expired": states.height - usable.height,
        "overdrawn": states.filter(pl.col("overdrawn") > 0).height,
        "overdrawn_by_cut": states.filter(pl.col("overdrawn_by_cut") > 0).height,
        "drawn_after_expiry": states.filter(pl.col("drawn_after_expiry") > 0).height,
    }
    sums = {name: int(usable[name].sum()) for name in ("credit_limit", "drawn", "available")}
    return {**counts, **sums}
