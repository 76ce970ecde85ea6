"""Features of the household: its people, what it earns and when, and what befell it."""

from typing import Final

import polars as pl

from app.domain.words import Cause, IncomeSource, Labour, Registration, ShockKind
from app.features.expressions import (
    any_of,
    code_of,
    is_word,
    latest,
    of_largest,
    ratio,
    recent,
    sum_if,
    yuan,
)
from app.features.feature import Change, Feature, Sign, Source

# Incomes come with `age`: whole months between their month and the newest month in view.
_YEAR: Final = pl.col("age") < 12
_YEAR_BEFORE: Final = (pl.col("age") >= 12) & (pl.col("age") < 24)
_PRODUCTION: Final = is_word("source", IncomeSource.CROPS, IncomeSource.LIVESTOCK, IncomeSource.BUSINESS)
_TOTAL: Final = sum_if("amount", _YEAR)
_TOTAL_BEFORE: Final = sum_if("amount", _YEAR_BEFORE)
_WHOLE_YEAR_BEFORE: Final = pl.col("age").max() >= 24
_MONTHS_AHEAD: Final = (pl.col("month") - pl.col("maturity_month")) % 12


def _shock(kind: ShockKind, months: int, zh: str, en: str) -> Feature:
    return Feature(
        name=f"{kind.value}_{months}m", zh=f"近{months}个月{zh}", en=f"{en} in {months} months", unit="flag",
        cause=Cause.SHOCK, source=Source.SHOCKS, sign=Sign.RAISES_RISK, absent=0.0,
        expr=any_of(is_word("kind", kind) & recent(months)),
    )  # fmt: skip


INCOME: Final = (
    Feature(
        name="income_12m_yuan", zh="近12个月家庭收入", en="household income in 12 months", unit="yuan",
        cause=Cause.INCOME, source=Source.INCOMES, sign=Sign.LOWERS_RISK, expr=yuan(_TOTAL),
    ),
    Feature(
        name="income_change_yoy", zh="收入同比变化", en="income change on the year before", unit="ratio",
        cause=Cause.INCOME, source=Source.INCOMES, sign=Sign.LOWERS_RISK,
        expr=pl.when(_WHOLE_YEAR_BEFORE).then(ratio(_TOTAL, _TOTAL_BEFORE) - 1),
    ),
    Feature(
        name="income_sources_12m", zh="近12个月收入来源数", en="income sources in 12 months", unit="count",
        cause=Cause.INCOME, source=Source.INCOMES, sign=Sign.LOWERS_RISK,
        expr=pl.sum_horizontal(
            any_of(_YEAR & (pl.col("amount") > 0) & is_word("source", source)).cast(pl.Int64)
            for source in IncomeSource
        ),
    ),
    Feature(
        name="wage_share_12m", zh="务工收入占比", en="share of wages in income", unit="share",
        cause=Cause.INCOME, source=Source.INCOMES,
        expr=ratio(sum_if("amount", _YEAR & is_word("source", IncomeSource.WAGES)), _TOTAL),
    ),
    Feature(
        name="production_share_12m", zh="生产经营收入占比", en="share of production in income", unit="share",
        cause=Cause.INCOME, source=Source.INCOMES,
        expr=ratio(sum_if("amount", _YEAR & _PRODUCTION), _TOTAL),
    ),
    Feature(
        name="days_since_income", zh="距最近一笔收入记录天数", en="days since the last recorded income",
        unit="days", cause=Cause.MONITORING, source=Source.INCOMES, modelled=False,
        expr=pl.col("days_ago").min(),
        changeable=Change(
            code="record_income", zh="核实并登记家庭收入（假定与原记录一致）",
            en="check and record the household's income (taken to be as recorded before)",
            direction=-1, limit=pl.lit(0.0), unseen=True,
        ),
    ),
    Feature(
        name="income_share_before_maturity", zh="到期日前三个月收入占全年比例",
        en="share of the year's income in the three months before the day of maturity", unit="share",
        cause=Cause.TIMING, source=Source.INCOMES, sign=Sign.LOWERS_RISK,
        expr=ratio(sum_if("amount", _YEAR & (_MONTHS_AHEAD.is_in([0, 10, 11]))), _TOTAL),
    ),
    Feature(
        name="months_to_main_income_after_maturity", zh="到期后至主要收入月份的月数",
        en="months from maturity to the main income", unit="months",
        cause=Cause.TIMING, source=Source.INCOMES,
        expr=of_largest(pl.when(_YEAR & (pl.col("amount") > 0)).then(_MONTHS_AHEAD), "amount"),
    ),
)  # fmt: skip

PEOPLE: Final = (
    Feature(
        name="members", zh="家庭人口", en="household members", unit="people",
        cause=Cause.HOUSEHOLD, source=Source.MEMBERS, expr=pl.len(),
    ),
    Feature(
        name="labourers", zh="劳动力人数", en="members able to work", unit="people",
        cause=Cause.HOUSEHOLD, source=Source.MEMBERS, sign=Sign.LOWERS_RISK,
        expr=pl.when(pl.col("labour").count() > 0).then(is_word("labour", Labour.ABLE).sum()),
    ),
    Feature(
        name="borrower_age", zh="借款人年龄", en="age of the borrower", unit="years",
        cause=Cause.HOUSEHOLD, source=Source.MEMBERS, modelled=False,
        expr=pl.col("age_now").max(),
    ),
    Feature(
        name="age_at_maturity", zh="到期时借款人年龄", en="age of the borrower at maturity", unit="years",
        cause=Cause.HOUSEHOLD, source=Source.MEMBERS, modelled=False,
        expr=pl.col("age_then").max(),
    ),
    Feature(
        name="registration", zh="户属性", en="registration", unit="code",
        cause=Cause.HOUSEHOLD, source=Source.REGISTRATIONS, modelled=False, text=True,
        expr=latest(code_of("registration", *Registration)).replace_strict(
            dict(enumerate(word.value for word in Registration)), default=None, return_dtype=pl.String
        ),
    ),
    Feature(
        name="land_mu", zh="耕地面积", en="farm land", unit="mu",
        cause=Cause.HOUSEHOLD, source=Source.SURVEYS, sign=Sign.LOWERS_RISK, expr=pl.col("land_mu").first(),
    ),
    Feature(
        name="assets_yuan", zh="家庭资产", en="household assets", unit="yuan",
        cause=Cause.HOUSEHOLD, source=Source.SURVEYS, modelled=False, expr=yuan(pl.col("assets").first()),
    ),
    Feature(
        name="has_village", zh="有所在村", en="village known", unit="flag",
        cause=Cause.HOUSEHOLD, source=Source.BASE, modelled=False,
        expr=pl.col("village_code").is_not_null(),
    ),
)  # fmt: skip

EVENTS: Final = (
    _shock(ShockKind.ILLNESS, 12, "有重大疾病", "serious illness"),
    _shock(ShockKind.DEATH, 24, "有成员身故", "death in the household"),
    _shock(ShockKind.DISASTER, 12, "有自然灾害", "natural disaster"),
    _shock(ShockKind.ANIMAL_DISEASE, 12, "有动物疫病", "animal disease"),
    _shock(ShockKind.ACCIDENT, 12, "有意外事故", "accident"),
    Feature(
        name="shock_loss_12m_yuan", zh="近12个月重大变故损失", en="losses by shocks in 12 months",
        unit="yuan", cause=Cause.SHOCK, source=Source.SHOCKS, modelled=False, absent=0.0,
        expr=yuan(sum_if("loss", recent(12))),
    ),
    Feature(
        name="insurance_paid_12m_yuan", zh="近12个月保险理赔金额", en="insurance paid out in 12 months",
        unit="yuan", cause=Cause.SHOCK, source=Source.INSURANCE, absent=0.0,
        expr=yuan(sum_if("paid_out", recent(12))),
    ),
    Feature(
        name="credit_mark_open", zh="有未解除的不良信用记录", en="open bad credit record", unit="flag",
        cause=Cause.WILLINGNESS, source=Source.MARKS, modelled=False, absent=0.0,
        expr=any_of(pl.col("open")),
    ),
    Feature(
        name="bad_faith_open", zh="有未解除的恶意失信记录", en="open record of bad faith", unit="flag",
        cause=Cause.WILLINGNESS, source=Source.MARKS, modelled=False, absent=0.0,
        expr=any_of(pl.col("open") & (pl.col("mark") == "bad_faith")),
    ),
)  # fmt: skip
