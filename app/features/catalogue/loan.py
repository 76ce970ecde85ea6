"""Features of the loan itself and of the debt around it."""

from typing import Final

import polars as pl

from app.domain.words import Cause, Industry, UseMode
from app.features.expressions import days_between, divided, is_word, max_if, ratio, recent, sum_if, yuan
from app.features.feature import BY, LOAN_ONLY, Change, Feature, Moved, Sign, Source

_OWN: Final = pl.col("own")
_EARLIER: Final = ~pl.col("own") & ~pl.col("continued")
_STEP_YUAN: Final = 1000.0  # in which people reckon what they can pay
_NOTHING: Final = pl.lit(0.0)
_LESS_OWED: Final = pl.col("household_balance_yuan") - pl.col(BY)
_MATURED: Final = _EARLIER & (pl.col("matures_on") < pl.col("as_of"))

LOAN: Final = (
    Feature(
        name="amount_yuan", zh="贷款金额", en="loan amount", unit="yuan",
        cause=Cause.INDEBTEDNESS, source=Source.BASE, expr=yuan(pl.col("amount")),
    ),
    Feature(
        name="term_months", zh="贷款期限", en="term", unit="months",
        cause=Cause.TIMING, source=Source.BASE, expr=pl.col("term_months"),
    ),
    Feature(
        name="days_to_maturity", zh="距到期天数", en="days to maturity", unit="days",
        cause=Cause.TIMING, source=Source.BASE, stages=LOAN_ONLY,
        expr=days_between("as_of", "matures_on"),
    ),
    Feature(
        name="days_since_disbursed", zh="放款后天数", en="days since disbursement", unit="days",
        cause=Cause.MONITORING, source=Source.BASE, stages=LOAN_ONLY, modelled=False,
        expr=days_between("disbursed_on", "as_of"),
    ),
    Feature(
        name="annual_rate_pct", zh="年利率", en="annual interest rate", unit="%",
        cause=Cause.INDEBTEDNESS, source=Source.BASE, stages=LOAN_ONLY,
        expr=divided(pl.col("annual_rate"), 10_000),
    ),
    Feature(
        name="balance_yuan", zh="贷款余额", en="loan balance", unit="yuan",
        cause=Cause.INDEBTEDNESS, source=Source.BASE, modelled=False, expr=yuan(pl.col("balance")),
        changeable=Change(
            code="repay_early", zh="提前归还部分本金", en="repay part of the principal early",
            direction=-1, step=_STEP_YUAN, limit=pl.lit(_STEP_YUAN),  # something stays: else there is no loan
            moves=(Moved(name="household_balance_yuan", becomes=_LESS_OWED),),
        ),
    ),
    Feature(
        name="times_extended", zh="已展期次数", en="times extended", unit="count",
        cause=Cause.INDEBTEDNESS, source=Source.BASE, stages=LOAN_ONLY, sign=Sign.RAISES_RISK,
        expr=pl.col("times_extended"),
    ),
    Feature(
        name="times_renewed", zh="已续贷次数", en="times renewed", unit="count",
        cause=Cause.INDEBTEDNESS, source=Source.BASE, stages=LOAN_ONLY, sign=Sign.RAISES_RISK,
        expr=pl.col("times_renewed"),
    ),
    Feature(
        name="use_mode_firm", zh="户贷企用", en="money used by a firm", unit="flag",
        cause=Cause.USE_OF_FUNDS, source=Source.BASE, stages=LOAN_ONLY, modelled=False,
        expr=is_word("use_mode", UseMode.FIRM),
    ),
    Feature(
        name="use_not_productive", zh="用途非生产性", en="purpose not productive", unit="flag",
        cause=Cause.USE_OF_FUNDS, source=Source.BASE, modelled=False,
        expr=is_word("industry", Industry.NOT_PRODUCTIVE),
    ),
    Feature(
        name="disbursed_yyyymmdd", zh="放款日", en="day of disbursement (yyyymmdd)", unit="code",
        cause=Cause.USE_OF_FUNDS, source=Source.BASE, modelled=False,
        expr=pl.col("disbursed_on").dt.year() * 10_000
        + pl.col("disbursed_on").dt.month().cast(pl.Int32) * 100
        + pl.col("disbursed_on").dt.day().cast(pl.Int32),
    ),
    Feature(
        name="principal_days_late", zh="本金逾期天数", en="days principal is overdue", unit="days",
        cause=Cause.WILLINGNESS, source=Source.LOANS, stages=LOAN_ONLY, modelled=False,
        expr=max_if("principal_days_late", _OWN),
        changeable=Change(
            code="pay_principal", zh="归还逾期本金", en="pay the principal overdue",
            direction=-1, limit=_NOTHING,
        ),
    ),
    Feature(
        name="interest_days_late", zh="欠息天数", en="days interest is overdue", unit="days",
        cause=Cause.WILLINGNESS, source=Source.LOANS, stages=LOAN_ONLY, sign=Sign.RAISES_RISK,
        expr=max_if("interest_days_late", _OWN),
        changeable=Change(
            code="pay_interest", zh="补交欠息", en="pay the interest overdue", direction=-1, limit=_NOTHING,
            moves=(Moved(name="interest_overdue_yuan", becomes=_NOTHING),),
        ),
    ),
    Feature(
        name="interest_overdue_yuan", zh="欠息金额", en="interest overdue", unit="yuan",
        cause=Cause.WILLINGNESS, source=Source.LOANS, stages=LOAN_ONLY, sign=Sign.RAISES_RISK,
        expr=yuan(max_if("interest_overdue", _OWN)),
    ),
)  # fmt: skip

HISTORY: Final = (
    Feature(
        name="earlier_loans_repaid", zh="已还清的以往贷款笔数", en="earlier loans repaid", unit="count",
        cause=Cause.WILLINGNESS, source=Source.LOANS, sign=Sign.LOWERS_RISK, absent=0.0,
        expr=(_EARLIER & pl.col("repaid_on").is_not_null()).sum(),
    ),
    Feature(
        name="earlier_loans_on_time_share", zh="以往到期贷款按期还清比例",
        en="share of earlier loans repaid on time", unit="share",
        cause=Cause.WILLINGNESS, source=Source.LOANS, sign=Sign.LOWERS_RISK,
        expr=ratio(
            (_MATURED & (pl.col("repaid_on") <= pl.col("matures_on"))).sum(), _MATURED.sum()
        ),
    ),
    Feature(
        name="earlier_principal_days_late_max", zh="以往贷款本金最长逾期天数",
        en="longest delay of an earlier loan's principal", unit="days",
        cause=Cause.WILLINGNESS, source=Source.LOANS, sign=Sign.RAISES_RISK,
        expr=max_if("maturity_days_late", _MATURED),
    ),
    Feature(
        name="active_loans", zh="未结清贷款笔数", en="active loans of the household", unit="count",
        cause=Cause.INDEBTEDNESS, source=Source.LOANS, sign=Sign.RAISES_RISK, absent=0.0,
        expr=pl.col("active").sum(),
    ),
    Feature(
        name="household_balance_yuan", zh="全户贷款余额", en="loan balance of the household", unit="yuan",
        cause=Cause.INDEBTEDNESS, source=Source.LOANS, modelled=False, absent=0.0,
        expr=yuan(sum_if("balance", pl.col("active"))),
    ),
    Feature(
        name="interest_on_time_share_24m", zh="近24个月按期结息比例",
        en="share of interest paid on time in 24 months", unit="share",
        cause=Cause.WILLINGNESS, source=Source.DUES, sign=Sign.LOWERS_RISK,
        expr=ratio((recent(24) & (pl.col("days_late") == 0)).sum(), recent(24).sum()),
    ),
    Feature(
        name="interest_days_late_max_12m", zh="近12个月结息最长逾期天数",
        en="longest interest delay in 12 months", unit="days",
        cause=Cause.WILLINGNESS, source=Source.DUES, sign=Sign.RAISES_RISK,
        expr=max_if("days_late", recent(12)),
    ),
    Feature(
        name="outside_debt_yuan", zh="外债余额", en="debts outside", unit="yuan",
        cause=Cause.INDEBTEDNESS, source=Source.DEBTS, sign=Sign.RAISES_RISK, absent=0.0,
        expr=yuan(pl.col("balance").sum()),
        changeable=Change(
            code="repay_outside_debt", zh="归还外债", en="repay debts outside",
            direction=-1, step=_STEP_YUAN, limit=_NOTHING,
        ),
    ),
)  # fmt: skip
