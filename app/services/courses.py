"""Courses on record: one step at a time as a fact, checked against the course, and what is known of cases."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

import polars as pl

from app.domain.errors import NotFoundError
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME
from app.domain.scheme_words import StepOutcome
from app.policy.policy import Policy
from app.portfolio.cases import STATES_SCHEMA, events_of, history, position_of, states
from app.portfolio.courses import (
    Event,
    Position,
    StepDoesNotFitError,
    advance,
    course_of,
)
from app.services.choosing import households_by_pack
from app.services.desk import Desk
from app.services.facts_append import append_fact
from app.services.findings import InvalidFactsError
from app.services.ports import Facts

Told = dict[str, Any]
_EVENTS: Final = BY_NAME["course_events"]
_READ: Final = frozenset({"course_events"})
HOLIDAYS: Final = "节假日未计入 public holidays are not counted in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step to record, as someone tells it; `event_no` is the next one where nobody says."""

    case_id: str
    household_id: str
    course: str
    step: str
    outcome: StepOutcome
    actor_id: str
    done_on: date
    note: str | None = None
    event_no: int | None = None

    def event(self, number: int) -> Event:
        """This function will give the event under its number."""
        own = {name: getattr(self, name) for name in _TOLD}
        return Event(event_no=self.event_no or number, **own)


_TOLD: Final = tuple(name for name in Taken.__dataclass_fields__ if name != "event_no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording did, and where the case stands after it."""

    done: Literal["added", "unchanged"]
    case: Told


def record_step(desk: Desk, taken: Taken, *, policy: str | None = None) -> Recorded:
    """This function will check a step against its course and keep it as one fact, in one transaction.

    The course is that of the pack on the day the case began; without `policy` the pack of the household's
    place. The same step again changes nothing. Raises StepDoesNotFitError, UnknownCourseError, and
    NotFoundError for an unknown household.
    """
    if taken.done_on > desk.today():
        zh, en = "办理日期不得晚于今天。", "Nothing is done on a day to come."
        raise InvalidFactsError.at("$.done_on", "in_the_future", zh=zh, en=en)
    pack = desk.policies.get(_pack(desk, taken.household_id, policy))
    with desk.store.write() as work:
        _check_household(work.facts, taken.household_id)
        event = _next_event(_position(work.facts, taken, pack), taken)
        if event is not None:
            _append(work.facts, event, desk.today())
    case = show_case(desk, taken.case_id, as_of=desk.today(), policy=policy)
    return Recorded(done="unchanged" if event is None else "added", case=case)


def _pack(desk: Desk, household_id: str, policy: str | None) -> str:
    parted = households_by_pack(desk, [household_id], as_of=desk.today(), policy=policy)
    return next(iter(parted))


def _check_household(facts: Facts, household_id: str) -> None:
    if facts.latest(BY_NAME["households"], pl.Series("record_key", [household_id])).is_empty():
        raise NotFoundError(zh="没有这一农户。", en="There is no such household.")


def _position(facts: Facts, taken: Taken, pack: Policy) -> Position:
    """Take the case as far as it is stored; a case that went wrong in a file stops every step."""
    frames = facts.frames(households=[taken.household_id], only=_READ)
    events = events_of(frames, taken.case_id, as_of=date.max)
    if not events:
        _check_unused(facts, taken.case_id)
        return Position(course=course_of(pack.at(taken.done_on), taken.course))
    position, fault = position_of(events, pack)
    if fault is not None:
        raise fault
    if position is None or events[0].course != taken.course:
        raise _other_case()
    return position


def _check_unused(facts: Facts, case_id: str) -> None:
    """Hold a new case to a number that no other household's case has."""
    if not facts.latest(_EVENTS, pl.Series("record_key", [f"{case_id}|1"])).is_empty():
        raise _other_case()


def _other_case() -> StepDoesNotFitError:
    return StepDoesNotFitError(
        zh="该办件编号属于另一户或另一流程。",
        en="The case belongs to another household or course.",
        reason="case",
    )


def _next_event(position: Position, taken: Taken) -> Event | None:
    """Give the event that the step makes; None where it is on record already."""
    before = [done.event for done in position.done]
    if before and taken.event(before[-1].event_no) == before[-1]:
        return None
    event = taken.event(len(before) + 1)
    try:
        advance(position, event)
    except StepDoesNotFitError:
        if any(taken.event(earlier.event_no) == earlier for earlier in before):
            return None
        raise
    return event


def _append(facts: Facts, event: Event, today: date) -> None:
    fact = {name: getattr(event, name) for name in _EVENTS.names}
    append_fact(facts, _EVENTS, fact, known_on=today, recorded_on=today)
    key = pl.Series("record_key", [f"{event.case_id}|{event.event_no}"])
    if facts.latest(_EVENTS, key).item(0, "version") != 1:  # two people at once: the second is undone
        raise StepDoesNotFitError(
            zh="同一时刻另有人登记了该办件，请重新查看后再办。",
            en="Someone recorded a step of this case at the same time; look again.",
            reason="at_once",
        )


def show_case(desk: Desk, case_id: str, *, as_of: date, policy: str | None = None) -> Told:
    """This function will tell a case: where it stands on a day, and who did what when.

    Raises NotFoundError for a case not known on the day.
    """
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=as_of, only=_READ)
    return case_told(frames, desk, case_id, as_of=as_of, policy=policy)


def start_case(desk: Desk, taken: Taken, *, policy: str | None = None) -> Recorded:
    """This function will record the first step of a course, whatever step is named; raises as record_step."""
    pack = desk.policies.get(_pack(desk, taken.household_id, policy))
    first = course_of(pack.at(taken.done_on), taken.course).now.steps[0]
    return record_step(desk, replace(taken, step=first.code, event_no=1), policy=policy)


def list_cases(desk: Desk, frames: Frames, *, as_of: date, policy: str | None = None) -> pl.DataFrame:
    """This function will list all cases known on a day (STATES_SCHEMA), each by the pack of its place."""
    events = frames["course_events"]
    households = events.get_column("household_id").unique().sort().to_list()
    parted = households_by_pack(desk, households, as_of=as_of, policy=policy)
    parts = [
        states(
            Frames.of({"course_events": events.filter(pl.col("household_id").is_in(list(own)))}),
            desk.policies.get(pack),
            as_of=as_of,
        )
        for pack, own in parted.items()
    ]
    return pl.concat([pl.DataFrame(schema=STATES_SCHEMA), *parts]).sort("case_id")


def case_told(frames: Frames, desk: Desk, case_id: str, *, as_of: date, policy: str | None = None) -> Told:
    """This function will tell a case of frames; raises NotFoundError."""
    events = events_of(frames, case_id, as_of=as_of)
    if not events:
        raise NotFoundError(zh="没有这一办件。", en="There is no such case.")
    pack = desk.policies.get(_pack(desk, events[0].household_id, policy))
    of_case = Frames.of({"course_events": frames["course_events"].filter(pl.col("case_id") == case_id)})
    state = states(of_case, pack, as_of=as_of).row(0, named=True)
    rows = history(of_case, pack, case_id, as_of=as_of).to_dicts()
    return {**state, "as_of": as_of, "policy": pack.name, "deadlines": HOLIDAYS, "history": rows}
