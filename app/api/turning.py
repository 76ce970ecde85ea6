"""`/loans/{loan_id}/turning`: the smallest changes of facts that would turn a loan's light."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.desk import AtDesk
from app.api.facts import Code, Day, Pack
from app.api.problems import problem_docs
from app.api.rendering import rendered
from app.domain.words import Light
from app.services.turning import turning

router = APIRouter(tags=["warnings"])


class ChangeAnswer(BaseModel):
    """可行的改变: one changeable fact, from what it is to what it would have to be."""

    code: str
    zh: str
    en: str
    feature: str
    unit: str
    value: float | None = Field(description="现值; null where not known")
    becomes: float = Field(description="须达到的值")
    units: int = Field(description="幅度; 1 for what is done at once, else steps")
    sentence_zh: str
    sentence_en: str


class TurnAnswer(BaseModel):
    """好转的一种办法: at most three changes that bring the loan to a better light together."""

    light: Light
    pd: float | None = Field(description="改变后的违约概率; null without an estimate")
    changes: list[ChangeAnswer]
    sentence_zh: str
    sentence_en: str


class StandingAnswer(BaseModel):
    """仍然存在的理由: what keeps the light from green whatever is changed."""

    kind: str = Field(description="triggers, data_gaps, guards, estimate")
    code: str
    sentence_zh: str
    sentence_en: str


class TurningAnswer(BaseModel):
    """怎样使灯好转: what would turn a light, found by search and lit again by the code that lights loans."""

    loan_id: str
    as_of: date
    light: Light
    pd: float | None
    turns: list[TurnAnswer] = Field(
        description="到每种更好的灯的最小改变; empty where nothing feasible turns it"
    )
    why_none_zh: str | None
    why_none_en: str | None
    standing: list[StandingAnswer]
    policy: str
    policy_hash: str
    artefact_id: str


@router.get(
    "/loans/{loan_id}/turning", operation_id="tell_turning", summary="怎样使灯好转",
    response_model=TurningAnswer, responses=problem_docs(404, 422, 500, 503),
)  # fmt: skip
def tell_turning(
    loan_id: Annotated[Code, Path(description="贷款编号")],
    desk: AtDesk,
    as_of: Annotated[Day | None, Query(description="基准日; today when left out")] = None,
    policy: Annotated[Pack | None, Query(description="政策包; that of the place when left out")] = None,
) -> Response:
    """This function will tell the smallest changes of changeable facts that would turn a stored loan's light.

    At most three changes, the fewest first, then the smallest; nobody's age, past lateness or misfortune is
    among them. Nothing is stored.
    """
    return rendered(turning(desk, [loan_id], as_of=as_of or desk.today(), policy=policy)[0])
