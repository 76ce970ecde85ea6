"""Courses as state machines (办理流程): which step is next, whose it is, by when, and what does not fit.

A step passes, is returned to the step before, or is refused, which ends the course. Days of publicity are
kept. Two neighbouring levels of review want two different people (四眼, *design*). Deadlines in working days
count Mondays to Fridays: the public holidays are announced year by year and are not counted in
(节假日未计入), so a deadline that they fall into is shown too early.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from app.domain.errors import XindengError
from app.domain.scheme_words import StepOutcome
from app.policy.rules import Resolved, Rules
from app.policy.schemes import Course, CourseInForce, Step

InForceCourse = Resolved[Course, CourseInForce]
_NOT_REVIEWING: Final = frozenset({"household", "public"})
_WORKING_DAYS: Final = 5  # a week
_FRIDAY: Final = 4
_OUTCOMES: Final = {outcome.value: outcome for outcome in StepOutcome}


class StepDoesNotFitError(XindengError):
    """A step does not fit the course: not next, too early, by the wrong person, or the course has ended."""

    code = "step_does_not_fit"


class UnknownCourseError(XindengError):
    """The pack has no such course on the day."""

    code = "unknown_course"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A step as it ended, on the day it was done."""

    case_id: str
    event_no: int
    household_id: str
    course: str
    step: str
    outcome: StepOutcome
    actor_id: str
    done_on: date
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An event with what was asked of it: when it was due (None: no day is set), and in which round."""

    event: Event
    step: Step
    due_on: date | None
    round: int

    @property
    def late(self) -> bool:
        """This function will tell whether the step was done after its day."""
        return self.due_on is not None and self.event.done_on > self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a case stands: what was done, and the number of the step that is next.

    `since` is the day on which the next step could begin, None for the first. `reviewers` are those who
    passed the steps that still stand, with their numbers.
    """

    course: InForceCourse
    done: tuple[Done, ...] = ()
    at: int = 0
    round: int = 1
    refused: bool = False
    reviewers: tuple[tuple[int, str], ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """This function will list the course's steps."""
        return self.course.now.steps

    @property
    def finished(self) -> bool:
        """This function will tell whether every step has passed."""
        return self.at == len(self.steps)

    @property
    def next_step(self) -> Step | None:
        """This function will give the step that is next; None when the course has ended."""
        return None if self.refused or self.finished else self.steps[self.at]

    @property
    def since(self) -> date | None:
        """This function will give the day of the last event."""
        return self.done[-1].event.done_on if self.done else None

    @property
    def due_on(self) -> date | None:
        """This function will give the last day on which the next step is in time; None: no day is set."""
        step = self.next_step
        return None if step is None else due_day(step, self.since)

    @property
    def ready_on(self) -> date | None:
        """This function will give the first day on which the next step may pass, after its publicity."""
        step = self.next_step
        if step is None or self.since is None or step.at_least_days is None:
            return self.since if step is not None else None
        return self.since + timedelta(days=step.at_least_days)


def due_day(step: Step, since: date | None) -> date | None:
    """This function will count a step's days from the step before; public holidays are not counted in."""
    if since is None or step.within_days is None:
        return None
    if step.working_days:
        return add_working_days(since, step.within_days)
    return since + timedelta(days=step.within_days)


def add_working_days(day: date, number: int) -> date:
    """This function will count so many Mondays to Fridays after a day, public holidays among them.

    >>> add_working_days(date(2019, 6, 20), 7)
    datetime.date(2019, 7, 1)
    """
    weeks, left = divmod(number, _WORKING_DAYS)
    last_weekday = day - timedelta(days=max(day.weekday() - _FRIDAY, 0))
    weekend = 2 if last_weekday.weekday() + left > _FRIDAY else 0
    return max(day, last_weekday + timedelta(days=7 * weeks + left + weekend))


def course_of(rules: Rules, code: str) -> InForceCourse:
    """This function will find a course of a pack; raises UnknownCourseError."""
    found = next((course for course in rules.courses if course.code == code), None)
    if found is None:
        there = "、".join(course.code for course in rules.courses) or "-"
        raise UnknownCourseError(
            zh=f"政策包“{rules.policy}”此日没有该流程；现有：{there}",
            en=f"the policy pack {rules.policy!r} has no such course on the day; there are: {there}",
            policy=rules.policy,
        )
    return found


def replayed(course: InForceCourse, events: Iterable[Event]) -> Position:
    """This function will take a case through its events; raises StepDoesNotFitError."""
    position = Position(course=course)
    for event in events:
        position = advance(position, event)
    return position


def advance(position: Position, event: Event) -> Position:
    """This function will take a case one step on; raises StepDoesNotFitError, naming the clause."""
    step = _checked(position, event)
    at, passed = position.at, event.outcome is StepOutcome.PASSED
    returned = event.outcome is StepOutcome.RETURNED
    back = max(at - 1, 0)
    kept = tuple((n, who) for n, who in position.reviewers if not returned or n < back)
    done = Done(event=event, step=step, due_on=position.due_on, round=position.round)
    return replace(
        position,
        done=(*position.done, done),
        at=at + 1 if passed else back if returned else at,
        round=position.round + 1 if returned else position.round,
        refused=event.outcome is StepOutcome.REFUSED,
        reviewers=(*kept, (at, event.actor_id)) if passed else kept,
    )


def _checked(position: Position, event: Event) -> Step:
    """Give the step that the event ends, if everything about it fits."""
    step = position.next_step
    if step is None:
        raise _misfit(position, "ended", *_ENDED)
    if step.code != event.step:
        zh, en = f"下一环节应为“{step.zh}”（{step.code}）", f"the next step is {step.code!r} ({step.en})"
        raise _misfit(position, "not_next", zh, en)
    _check_number(position, event)
    _check_day(position, event)
    _check_person(position, event)
    return step


def _check_number(position: Position, event: Event) -> None:
    wanted = len(position.done) + 1
    if event.event_no != wanted:
        raise _misfit(position, "number", f"下一序号应为 {wanted}", f"the next number is {wanted}")
    first = position.done[0].event if position.done else event
    if (event.household_id, event.course) != (first.household_id, first.course):
        raise _misfit(position, "case", *_OTHER_CASE)


def _check_day(position: Position, event: Event) -> None:
    if position.since is not None and event.done_on < position.since:
        raise _misfit(position, "order", *_TOO_EARLY)
    ready = position.ready_on
    if event.outcome is StepOutcome.PASSED and ready is not None and event.done_on < ready:
        days = position.steps[position.at].at_least_days
        zh = f"公示不得少于 {days} 天，最早 {ready} 结束"
        en = f"publicity lasts at least {days} days, until {ready}"
        raise _misfit(position, "publicity", zh, en)


def _check_person(position: Position, event: Event) -> None:
    """Hold two neighbouring levels of review, publicity between them left out, to different people."""
    if position.steps[position.at].by in _NOT_REVIEWING:
        return
    before = [who for n, who in position.reviewers if position.steps[n].by not in _NOT_REVIEWING]
    if before and before[-1] == event.actor_id:
        raise _misfit(position, "same_person", *_SAME_PERSON)


_ENDED: Final = ("流程已结束", "the course has ended")
_OTHER_CASE: Final = ("该办件编号属于另一户或另一流程", "the case belongs to another household or course")
_TOO_EARLY: Final = ("办理日期早于上一环节", "the step is dated before the one before it")
_SAME_PERSON: Final = (
    "相邻两级评审应由不同的人办理（本系统设计）",
    "two neighbouring levels of review want two different people (our design)",
)


def _misfit(position: Position, reason: str, zh: str, en: str) -> StepDoesNotFitError:
    reference = position.course.now.reference
    source = f"{reference.document} {reference.clause}".strip()
    return StepDoesNotFitError(
        zh=f"{zh}；依据：{position.course.entry.zh}，{source}",
        en=f"{en}; by {position.course.entry.en}, {source}",
        reason=reason,
    )


def event_of(row: Mapping[str, Any]) -> Event:
    """This function will read an event from a row of the ledger's course_events."""
    own = {name: row[name] for name in Event.__dataclass_fields__}
    return Event(**{**own, "outcome": _OUTCOMES[row["outcome"]]})
