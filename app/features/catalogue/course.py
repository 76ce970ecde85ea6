"""Features of a course of things: how payments, visits, incomes and prices went, not only how they stand.

Monthly and quarterly facts are noisy one by one; what they say together is what lasts of will and means.
"""

from typing import Final

import polars as pl

from app.domain.words import Cause, ProductionState, Willingness
from app.features.expressions import code_of, days_between, divided, ratio, recent, sum_if, yuan
from app.features.feature import Feature, Sign, Source

_LONGEST: Final = 90  # days late beyond which one delay says no more
_LATE: Final = pl.min_horizontal("days_late", _LONGEST)
_DAYS_AGO: Final = days_between("on", "as_of")
_LATELY: Final = _DAYS_AGO <= 183  # two quarterly dates
_FADES: Final = 730  # days after which a shock is no longer felt
# Of the year's incomes the newest by month ahead of maturity: 0 the month of it, 1 the month of grace,
# 11 the month before. What came earlier is partly spent.
_MONTHS_AHEAD: Final = (pl.col("month") - pl.col("maturity_month")) % 12
_LEFT: Final = {1: 6, 0: 6, 11: 5, 10: 4, 9: 3, 8: 2, 7: 1}  # sixths
_HALF: Final = pl.col("age") < 6
_SAME_HALF_BEFORE: Final = (pl.col("age") >= 12) & (pl.col("age") < 18)
_WHOLE_HALF_BEFORE: Final = pl.col("age").max() >= 18


def _mean_level(name: str, zh: str, en: str, code: pl.Expr, cause: Cause) -> Feature:
    known = recent(24) & code.is_not_null()
    return Feature(
        name=name, zh=zh, en=en, unit="level", cause=cause, source=Source.VISITS,  # also of loans before
        sign=Sign.LOWERS_RISK, expr=ratio(sum_if(code, known), known.sum()),
    )  # fmt: skip


def _mean_late(condition: pl.Expr) -> pl.Expr:
    return ratio(sum_if(_LATE, condition), condition.sum())


PAID_SO_FAR: Final = (
    Feature(
        name="interest_days_late_mean_24m", zh="近24个月结息平均逾期天数",
        en="mean interest delay in 24 months", unit="days", cause=Cause.WILLINGNESS, source=Source.DUES,
        sign=Sign.RAISES_RISK, expr=_mean_late(recent(24)),
    ),
    Feature(
        name="interest_days_late_mean_6m", zh="近6个月结息平均逾期天数",
        en="mean interest delay in 6 months", unit="days", cause=Cause.WILLINGNESS, source=Source.DUES,
        sign=Sign.RAISES_RISK, expr=_mean_late(_LATELY),
    ),
    Feature(
        name="interest_delay_against_own_history", zh="近期结息比以往更迟的天数",
        en="interest delay of late, above the household's own before", unit="days",
        cause=Cause.WILLINGNESS, source=Source.DUES, sign=Sign.RAISES_RISK,
        expr=_mean_late(_LATELY) - _mean_late(~_LATELY),
    ),
)  # fmt: skip

SEEN_SO_FAR: Final = (
    _mean_level(
        "willingness_mean_24m", "近24个月走访还款意愿平均水平", "mean will to repay over visits in 24 months",
        code_of("willingness", *reversed(Willingness)), Cause.WILLINGNESS,
    ),
    _mean_level(
        "production_mean_24m", "近24个月走访生产状况平均水平",
        "mean state of production over visits in 24 months",
        code_of("production", *reversed(ProductionState)), Cause.INCOME,
    ),
)  # fmt: skip

EARNED_SO_FAR: Final = (
    Feature(
        name="income_at_hand_at_maturity_yuan", zh="到期时可动用的收入（上年同期）",
        en="income still at hand at maturity, as last year's season had it", unit="yuan",
        cause=Cause.TIMING, source=Source.INCOMES, sign=Sign.LOWERS_RISK,
        expr=divided(
            pl.sum_horizontal(
                sum_if("amount", (pl.col("age") < 12) & _MONTHS_AHEAD.eq(month)) * sixths
                for month, sixths in _LEFT.items()
            ),
            600,
        ),
    ),
    Feature(
        name="income_change_6m", zh="近6个月收入较上年同期变化",
        en="income of 6 months against the year before",
        unit="ratio", cause=Cause.INCOME, source=Source.INCOMES, sign=Sign.LOWERS_RISK,
        expr=pl.when(_WHOLE_HALF_BEFORE).then(
            ratio(sum_if("amount", _HALF), sum_if("amount", _SAME_HALF_BEFORE)) - 1
        ),
    ),
)  # fmt: skip

FELT: Final = (
    Feature(
        name="shock_loss_fading_yuan", zh="尚有影响的变故损失", en="losses by shocks that are still felt",
        unit="yuan", cause=Cause.SHOCK, source=Source.SHOCKS, modelled=False, absent=0.0,
        expr=yuan(sum_if(pl.col("loss") * (_FADES - _DAYS_AGO) // _FADES, _DAYS_AGO < _FADES)),
    ),
    Feature(
        name="price_to_usual", zh="产业价格与近三年均价之比",
        en="price of the industry against its mean of three years", unit="ratio", cause=Cause.MARKET,
        source=Source.PRICES, sign=Sign.LOWERS_RISK,
        expr=ratio(
            pl.when(pl.col("age") == 0).then(pl.col("price") * pl.col("usual_months")).max(),
            pl.col("usual_sum").max(),
        ),
    ),
)  # fmt: skip

AGAINST_LOAN: Final = (
    Feature(
        name="income_at_hand_to_due", zh="到期时可动用收入与应还本金之比",
        en="income at hand at maturity against the balance due", unit="ratio", cause=Cause.TIMING,
        source=Source.DERIVED, sign=Sign.LOWERS_RISK,
        expr=ratio(pl.col("income_at_hand_at_maturity_yuan"), pl.col("balance_yuan")),
    ),
    Feature(
        name="shock_loss_fading_to_income", zh="尚有影响的变故损失与年收入之比",
        en="losses still felt against a year's income", unit="ratio", cause=Cause.SHOCK,
        source=Source.DERIVED, sign=Sign.RAISES_RISK,
        expr=ratio(pl.col("shock_loss_fading_yuan"), pl.col("income_12m_yuan")),
    ),
    Feature(
        name="price_gap_felt", zh="产业价格偏离均价对收入的影响",
        en="price against its usual, by the share of production in income", unit="share", cause=Cause.MARKET,
        source=Source.DERIVED, sign=Sign.LOWERS_RISK,
        expr=(pl.col("price_to_usual") - 1) * pl.col("production_share_12m"),
    ),
)  # fmt: skip
