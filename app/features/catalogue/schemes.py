"""What the schemes of single places ask of a household: answers of a survey, other credit in the house."""

from typing import Final

import polars as pl

from app.domain.words import Cause, SurveyItem
from app.features.expressions import is_word
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
_UNITS: Final = {SurveyItem.CIVIC_POINTS: "points"}


def _answer(item: SurveyItem) -> Feature:
    asked = is_word("item", item)
    return Feature(
        name=f"survey_{item.value}", zh=f"入户调查：{item.zh}", en=f"survey: {_EN[item]}", unit=_UNITS.get(item, "flag"),
        cause=Cause.HOUSEHOLD, source=Source.ANSWERS, modelled=False,
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
)  # fmt: skip
