"""Features of what visits, use records and markets show, and of the loans around."""

from typing import Final

import polars as pl

from app.domain.words import Cause, Contact, ProductionState, UsePurpose, UseState, Willingness
from app.features.expressions import (
    any_of,
    code_of,
    days_between,
    is_word,
    latest,
    max_if,
    ratio,
    recent,
    sum_if,
    yuan,
)
from app.features.feature import BY, LOAN_ONLY, Change, Feature, Moved, Sign, Source

_MISUSE: Final = (UseState.AS_AGREED, UseState.IDLE, UseState.MISUSED)
_LAST_USE: Final = latest(pl.when(pl.col("own")).then(code_of("use_state", *_MISUSE)))
_ONE_MORE: Final = Moved(name="visits_12m", becomes=pl.col("visits_12m") + 1)
_VISITED: Final = (Moved(name="days_since_visit", becomes=pl.lit(0.0)), _ONE_MORE)
# Only money spent on production is recorded anew: what went elsewhere stays on record.
_SPENT_ELSEWHERE: Final = pl.col("off_purpose_share").fill_null(0.0) * pl.col("use_recorded_yuan")
_SHARE_ELSEWHERE: Final = ratio(_SPENT_ELSEWHERE, pl.col("use_recorded_yuan") + pl.col(BY))

VISITED: Final = (
    Feature(
        name="willingness_last", zh="最近走访的还款意愿（2愿意 1犹豫 0不愿）",
        en="will to repay at the last visit (2 willing, 1 hesitant, 0 unwilling)", unit="level",
        cause=Cause.WILLINGNESS, source=Source.VISITS, stages=LOAN_ONLY, sign=Sign.LOWERS_RISK,
        expr=latest(code_of("willingness", *reversed(Willingness))),
    ),
    Feature(
        name="production_last", zh="最近走访的生产状况（2正常 1较差 0停滞）",
        en="production at the last visit (2 sound, 1 poor, 0 stalled)", unit="level",
        cause=Cause.INCOME, source=Source.VISITS, stages=LOAN_ONLY, sign=Sign.LOWERS_RISK,
        expr=latest(code_of("production", *reversed(ProductionState))),
    ),
    Feature(
        name="misuse_found", zh="走访发现改变用途", en="misuse found by a visit", unit="flag",
        cause=Cause.USE_OF_FUNDS, source=Source.VISITS, stages=LOAN_ONLY, sign=Sign.RAISES_RISK, absent=0.0,
        expr=any_of(pl.col("own") & is_word("use_state", UseState.MISUSED)),
    ),
    Feature(
        name="idle_found", zh="最近走访发现资金闲置", en="money idle at the last visit", unit="flag",
        cause=Cause.USE_OF_FUNDS, source=Source.VISITS, stages=LOAN_ONLY, sign=Sign.RAISES_RISK, absent=0.0,
        expr=_LAST_USE.eq(_MISUSE.index(UseState.IDLE)).fill_null(value=False),
        changeable=Change(
            code="put_to_use", zh="将闲置资金投入约定的生产并走访登记",
            en="put the idle money to its agreed use, and record it at a visit",
            direction=-1, limit=pl.lit(0.0), moves=_VISITED,
        ),
    ),
    Feature(
        name="contact_lost", zh="最近走访失联", en="borrower lost at the last visit", unit="flag",
        cause=Cause.WILLINGNESS, source=Source.VISITS, stages=LOAN_ONLY, sign=Sign.RAISES_RISK,
        expr=latest(code_of("contact", *Contact)) == tuple(Contact).index(Contact.LOST),
        changeable=Change(
            code="restore_contact", zh="重新联系上借款人并走访登记",
            en="find the borrower again, and record the visit",
            direction=-1, limit=pl.lit(0.0), moves=_VISITED,
        ),
    ),
    Feature(
        name="needs_funds_last", zh="最近走访仍有资金需求", en="still needs money at the last visit",
        unit="flag", cause=Cause.INCOME, source=Source.VISITS, stages=LOAN_ONLY, modelled=False,
        expr=latest(pl.col("needs_funds").cast(pl.Int64)),
    ),
    Feature(
        name="days_since_visit", zh="距最近走访天数", en="days since the last visit", unit="days",
        cause=Cause.MONITORING, source=Source.VISITS, stages=LOAN_ONLY, sign=Sign.RAISES_RISK,
        expr=days_between("on", "as_of").min(),
        changeable=Change(
            code="record_visit", zh="上门走访并登记（假定未发现新问题）",
            en="visit the household and record it (taken to find nothing new)",
            direction=-1, limit=pl.lit(0.0), unseen=True, moves=(_ONE_MORE,),
        ),
    ),
    Feature(
        name="visits_12m", zh="近12个月走访次数", en="visits in 12 months", unit="count",
        cause=Cause.MONITORING, source=Source.VISITS, stages=LOAN_ONLY, absent=0.0,
        expr=recent(12).sum(),
    ),
    Feature(
        name="pictures_12m", zh="近12个月走访照片数", en="pictures taken in 12 months", unit="count",
        cause=Cause.MONITORING, source=Source.VISITS, stages=LOAN_ONLY, absent=0.0,
        expr=sum_if("pictures", recent(12)),
    ),
)  # fmt: skip

USED: Final = (
    Feature(
        name="off_purpose_share", zh="资金非生产用途占比", en="share of recorded use off purpose",
        unit="share", cause=Cause.USE_OF_FUNDS, source=Source.USES, stages=LOAN_ONLY, sign=Sign.RAISES_RISK,
        expr=ratio(sum_if("amount", ~is_word("purpose", UsePurpose.PRODUCTION)), pl.col("amount").sum()),
    ),
    Feature(
        name="use_recorded_yuan", zh="有记录的资金使用金额", en="use of money recorded", unit="yuan",
        cause=Cause.USE_OF_FUNDS, source=Source.USES, stages=LOAN_ONLY, modelled=False, absent=0.0,
        expr=yuan(pl.col("amount").sum()),
        changeable=Change(
            code="record_use", zh="补登资金用于生产的使用记录", en="record money spent on production",
            direction=1, step=1000.0, limit=pl.col("amount_yuan"),
            moves=(Moved(name="off_purpose_share", becomes=_SHARE_ELSEWHERE),),
        ),
    ),
)  # fmt: skip


def _price_change(months: int) -> Feature:
    before = max_if("price", pl.col("age") == months)
    return Feature(
        name=f"price_change_{months}m", zh=f"产业价格{months}个月变化",
        en=f"price change of the industry in {months} months", unit="ratio",
        cause=Cause.MARKET, source=Source.PRICES, sign=Sign.LOWERS_RISK,
        expr=ratio(max_if("price", pl.col("age") == 0), before) - 1,
    )  # fmt: skip


AROUND: Final = (
    _price_change(6),
    _price_change(12),
    Feature(
        name="township_late_share", zh="本乡镇其他贷款逾期比例",
        en="share of the township's other loans late",
        unit="share", cause=Cause.INDEBTEDNESS, source=Source.CONTEXT, sign=Sign.RAISES_RISK,
        expr=ratio(pl.col("township_late").sum(), pl.col("township_active").sum()),
    ),
    Feature(
        name="group_late_share", zh="联保小组其他贷款逾期比例",
        en="share of the guarantee group's other loans late",
        unit="share", cause=Cause.INDEBTEDNESS, source=Source.CONTEXT, sign=Sign.RAISES_RISK,
        expr=ratio(pl.col("group_late").sum(), pl.col("group_active").sum()),
    ),
)  # fmt: skip
