"""The cases of all courses on a day: where each stands, what is late, and who did what when."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import polars as pl

from app.domain.errors import XindengError
from app.domain.frames import Frames
from app.policy.policy import Policy
from app.portfolio.courses import Event, Position, StepDoesNotFitError, advance, course_of, event_of

STATES_SCHEMA: Final[dict[str, pl.DataType]] = {
    "case_id": pl.String(), "course": pl.String(), "household_id": pl.String(), "step": pl.String(),
    "outcome": pl.String(), "round": pl.Int64(), "by": pl.String(), "since": pl.Date(),
    "next_step": pl.String(), "next_by": pl.String(), "due_on": pl.Date(), "days_late": pl.Int64(),
    "late": pl.Boolean(), "finished": pl.Boolean(), "refused": pl.Boolean(), "fault": pl.String(),
}  # fmt: skip
HISTORY_SCHEMA: Final[dict[str, pl.DataType]] = {
    "event_no": pl.Int64(), "round": pl.Int64(), "step": pl.String(), "step_zh": pl.String(),
    "level": pl.String(), "outcome": pl.String(), "actor_id": pl.String(), "done_on": pl.Date(),
    "due_on": pl.Date(), "late": pl.Boolean(), "note": pl.String(),
}  # fmt: skip


def states(frames: Frames, policy: Policy, *, as_of: date) -> pl.DataFrame:
    """This function will say where every case known on a day stands, by the rules of the day it began.

    One row per case, by its number, with STATES_SCHEMA: the last `step` done, its `outcome` and who did it
    (`by`, on `since`); the `next_step`, whose level it is, its last day (public holidays are not counted in,
    节假日未计入) and whether that has passed. An event that does not fit (it came in a file) stops the case
    there, and `fault` says in Chinese what is wrong; without a course in force nothing is said of the next.
    """
    rows = [_state(events, policy, as_of) for events in _cases(frames, as_of)]
    return pl.DataFrame(rows, schema=STATES_SCHEMA, orient="row")


def history(frames: Frames, policy: Policy, case_id: str, *, as_of: date) -> pl.DataFrame:
    """This function will tell who did what when in a case, with HISTORY_SCHEMA; no rows if unknown."""
    events = events_of(frames, case_id, as_of=as_of)
    position, _ = position_of(events, policy) if events else (None, None)
    rows = [
        {
            "event_no": done.event.event_no, "round": done.round, "step": done.step.code,
            "step_zh": done.step.zh, "level": done.step.by, "outcome": done.event.outcome.value,
            "actor_id": done.event.actor_id, "done_on": done.event.done_on, "due_on": done.due_on,
            "late": done.late, "note": done.event.note,
        }
        for done in (position.done if position is not None else ())
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=HISTORY_SCHEMA, orient="row")


def position_of(events: Sequence[Event], policy: Policy) -> tuple[Position | None, XindengError | None]:
    """This function will take a case as far as its events fit, with the error that stopped it.

    The position is None where the pack had no such course when the case began.
    """
    try:
        position = Position(course=course_of(policy.at(events[0].done_on), events[0].course))
    except XindengError as error:
        return None, error
    for event in events:
        try:
            position = advance(position, event)
        except StepDoesNotFitError as error:
            return position, error
    return position, None


def events_of(frames: Frames, case_id: str, *, as_of: date) -> tuple[Event, ...]:
    """This function will give the events of one case that are known on a day, in order."""
    return next(_cases(frames, as_of, case_id), ())


def _cases(frames: Frames, as_of: date, case_id: str | None = None) -> Iterator[tuple[Event, ...]]:
    known = frames.as_of(as_of)["course_events"].filter(pl.col("done_on") <= as_of)
    chosen = known if case_id is None else known.filter(pl.col("case_id") == case_id)
    events = (event_of(row) for row in chosen.sort("case_id", "event_no").iter_rows(named=True))
    return (tuple(group) for _, group in groupby(events, key=attrgetter("case_id")))


def _state(events: Sequence[Event], policy: Policy, as_of: date) -> dict[str, Any]:
    position, fault = position_of(events, policy)
    last = position.done[-1].event if position is not None and position.done else events[0]
    found = _ahead(position, as_of) if position is not None else {}
    return {
        "case_id": last.case_id, "course": last.course, "household_id": last.household_id,
        "step": last.step, "outcome": last.outcome.value, "by": last.actor_id, "since": last.done_on,
        "fault": None if fault is None else fault.problem.zh, **found,
    }  # fmt: skip


def _ahead(position: Position, as_of: date) -> dict[str, Any]:
    step, due_on = position.next_step, position.due_on
    late = 0 if due_on is None else max((as_of - due_on).days, 0)
    return {
        "round": position.round,
        "next_step": None if step is None else step.code,
        "next_by": None if step is None else step.by,
        "due_on": due_on,
        "days_late": late,
        "late": late > 0,
        "finished": position.finished,
        "refused": position.refused,
    }
