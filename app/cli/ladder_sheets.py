"""The sheets of ladder, stakes, dividends, models and refunds, with the county's headings."""

from typing import Final

import polars as pl

from app.domain.ledger.columns import choice, code, count, day, flag, money, quantity, rate, text
from app.domain.words import FirmState, UseMode
from app.ledgerfile.writing import Sheet
from app.portfolio.interest_refund import RefundState
from app.portfolio.ladder import REASONS
from app.portfolio.ways import DividendState

_PLACE: Final = (code("township_code", "乡镇编码"), code("village_code", "村编码"))
_LOAN: Final = (code("loan_id", "贷款编号"), code("household_id", "户编号"), *_PLACE)
LIMITS: Final = (
    code("household_id", "户编号"),
    *_PLACE,
    count("loans", "贷款笔数"),
    count("active_loans", "在贷笔数"),
    count("years_on_time", "按时还款年数"),
    code("step", "等级"),
    money("step_limit", "等级额度(元)"),
    money("last_amount", "上年贷款金额(元)"),
    flag("credit_household", "信用户"),
    money("uplifted_limit", "上浮后额度(元)"),
    money("limit", "下次可贷额度(元)"),
    flag("referred", "转人工审定"),
    text("why", "依据"),
)
STAKES: Final = (
    *_LOAN,
    code("helper_id", "帮扶责任人编号"),
    money("amount", "贷款金额(元)"),
    money("balance", "贷款余额(元)"),
    money("principal_overdue", "逾期本金(元)"),
    rate("share", "承担比例(%)"),
    money("stake", "推荐责任风险金(元)"),
    flag("referred", "转人工审定"),
)
HELPERS: Final = (
    code("helper_id", "帮扶责任人编号"),
    count("loans", "贷款笔数"),
    money("amount", "贷款金额(元)"),
    money("stake", "推荐责任风险金(元)"),
    money("stake_overdue", "其中逾期贷款(元)"),
    count("referred", "转人工审定笔数"),
)
DIVIDENDS: Final = (
    *_LOAN,
    code("firm_id", "用款企业编号"),
    choice("use_mode", "用款方式", UseMode),
    day("due_on", "应付日期"),
    money("due", "应付分红(元)"),
    day("paid_on", "兑付日期"),
    money("paid", "已付分红(元)"),
    money("unpaid", "未付分红(元)"),
    count("days_late", "逾期天数"),
    choice("state", "状态", DividendState),
)
_SUMS: Final = (
    count("loans", "贷款笔数"),
    count("dividends", "到期分红笔数"),
    money("due", "应付分红(元)"),
    money("paid", "已付分红(元)"),
    money("unpaid", "未付分红(元)"),
    money("late", "其中逾期(元)"),
    count("days_late_max", "最长逾期天数"),
)
FIRMS: Final = (code("firm_id", "用款企业编号"), *_SUMS)
WAYS: Final = (choice("use_mode", "用款方式", UseMode), *_SUMS)
ENTRUSTED: Final = (
    *_LOAN,
    choice("use_mode", "用款方式", UseMode),
    code("firm_id", "用款企业编号"),
    choice("firm_state", "经营状况", FirmState),
    money("amount", "贷款金额(元)"),
    money("balance", "贷款余额(元)"),
    day("matures_on", "到期日期"),
    count("dividends", "到期分红笔数"),
    money("due", "应付分红(元)"),
    money("paid", "已付分红(元)"),
    money("late", "逾期分红(元)"),
)
MODEL_HOUSEHOLDS: Final = (
    count("rank", "名次"),
    code("household_id", "户编号"),
    *_PLACE,
    count("years_on_time", "按时还款年数"),
    count("loans_on_time", "当年按时还清笔数"),
    money("repaid_on_time", "当年按时还清金额(元)"),
)
MODEL_VILLAGES: Final = (
    count("rank", "名次"),
    *reversed(_PLACE),
    count("borrowers", "有贷户数"),
    count("households_on_time", "按时还清户数"),
    quantity("on_time_share", "占比"),
    money("repaid_on_time", "按时还清金额(元)"),
)
REFUNDS: Final = (
    *_LOAN,
    code("bank", "贷款机构"),
    money("due", "当年应付利息(元)"),
    money("paid_by_day", "按时支付(元)"),
    money("paid_after", "逾期支付(元)"),
    money("missed", "未按时支付(元)"),
    money("refund", "应贴息(元)"),
    choice("state", "状态", RefundState),
)


def limits_sheet(rows: pl.DataFrame) -> Sheet:
    """This function will make the sheet of next limits, each with its reasons in Chinese."""
    words = {reason: zh for reason, (zh, _) in REASONS.items()}
    why = pl.col("reasons").list.eval(pl.element().replace_strict(words)).list.join("；").alias("why")
    return Sheet(name="滚动贷款额度", columns=LIMITS, rows=rows.with_columns(why))
