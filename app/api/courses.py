"""`/courses`: record a step of a case, and tell where a case stands."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.body import RawBody, parse
from app.api.desk import AtDesk
from app.api.facts import Code, Day, Pack, Strict, Text
from app.api.problems import problem_docs
from app.api.rendering import rendered
from app.domain.scheme_words import StepOutcome
from app.services import courses as service

router = APIRouter(tags=["courses"])
_OUTCOMES: Final = {outcome.value: outcome for outcome in StepOutcome}
CaseId = Annotated[Code, Path(description="办件编号")]


class StepRequest(Strict):
    """办理一个环节: a step of a case as it ended."""

    household_id: Code = Field(description="户编号")
    course: Code = Field(description="流程, a course of the pack")
    step: Code = Field(description="环节, a step of the course")
    outcome: StepOutcome = Field(description="结论")
    actor_id: Code = Field(description="经办人编号")
    done_on: Day | None = Field(default=None, description="办理日期; today in China when left out")
    note: Text | None = Field(default=None, description="说明; no names")
    event_no: int | None = Field(
        default=None, ge=1, description="序号; the next one when left out, told to make a retry safe"
    )
    policy: Pack | None = Field(default=None, description="政策包; that of the place when left out")


class StepAnswer(BaseModel):
    """One step of a case: who did what when, and whether it was in time."""

    event_no: int
    round: int
    step: str
    step_zh: str
    level: str
    outcome: StepOutcome
    actor_id: str
    done_on: date
    due_on: date | None
    late: bool
    note: str | None


class CaseAnswer(BaseModel):
    """办件: where a case stands on a day, what is next and by when, and its history."""

    case_id: str
    course: str
    household_id: str
    step: str
    outcome: StepOutcome
    by: str
    since: date
    round: int | None
    next_step: str | None
    next_by: str | None = Field(description="the level whose turn it is")
    due_on: date | None = Field(description="the last day in time; public holidays are not counted in")
    days_late: int | None
    late: bool | None
    finished: bool | None
    refused: bool | None
    fault: str | None = Field(description="what does not fit in events that came in a file")
    as_of: date
    policy: str
    deadlines: str
    history: list[StepAnswer]


class RecordedAnswer(CaseAnswer):
    """The case after a step; `recorded` tells whether the step was new."""

    recorded: Literal["added", "unchanged"]


@router.post(
    "/courses/{case_id}/events", operation_id="record_step", summary="登记办理环节",
    response_model=RecordedAnswer, responses=problem_docs(404, 409, 413, 415, 422, 500, 503),
)  # fmt: skip
def record_step(case_id: CaseId, raw: RawBody, desk: AtDesk) -> Response:
    """This function will keep a step that fits the course; one that does not is a 409 with the clause."""
    body = parse(StepRequest, raw)
    told = body.model_dump(exclude={"policy", "outcome", "done_on"})
    taken = service.Taken(
        case_id=case_id, outcome=_OUTCOMES[body.outcome], done_on=body.done_on or desk.today(), **told
    )
    recorded = service.record_step(desk, taken, policy=body.policy)
    return rendered({"recorded": recorded.done, **recorded.case})


@router.get(
    "/courses/{case_id}", operation_id="show_case", summary="办件进度", response_model=CaseAnswer,
    responses=problem_docs(404, 422, 503),
)  # fmt: skip
def show_case(
    case_id: CaseId,
    desk: AtDesk,
    as_of: Annotated[Day | None, Query(description="基准日; today when left out")] = None,
    policy: Annotated[Pack | None, Query(description="政策包; that of the place when left out")] = None,
) -> Response:
    """This function will tell where a case stands on a day, and who did what when."""
    return rendered(service.show_case(desk, case_id, as_of=as_of or desk.today(), policy=policy))
