"""Features computed from other features of the same row, none from one another."""

from typing import Final

import polars as pl

from app.domain.words import Cause
from app.features.expressions import ratio
from app.features.feature import LOAN_ONLY, Feature, Sign, Source

DERIVED: Final = (
    Feature(
        name="income_per_head_12m_yuan", zh="近12个月人均收入", en="income per head in 12 months",
        unit="yuan", cause=Cause.INCOME, source=Source.DERIVED, sign=Sign.LOWERS_RISK,
        expr=ratio(pl.col("income_12m_yuan"), pl.col("members")),
    ),
    Feature(
        name="repayment_to_income", zh="应还本金与年收入之比", en="balance due against a year's income",
        unit="ratio", cause=Cause.INCOME, source=Source.DERIVED, sign=Sign.RAISES_RISK,
        expr=ratio(pl.col("balance_yuan"), pl.col("income_12m_yuan")),
    ),
    Feature(
        name="outside_debt_to_income", zh="外债与年收入之比", en="debts outside against a year's income",
        unit="ratio", cause=Cause.INDEBTEDNESS, source=Source.DERIVED, sign=Sign.RAISES_RISK,
        expr=ratio(pl.col("outside_debt_yuan"), pl.col("income_12m_yuan")),
    ),
    Feature(
        name="labour_share", zh="劳动力占比", en="share of members able to work", unit="share",
        cause=Cause.HOUSEHOLD, source=Source.DERIVED, sign=Sign.LOWERS_RISK,
        expr=ratio(pl.col("labourers"), pl.col("members")),
    ),
    Feature(
        name="assets_per_head_yuan", zh="人均家庭资产", en="assets per head", unit="yuan",
        cause=Cause.HOUSEHOLD, source=Source.DERIVED, sign=Sign.LOWERS_RISK,
        expr=ratio(pl.col("assets_yuan"), pl.col("members")),
    ),
    Feature(
        name="shock_loss_to_income_12m", zh="变故损失与年收入之比",
        en="losses by shocks against a year's income",
        unit="ratio", cause=Cause.SHOCK, source=Source.DERIVED, sign=Sign.RAISES_RISK,
        expr=ratio(pl.col("shock_loss_12m_yuan"), pl.col("income_12m_yuan")),
    ),
    Feature(
        name="use_recorded_share", zh="资金使用有记录比例", en="share of the loan whose use is recorded",
        unit="share", cause=Cause.USE_OF_FUNDS, source=Source.DERIVED, stages=LOAN_ONLY,
        sign=Sign.LOWERS_RISK, expr=ratio(pl.col("use_recorded_yuan"), pl.col("amount_yuan")),
    ),
)  # fmt: skip
