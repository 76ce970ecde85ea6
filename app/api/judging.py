"""`/score` and `/warning`: read a body, call one service, answer."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from app.api.answer_models import ScoreAnswer, ScoreAnswers, WarningAnswer, WarningAnswers
from app.api.body import RawBody, parse
from app.api.desk import AtDesk
from app.api.errors import InvalidRequestError
from app.api.problems import problem_docs
from app.api.rendering import rendered
from app.api.requests import ScoreBatch, ScoreItem, ScoreRequest, WarningBatch, WarningItem, WarningRequest
from app.domain.frames import Frames
from app.services import assessing
from app.services.checks import check
from app.services.desk import Desk
from app.services.inline import Item, frames_of, lay_out

router = APIRouter()

_SCORE_ERRORS = problem_docs(413, 415, 422, 500, 503)
_WARNING_ERRORS = problem_docs(404, 413, 415, 422, 500, 503)


@router.post(
    "/score", tags=["score"], operation_id="score", summary="贷前评分", response_model=ScoreAnswer,
    responses=_SCORE_ERRORS,
)  # fmt: skip
def score(raw: RawBody, desk: AtDesk) -> Response:
    """This function will rate one application and estimate its risk, and store the decision."""
    body = parse(ScoreRequest, raw)
    return rendered(_scores(desk, [body], ["$"], body.as_of, body.policy)[0])


@router.post(
    "/score/batch", tags=["score"], operation_id="score_batch", summary="贷前评分（批量）",
    response_model=ScoreAnswers, responses=_SCORE_ERRORS,
)  # fmt: skip
def score_batch(raw: RawBody, desk: AtDesk) -> Response:
    """This function will score up to 1 000 applications, answered in their order."""
    body = parse(ScoreBatch, raw)
    _check_size(body.items, desk)
    return rendered({"items": _scores(desk, body.items, _paths(body.items), body.as_of, body.policy)})


@router.post(
    "/warning", tags=["warning"], operation_id="warn", summary="到期预警", response_model=WarningAnswer,
    responses=_WARNING_ERRORS,
)  # fmt: skip
def warning(raw: RawBody, desk: AtDesk) -> Response:
    """This function will judge one loan, stored or sent whole: its light, causes and what to do."""
    body = parse(WarningRequest, raw)
    return rendered(_warnings(desk, [body], ["$"], body.as_of, body.policy)[0])


@router.post(
    "/warning/batch", tags=["warning"], operation_id="warn_batch", summary="到期预警（批量）",
    response_model=WarningAnswers, responses=_WARNING_ERRORS,
)  # fmt: skip
def warning_batch(raw: RawBody, desk: AtDesk) -> Response:
    """This function will judge up to 1 000 loans, stored or sent whole, answered in their order."""
    body = parse(WarningBatch, raw)
    _check_size(body.items, desk)
    return rendered({"items": _warnings(desk, body.items, _paths(body.items), body.as_of, body.policy)})


def _check_size(items: Sequence[Any], desk: Desk) -> None:
    most = desk.settings.max_batch
    if len(items) > most:
        zh, en = f"一次最多 {most} 项。", f"At most {most} items at a time."
        raise InvalidRequestError.at("$.items", "too_many", zh=zh, en=en)


def _paths(items: Sequence[Any]) -> list[str]:
    return [f"$.items[{index}]" for index in range(len(items))]


def _scores(
    desk: Desk, bodies: Sequence[ScoreItem], paths: Sequence[str], as_of: date | None, policy: str | None
) -> list[dict[str, Any]]:
    day, pack = as_of or desk.today(), policy or desk.settings.policy
    items = [
        Item(path=path, household=body.household.model_dump(), application=body.application.model_dump())
        for path, body in zip(paths, bodies, strict=True)
    ]
    return assessing.score(desk, _frames(desk, items, day, pack), as_of=day, policy=pack)


def _warnings(
    desk: Desk, bodies: Sequence[WarningItem], paths: Sequence[str], as_of: date | None, policy: str | None
) -> list[dict[str, Any]]:
    day, pack = as_of or desk.today(), policy or desk.settings.policy
    inline = [(path, body) for path, body in zip(paths, bodies, strict=True) if body.household is not None]
    stored = list(dict.fromkeys(body.loan_id for body in bodies if body.household is None))
    told = iter(_inline_warnings(desk, inline, day, pack))
    answers = assessing.warn_stored(desk, stored, as_of=day, policy=pack) if stored else []
    found = {answer["loan_id"]: {"decision_id": None, **answer} for answer in answers}
    return [found[body.loan_id] if body.household is None else next(told) for body in bodies]


def _inline_warnings(
    desk: Desk, bodies: Sequence[tuple[str, WarningItem]], as_of: date, policy: str
) -> list[dict[str, Any]]:
    items = [
        Item(path=path, household=body.household.model_dump()) for path, body in bodies if body.household
    ]
    if not items:
        return []
    for item, (path, body) in zip(items, bodies, strict=True):
        _check_has_loan(item, path, body.loan_id)
    loan_ids = [body.loan_id for _, body in bodies]
    frames = _frames(desk, items, as_of, policy)
    return assessing.warn_inline(desk, frames, loan_ids, as_of=as_of, policy=policy)


def _check_has_loan(item: Item, path: str, loan_id: str) -> None:
    if all(loan["loan_id"] != loan_id for loan in item.household["loans"]):
        zh, en = "household.loans 中没有这笔贷款。", "household.loans does not hold this loan."
        raise InvalidRequestError.at(f"{path}.loan_id", "no_such_loan", zh=zh, en=en)


def _frames(desk: Desk, items: Sequence[Item], as_of: date, policy: str) -> Frames:
    lags = {lag.code: lag.now.days for lag in desk.policies.get(policy).at(as_of).knowledge}
    placed = lay_out(items)
    check(placed, as_of=as_of)
    return frames_of(placed, received_on=desk.today(), lags=lags)
