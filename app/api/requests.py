"""Bodies of `/score` and `/warning`, single and in batches."""

from collections.abc import Sequence

from pydantic import Field

from app.api.facts import Application, Code, Day, Household, Pack, Strict

_AS_OF = Field(default=None, description="基准日; the day to judge on, today in China when left out")
_POLICY = Field(default=None, description="政策包; the deployment's own when left out")


class ScoreItem(Strict):
    """A household and what it applies for."""

    household: Household
    application: Application


class ScoreRequest(ScoreItem):
    """贷前评分: one household with its application."""

    as_of: Day | None = _AS_OF
    policy: Pack | None = _POLICY


class ScoreBatch(Strict):
    """贷前评分（批量）: households with their applications, judged as of one day."""

    as_of: Day | None = _AS_OF
    policy: Pack | None = _POLICY
    items: Sequence[ScoreItem] = Field(min_length=1)


class WarningItem(Strict):
    """A loan: stored when only its id is given, inline when its household is given with it."""

    loan_id: Code = Field(description="贷款编号")
    household: Household | None = Field(
        default=None,
        description="农户全部资料（含该笔贷款）; the household with this loan, for a loan not stored",
    )


class WarningRequest(WarningItem):
    """贷后预警: one stored or inline loan."""

    as_of: Day | None = _AS_OF
    policy: Pack | None = _POLICY


class WarningBatch(Strict):
    """贷后预警（批量）: loans, stored or inline, judged as of one day."""

    as_of: Day | None = _AS_OF
    policy: Pack | None = _POLICY
    items: Sequence[WarningItem] = Field(min_length=1)
