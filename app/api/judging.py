"""`/score` and `/warning`: read a body, call one service, answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

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
from app.policy.rules import Rules
from app.services import assessing
from app.services.assessing import Answer
from app.services.checks import check
from app.services.choosing import pack_of
from app.services.county import beside_county
from app.services.desk import Desk
from app.services.inline import Item, Placed, frames_of, lay_out

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
    return rendered(_Bench.of(desk, body).scores([body], ["$"])[0])


@router.post(
    "/score/batch", tags=["score"], operation_id="score_batch", summary="贷前评分（批量）",
    response_model=ScoreAnswers, responses=_SCORE_ERRORS,
)  # fmt: skip
def score_batch(raw: RawBody, desk: AtDesk) -> Response:
    """This function will score up to 1 000 applications, answered in their order."""
    body = parse(ScoreBatch, raw)
    _check_size(body.items, desk)
    return rendered({"items": _Bench.of(desk, body).scores(body.items, _paths(body.items))})


@router.post(
    "/warning", tags=["warning"], operation_id="warn", summary="到期预警", response_model=WarningAnswer,
    responses=_WARNING_ERRORS,
)  # fmt: skip
def warning(raw: RawBody, desk: AtDesk) -> Response:
    """This function will judge one loan, stored or sent whole: its light, causes and what to do."""
    body = parse(WarningRequest, raw)
    return rendered(_Bench.of(desk, body).warnings([body], ["$"])[0])


@router.post(
    "/warning/batch", tags=["warning"], operation_id="warn_batch", summary="到期预警（批量）",
    response_model=WarningAnswers, responses=_WARNING_ERRORS,
)  # fmt: skip
def warning_batch(raw: RawBody, desk: AtDesk) -> Response:
    """This function will judge up to 1 000 loans, stored or sent whole, answered in their order."""
    body = parse(WarningBatch, raw)
    _check_size(body.items, desk)
    return rendered({"items": _Bench.of(desk, body).warnings(body.items, _paths(body.items))})


_Laid = tuple[str, Sequence[int], Frames]  # a pack, the places of its items, and their facts


@dataclass(frozen=True, slots=True)
class _Bench:
    """The desk, the day and the pack that a request is judged with; no pack: each place has its own."""

    desk: Desk
    as_of: date
    policy: str | None

    @classmethod
    def of(cls, desk: Desk, body: ScoreRequest | ScoreBatch | WarningRequest | WarningBatch) -> Self:
        """This function will take the day and the pack from a body."""
        return cls(desk, body.as_of or desk.today(), body.policy)

    def scores(self, bodies: Sequence[ScoreItem], paths: Sequence[str]) -> list[Answer]:
        """This function will score applications, in their order."""
        items = [
            Item(path=path, household=body.household.model_dump(), application=body.application.model_dump())
            for path, body in zip(paths, bodies, strict=True)
        ]
        return self._judged(
            self._laid_out(items),
            lambda frames, pack, _: assessing.score(self.desk, frames, as_of=self.as_of, policy=pack),
        )

    def warnings(self, bodies: Sequence[WarningItem], paths: Sequence[str]) -> list[Answer]:
        """This function will judge loans in their order; nothing is stored before all facts are checked."""
        sent = [(path, body) for path, body in zip(paths, bodies, strict=True) if body.household]
        laid_out = self._laid_out([_item(path, body) for path, body in sent]) if sent else []
        loan_ids = [body.loan_id for _, body in sent]
        stored = self._stored([body.loan_id for body in bodies if not body.household])
        told = iter(
            self._judged(
                laid_out,
                lambda frames, pack, places: assessing.warn_inline(
                    self.desk, frames, [loan_ids[p] for p in places], as_of=self.as_of, policy=pack
                ),
            )
        )
        return [next(told) if body.household else stored[body.loan_id] for body in bodies]

    def _stored(self, loan_ids: Sequence[str]) -> dict[str, Answer]:
        if not loan_ids:
            return {}
        once = list(dict.fromkeys(loan_ids))
        answers = assessing.warn_stored(self.desk, once, as_of=self.as_of, policy=self.policy)
        return {answer["loan_id"]: {"decision_id": None, **answer} for answer in answers}

    def _judged(
        self, parts: Sequence[_Laid], judge: Callable[[Frames, str, Sequence[int]], list[Answer]]
    ) -> list[Answer]:
        """Judge pack by pack, and bring the answers into the order of the items."""
        told: dict[int, Answer] = {}
        for pack, places, frames in parts:
            told.update(zip(places, judge(frames, pack, places), strict=True))
        return [told[place] for place in sorted(told)]

    def _laid_out(self, items: Sequence[Item]) -> list[_Laid]:
        places: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            pack = pack_of(self.desk, self.policy, item.household.get("village_code"))
            places.setdefault(pack, []).append(place)
        rules = {pack: self.desk.policies.get(pack).at(self.as_of) for pack in places}
        placed = lay_out(items)
        check(placed, as_of=self.as_of)
        if len(places) == 1:
            return [(pack, at, self._frames(rules[pack], placed)) for pack, at in places.items()]
        return [
            (pack, at, self._frames(rules[pack], lay_out([items[p] for p in at])))
            for pack, at in places.items()
        ]

    def _frames(self, rules: Rules, placed: Sequence[Placed]) -> Frames:
        lags = {lag.code: lag.now.days for lag in rules.knowledge}
        sent = frames_of(placed, received_on=self.desk.today(), lags=lags)
        return beside_county(self.desk.store, sent, as_of=self.as_of)


def _check_size(items: Sequence[Any], desk: Desk) -> None:
    most = desk.settings.max_batch
    if len(items) > most:
        zh, en = f"一次最多 {most} 项。", f"At most {most} items at a time."
        raise InvalidRequestError.at("$.items", "too_many", zh=zh, en=en)


def _paths(items: Sequence[Any]) -> list[str]:
    return [f"$.items[{index}]" for index in range(len(items))]


def _item(path: str, body: WarningItem) -> Item:
    household = body.household.model_dump() if body.household else {"loans": ()}
    if all(loan["loan_id"] != body.loan_id for loan in household["loans"]):
        zh, en = "household.loans 中没有这笔贷款。", "household.loans does not hold this loan."
        raise InvalidRequestError.at(f"{path}.loan_id", "no_such_loan", zh=zh, en=en)
    return Item(path=path, household=household)
