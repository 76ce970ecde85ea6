"""`/score` and `/warning`: read a body, call one service, answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self, TypeVar

from fastapi import APIRouter
from fastapi.responses import Response

from app.api.answer_models import ScoreAnswer, ScoreAnswers, WarningAnswer, WarningAnswers
from app.api.body import RawBody, parse
from app.api.desk import AtDesk, AtLines
from app.api.errors import InvalidRequestError
from app.api.problems import problem_docs
from app.api.rendering import rendered
from app.api.requests import ScoreBatch, ScoreItem, ScoreRequest, WarningBatch, WarningItem, WarningRequest
from app.services.assessing import Answer
from app.services.checks import check
from app.services.choosing import pack_of
from app.services.desk import Desk
from app.services.inline import Item, lay_out
from app.services.sent import Lines, Sent, Stored, scored, warned, warned_stored

B = TypeVar("B")
router = APIRouter()

_SCORE_ERRORS = problem_docs(413, 415, 422, 500, 503)
_WARNING_ERRORS = problem_docs(404, 413, 415, 422, 500, 503)


@router.post(
    "/score", tags=["score"], operation_id="score", summary="贷前评分", response_model=ScoreAnswer,
    responses=_SCORE_ERRORS,
)  # fmt: skip
def score(raw: RawBody, desk: AtDesk, lines: AtLines) -> Response:
    """This function will rate one application and estimate its risk, and store the decision."""
    body = parse(ScoreRequest, raw)
    return rendered(_Bench.of(desk, body).score(body, lines))


@router.post(
    "/score/batch", tags=["score"], operation_id="score_batch", summary="贷前评分（批量）",
    response_model=ScoreAnswers, responses=_SCORE_ERRORS,
)  # fmt: skip
def score_batch(raw: RawBody, desk: AtDesk) -> Response:
    """This function will score up to 1 000 applications, answered in their order."""
    body = parse(ScoreBatch, raw)
    _check_size(body.items, desk)
    return rendered({"items": _Bench.of(desk, body).scores(body.items)})


@router.post(
    "/warning", tags=["warning"], operation_id="warn", summary="到期预警", response_model=WarningAnswer,
    responses=_WARNING_ERRORS,
)  # fmt: skip
def warning(raw: RawBody, desk: AtDesk, lines: AtLines) -> Response:
    """This function will judge one loan, stored or sent whole: its light, causes and what to do."""
    body = parse(WarningRequest, raw)
    return rendered(_Bench.of(desk, body).warning(body, lines))


@router.post(
    "/warning/batch", tags=["warning"], operation_id="warn_batch", summary="到期预警（批量）",
    response_model=WarningAnswers, responses=_WARNING_ERRORS,
)  # fmt: skip
def warning_batch(raw: RawBody, desk: AtDesk) -> Response:
    """This function will judge up to 1 000 loans, stored or sent whole, answered in their order."""
    body = parse(WarningBatch, raw)
    _check_size(body.items, desk)
    return rendered({"items": _Bench.of(desk, body).warnings(body.items)})


_Part = tuple[Sequence[int], Sent]  # the places of items, and what was sent of them for one pack


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

    def score(self, body: ScoreItem, lines: Lines) -> Answer:
        """This function will score one application."""
        return lines.scores(self._sent(_applied("$", body)))

    def warning(self, body: WarningItem, lines: Lines) -> Answer:
        """This function will judge one loan, stored or sent whole."""
        if body.household:
            return lines.warnings(self._sent(_item("$", body), body.loan_id))
        return lines.stored(Stored(as_of=self.as_of, policy=self.policy, loan_id=body.loan_id))

    def scores(self, bodies: Sequence[ScoreItem]) -> list[Answer]:
        """This function will score applications, in their order."""
        return _in_order(
            (places, scored(self.desk, sent))
            for places, sent in self._parts([_applied(path, body) for path, body in _paths(bodies)])
        )

    def warnings(self, bodies: Sequence[WarningItem]) -> list[Answer]:
        """This function will judge loans in their order; nothing is stored before all facts are checked."""
        whole = [(path, body) for path, body in _paths(bodies) if body.household]
        items, loan_ids = [_item(*each) for each in whole], [body.loan_id for _, body in whole]
        parts = self._parts(items, loan_ids) if items else []
        ids = [body.loan_id for body in bodies if not body.household]
        stored = iter(warned_stored(self.desk, ids, as_of=self.as_of, policy=self.policy) if ids else ())
        sent = iter(_in_order((places, warned(self.desk, part)) for places, part in parts))
        return [next(sent if body.household else stored) for body in bodies]

    def _sent(self, item: Item, *loan_ids: str) -> Sent:
        ((_, sent),) = self._parts([item], loan_ids)
        return sent

    def _parts(self, items: Sequence[Item], loan_ids: Sequence[str] = ()) -> list[_Part]:
        """Check all facts, then part them by the pack that judges them."""
        places: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            pack = pack_of(self.desk, self.policy, item.household.get("village_code"))
            places.setdefault(pack, []).append(place)
        for pack in places:
            self.desk.policies.get(pack).at(self.as_of)  # there must be rules
        check(lay_out(items), as_of=self.as_of)
        return [(at, self._part(pack, at, items, loan_ids)) for pack, at in places.items()]

    def _part(self, pack: str, at: Sequence[int], items: Sequence[Item], loan_ids: Sequence[str]) -> Sent:
        ids = [loan_ids[place] for place in at] if loan_ids else ()
        placed = lay_out([items[place] for place in at])
        return Sent(as_of=self.as_of, pack=pack, placed=placed, loan_ids=ids)


def _in_order(parts: Iterable[tuple[Sequence[int], Sequence[Answer]]]) -> list[Answer]:
    """Bring the answers into the order of the items."""
    told: dict[int, Answer] = {}
    for places, answers in parts:
        told.update(zip(places, answers, strict=True))
    return [told[place] for place in sorted(told)]


def _check_size(items: Sequence[Any], desk: Desk) -> None:
    most = desk.settings.max_batch
    if len(items) > most:
        zh, en = f"一次最多 {most} 项。", f"At most {most} items at a time."
        raise InvalidRequestError.at("$.items", "too_many", zh=zh, en=en)


def _paths(bodies: Sequence[B]) -> list[tuple[str, B]]:
    return [(f"$.items[{index}]", body) for index, body in enumerate(bodies)]


def _applied(path: str, body: ScoreItem) -> Item:
    return Item(path=path, household=body.household.model_dump(), application=body.application.model_dump())


def _item(path: str, body: WarningItem) -> Item:
    household = body.household.model_dump() if body.household else {"loans": ()}
    if all(loan["loan_id"] != body.loan_id for loan in household["loans"]):
        zh, en = "household.loans 中没有这笔贷款。", "household.loans does not hold this loan."
        raise InvalidRequestError.at(f"{path}.loan_id", "no_such_loan", zh=zh, en=en)
    return Item(path=path, household=household)
