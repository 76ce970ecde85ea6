"""Loans of the store as an estimator would have seen them on the day of the formal assessment."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import InvalidValueError
from app.domain.frames import Frames, latest_versions
from app.domain.ledger import BY_NAME
from app.domain.words import LoanKind
from app.features.base import landmark_base, origination_base
from app.features.build import build
from app.features.context import Context
from app.policy.policy import Rules
from app.scoring.labels import outcomes
from app.scoring.pd_model import Estimator

_APPLIED_FOR: Final = (LoanKind.NEW.value, LoanKind.TOP_UP.value)


def formal_days(rules: Rules) -> int:
    """This function will tell how many days before maturity the assessment of record is made."""
    days = [step.now.days_before for step in rules.reminders if step.now.formal]
    if not days:
        raise InvalidValueError(
            zh="政策包没有规定到期前的正式研判日。", en="The pack names no day of formal assessment."
        )
    return max(days)


def told_outcomes(frames: Frames, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will tell what became of loans, by the rules and what was known on the day."""
    days = int(rules.parameters["default_days_after_maturity"])
    return outcomes(frames, default_days=days, known_until=as_of)


def seen_rows(frames: Frames, loan_ids: pl.Series, estimator: Estimator, *, days_before: int) -> pl.DataFrame:
    """This function will build the features of loans on the day they are judged, with `matures_on`.

    A maturity estimator judges `days_before` days before maturity, an application's the day before the
    loan. Loans repaid by that day are left out, as no light is shown of them.
    """
    known = latest_versions(frames["loans"], BY_NAME["loans"].key)
    loans = known.filter(pl.col("loan_id").is_in(loan_ids.implode()))
    if estimator.landmark_days is None:
        asked = loans.filter(pl.col("kind").is_in(_APPLIED_FOR))
        base = origination_base(frames, asked["loan_id"].to_list())
    else:
        day = (pl.col("matures_on") - pl.duration(days=days_before)).cast(pl.Date)
        at = loans.with_columns(day.alias("as_of")).filter(pl.col("as_of") >= pl.col("disbursed_on"))
        base = landmark_base(frames, at.select("loan_id", "as_of"))
    rows = build(frames, base, context=Context.of(frames, base["as_of"].unique().to_list()))
    ends = loans.select("loan_id", pl.col("matures_on").alias("ends_on"))
    named = rows.drop("matures_on").join(ends, on="loan_id", how="left", maintain_order="left")
    return named.rename({"ends_on": "matures_on"})
