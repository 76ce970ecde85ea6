"""The sheets of a subsidy plan and of a prepaid account, with the county's headings."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from app.domain.ledger.columns import Column, choice, code, count, day, money, month, quantity, rate, text
from app.ledgerfile.writing import Sheet
from app.policy.figures import IdentityValue
from app.portfolio.subsidy_account import DebitState, PrepaidAccount
from app.portfolio.subsidy_tables import quarter_table

_LOAN: Final = (
    code("loan_id", "贷款编号"),
    code("household_id", "户编号"),
    code("township_code", "乡镇编码"),
    code("village_code", "村编码"),
    code("bank", "贷款机构"),
    count("vintage", "放款年度"),
)
PLAN: Final = (
    *_LOAN,
    count("quarter", "季度"),
    code("subsidy", "贴息规定"),
    code("day_count", "计息方式"),
    rate("rate", "贴息利率(%)"),
    count("days", "计息天数"),
    money("average", "平均贴息余额(元)"),
    money("interest", "贴息金额(元)"),
)
_SUMS: Final = (
    count("loans", "笔数"),
    count("households", "户数"),
    money("q1", "一季度(元)"),
    money("q2", "二季度(元)"),
    money("q3", "三季度(元)"),
    money("q4", "四季度(元)"),
    money("first_half", "上半年(元)"),
    money("year", "全年(元)"),
)
PRINTED: Final = (
    text("zh", "文件所列项目"),
    money("printed", "文件数(元)"),
    money("ours", "测算数(元)"),
    money("difference", "测算减文件(元)"),
    money("printed_balance", "文件贷款余额(元)"),
    money("whole_year", "该余额一整年利息(元)"),
    quantity("share_of_year", "文件数占整年"),
    money("opening_balance", "台账年初余额(元)"),
    text("note", "说明"),
)
_KEYS: Final = {"vintage": "放款年度", "township_code": "乡镇编码", "bank": "贷款机构"}
_CHECKS: Final = (
    text("zh", "核对"),
    text("computed", "计算数"),
    text("printed", "文件数"),
    text("unit", "单位"),
    text("result", "结论"),
    text("clause", "出处"),
)


def plan_sheets(plan: pl.DataFrame, printed: pl.DataFrame, checks: Iterable[IdentityValue]) -> list[Sheet]:
    """This function will lay a plan out in sheets: by vintage, township and bank, by loan, and the checks."""
    average = (pl.col("fen_days") / pl.col("days")).round(0).cast(pl.Int64).alias("average")
    return [
        *(_by(plan, key, zh) for key, zh in _KEYS.items()),
        Sheet(name="与文件对照", columns=PRINTED, rows=printed),
        Sheet(name="文件数据核对", columns=_CHECKS, rows=_checked(checks)),
        Sheet(name="贴息明细", columns=PLAN, rows=plan.with_columns(average)),
    ]


def _by(plan: pl.DataFrame, key: str, zh: str) -> Sheet:
    table = quarter_table(plan, key).with_columns(pl.col(key).cast(pl.String()).fill_null("合计"))
    return Sheet(name=f"按{zh}", columns=(text(key, zh), *_SUMS), rows=table)


def _checked(checks: Iterable[IdentityValue]) -> pl.DataFrame:
    rows = [
        (c.zh, f"{c.computed:f}", f"{c.printed:f}", c.unit, "相符" if c.holds else "不符", c.reference.clause)
        for c in checks
    ]
    return pl.DataFrame(rows, schema={c.name: pl.String() for c in _CHECKS}, orient="row")


_DEBITED: Final[tuple[Column, ...]] = (
    *_LOAN,
    day("matures_on", "到期日期"),
    money("computed", "应扣划利息(元)"),
)


def account_sheets(account: PrepaidAccount) -> list[Sheet]:
    """This function will lay a prepaid account out in sheets: by month, by debit, and the yearly list."""
    records = (
        money("recorded", "已扣划(元)"),
        money("difference", "扣划减应扣(元)"),
        day("debited_on", "扣划日期"),
        choice("state", "核对结果", DebitState),
    )
    months = (
        month("month", "月份"),
        money("opening", "月初余额(元)"),
        money("paid_in", "拨入(元)"),
        money("debited", "已扣划(元)"),
        money("taken_out", "其他支出(元)"),
        money("expected", "待扣划(元)"),
        money("closing", "月末余额(元)"),
    )
    return [
        Sheet(name="账户余额预测", columns=months, rows=account.months),
        Sheet(name="到期扣划", columns=(*_DEBITED, *records), rows=account.debits),
        Sheet(name=f"{account.settled_in}月审核名单", columns=_DEBITED, rows=account.listed),
    ]
