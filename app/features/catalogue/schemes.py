"""What the schemes of single places ask of a household: answers of a survey, other credit in the house."""

from typing import Final

import polars as pl

from app.domain.scheme_words import SurveyItem
from app.domain.words import Cause, CreditMark, Industry
from app.features.expressions import any_of, divided, is_word, ratio
from app.features.feature import Feature, Source

_EN: Final = {
    SurveyItem.GOOD_CREDIT: "has good credit",
    SurveyItem.ABLE_TO_START: "able to start a business",
    SurveyItem.NEEDS_FUNDS: "needs funds",
    SurveyItem.SOUND_PROJECT: "has a project that goes well",
    SurveyItem.ABLE_TO_REPAY: "able to repay",
    SurveyItem.CAPABLE: "has full legal capacity",
    SurveyItem.RESIDENT: "registered or living in the place",
    SurveyItem.USE_CLEAR: "use of the loan true, clear and lawful",
    SurveyItem.WILLING_TO_REPAY: "willing to repay",
    SurveyItem.ACCEPTS_SUPERVISION: "has an account and accepts supervision",
    SurveyItem.GOOD_REPUTE: "of good repute",
    SurveyItem.CIVIC_POINTS: "points for civic spirit",
}
_MONTHS: Final = 12  # of a year
_UNITS: Final = {SurveyItem.CIVIC_POINTS: "points"}


def _answer(item: SurveyItem) -> Feature:
    asked = is_word("item", item)
    return Feature(
        name=f"survey_{item.value}", zh=f"入户调查：{item.zh}", en=f"survey: {_EN[item]}",
        unit=_UNITS.get(item, "flag"), cause=Cause.HOUSEHOLD, source=Source.ANSWERS, modelled=False,
        expr=pl.col("value").filter(asked).sort_by(pl.col("on").filter(asked)).last(),
    )  # fmt: skip


SURVEYED: Final = tuple(_answer(item) for item in SurveyItem)

AROUND_HOUSEHOLD: Final = (
    Feature(
        name="other_members_active_loans", zh="其他家庭成员未结清贷款笔数",
        en="active loans of other members of the household", unit="count",
        cause=Cause.INDEBTEDNESS, source=Source.LOANS, modelled=False, absent=0.0,
        expr=(pl.col("active") & (pl.col("borrower_id") != pl.col("own_borrower_id"))).sum(),
    ),
    Feature(
        name="credit_lines_open", zh="有效授信笔数", en="credit lines in force", unit="count",
        cause=Cause.INDEBTEDNESS, source=Source.LINES, modelled=False, absent=0.0,
        expr=(pl.col("expires_on") >= pl.col("as_of")).sum(),
    ),
    Feature(
        name="household_balance_to_income", zh="全户贷款余额与年收入之比",
        en="loan balance of the household against a year's income", unit="ratio",
        cause=Cause.INDEBTEDNESS, source=Source.DERIVED, modelled=False,
        expr=ratio(pl.col("household_balance_yuan"), pl.col("income_12m_yuan")),
    ),
    Feature(
        name="other_members_loans_same_bank", zh="其他家庭成员在同一银行的生产经营贷款笔数",
        en="production loans of other members of the household at the same bank", unit="count",
        cause=Cause.INDEBTEDNESS, source=Source.LOANS, modelled=False, absent=0.0,
        expr=(
            pl.col("active")
            & (pl.col("borrower_id") != pl.col("own_borrower_id"))
            & (pl.col("bank") == pl.col("own_bank"))
            & ~is_word("industry", Industry.NOT_PRODUCTIVE)
        ).sum(),
    ),
    Feature(
        name="bad_faith_recorded", zh="有恶意失信记录（含已解除）",
        en="record of bad faith, open or cleared", unit="flag",
        cause=Cause.WILLINGNESS, source=Source.MARKS, modelled=False, absent=0.0,
        expr=any_of(is_word("mark", CreditMark.BAD_FAITH)),
    ),
    Feature(
        name="age_plus_term_years", zh="借款人年龄加贷款期限", en="age of the borrower and term together",
        unit="years", cause=Cause.HOUSEHOLD, source=Source.DERIVED, modelled=False,
        expr=divided(pl.col("borrower_age") * _MONTHS + pl.col("term_months"), _MONTHS),
    ),
    Feature(
        name="groups_joined", zh="参加的联保小组个数", en="guarantee groups joined", unit="count",
        cause=Cause.INDEBTEDNESS, source=Source.GROUPS, modelled=False, expr=pl.col("here").sum(),
    ),
    Feature(
        name="societies_joined", zh="参加的互助社个数", en="mutual-aid societies joined", unit="count",
        cause=Cause.HOUSEHOLD, source=Source.SOCIETIES, modelled=False, expr=pl.col("here").sum(),
    ),
)  # fmt: skip
