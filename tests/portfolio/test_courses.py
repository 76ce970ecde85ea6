"""Courses as state machines, on invented cases."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.scheme_words import StepOutcome
from app.policy.policy import Policy, load, policies
from app.portfolio.cases import HISTORY_SCHEMA, STATES_SCHEMA, history, states
from app.portfolio.courses import (
    Event,
    InForceCourse,
    Position,
    StepDoesNotFitError,
    UnknownCourseError,
    add_working_days,
    advance,
    course_of,
    replayed,
)
from tests.features.ledger import ledger
from tests.portfolio.packs import HEAD

DAY = date(2019, 6, 3)  # a Monday
STEPS = ("application", "village_review", "township_review", "service_centre", "joint_review", "payout")
PASSED, RETURNED, REFUSED = StepOutcome.PASSED, StepOutcome.RETURNED, StepOutcome.REFUSED
REVIEW = """
courses:
  review:
    zh: 评审
    en: review
    in_force:
      - from: 2019-01-01
        to: 2019-12-31
        steps:
          - {code: survey, zh: 摸底, en: survey, by: survey}
          - {code: village, zh: 村评议, en: village, by: village, within_days: 10}
          - {code: publicity, zh: 公示, en: publicity, by: public, at_least_days: 7}
          - {code: township, zh: 乡镇评审, en: township, by: township}
        reference: {kind: design, document: 试行办法, clause: 第三条}
"""


@cache
def small() -> Policy:
    with TemporaryDirectory() as folder:
        (Path(folder) / "pack.yaml").write_text(HEAD + REVIEW, encoding="utf-8")
        return load(Path(folder))


def review() -> InForceCourse:
    return course_of(small().at(DAY), "review")


def payout() -> InForceCourse:
    return course_of(load("fengjie").at(DAY), "payout")


def events(course: str, *told: tuple[str, StepOutcome, int], actors: Sequence[str] = ()) -> list[Event]:
    """Events by step, outcome and days after DAY, each by a person of its own unless named."""
    return [
        Event(
            case_id="K1", event_no=n, household_id="H1", course=course, step=step, outcome=outcome,
            actor_id=actors[n - 1] if actors else f"W-{step}", done_on=DAY + timedelta(days=days),
        )
        for n, (step, outcome, days) in enumerate(told, start=1)
    ]  # fmt: skip


def paid_out(*told: tuple[str, StepOutcome, int], **options: Any) -> Position:
    return replayed(payout(), events("payout", *told, **options))


def reviewed(*told: tuple[str, StepOutcome, int], **options: Any) -> Position:
    return replayed(review(), events("review", *told, **options))


ALL = tuple((step, PASSED, n) for n, step in enumerate(STEPS))
SURVEYED = (("survey", PASSED, 0), ("village", PASSED, 1))


def test_a_case_that_passes_every_step_is_finished() -> None:
    position = paid_out(*ALL)

    assert position.finished
    assert position.next_step is None
    assert [done.event.step for done in position.done] == list(STEPS)


def test_the_bank_pays_within_seven_working_days_of_the_joint_review() -> None:
    position = paid_out(*ALL[:5])

    assert (position.since, position.due_on) == (date(2019, 6, 7), date(2019, 6, 18))
    in_time, late = (paid_out(*ALL[:5], ("payout", PASSED, day)).done[-1].late for day in (15, 16))
    assert (in_time, late) == (False, True)


@pytest.mark.parametrize(
    ("day", "number", "wanted"),
    [
        (date(2019, 6, 3), 0, date(2019, 6, 3)),
        (date(2019, 6, 3), 4, date(2019, 6, 7)),
        (date(2019, 6, 3), 5, date(2019, 6, 10)),
        (date(2019, 6, 8), 1, date(2019, 6, 10)),
        (date(2019, 6, 9), 0, date(2019, 6, 9)),
        (date(2019, 6, 7), 7, date(2019, 6, 18)),
    ],
)
def test_working_days_are_mondays_to_fridays(day: date, number: int, wanted: date) -> None:
    assert add_working_days(day, number) == wanted


@given(day=st.dates(date(2017, 1, 1), date(2026, 1, 1)), number=st.integers(1, 60))
def test_between_a_day_and_its_deadline_lie_so_many_working_days(day: date, number: int) -> None:
    due = add_working_days(day, number)

    span = (day + timedelta(days=n) for n in range(1, (due - day).days + 1))
    assert sum(each.weekday() < 5 for each in span) == number
    assert due.weekday() < 5


def test_a_returned_step_goes_back_to_the_one_before_in_a_new_round() -> None:
    position = paid_out(*ALL[:2], ("township_review", RETURNED, 3))

    assert position.next_step is not None
    assert (position.next_step.code, position.round) == ("village_review", 2)
    again = paid_out(
        *ALL[:2],
        ("township_review", RETURNED, 3),
        ("village_review", PASSED, 4),
        ("township_review", PASSED, 5),
    )
    assert again.next_step is not None
    assert (again.next_step.code, again.round) == ("service_centre", 2)


def test_a_first_step_that_is_returned_stays_where_it_is() -> None:
    position = paid_out(("application", RETURNED, 0))

    assert position.next_step is not None
    assert (position.next_step.code, position.round) == ("application", 2)


@pytest.mark.parametrize(
    ("told", "reason", "sentence"),
    [
        ((*ALL[:2], ("joint_review", PASSED, 3)), "not_next", "the next step is 'township_review'"),
        ((*ALL, ("payout", PASSED, 9)), "ended", "the course has ended"),
        ((ALL[0], ("village_review", REFUSED, 2), ALL[2]), "ended", "the course has ended"),
        ((*ALL[:2], ("township_review", PASSED, 0)), "order", "dated before the one before it"),
    ],
)
def test_a_step_that_does_not_fit_is_an_error_with_the_clause(
    told: tuple[tuple[str, StepOutcome, int], ...], reason: str, sentence: str
) -> None:
    with pytest.raises(StepDoesNotFitError, match=sentence) as caught:
        paid_out(*told)

    assert caught.value.details["reason"] == reason
    assert "7個工作日內放款到戶" in caught.value.problem.zh
    assert "7個工作日內放款到戶" in caught.value.problem.en


def test_publicity_of_six_days_is_cut_short_and_of_seven_is_not() -> None:
    with pytest.raises(StepDoesNotFitError, match=r"at least 7 days, until 2019-06-11.*试行办法 第三条"):
        reviewed(*SURVEYED, ("publicity", PASSED, 7))

    position = reviewed(*SURVEYED, ("publicity", PASSED, 8))

    assert position.next_step is not None
    assert position.next_step.code == "township"


def test_an_objection_may_end_publicity_early() -> None:
    assert reviewed(*SURVEYED, ("publicity", REFUSED, 2)).refused
    assert reviewed(*SURVEYED, ("publicity", RETURNED, 2)).at == 1


@pytest.mark.parametrize(
    "actors", [("A", "A"), ("A", "B", "A", "B")], ids=["neighbours", "with publicity between"]
)
def test_neighbouring_levels_of_review_want_different_people(actors: tuple[str, ...]) -> None:
    told = (*SURVEYED, ("publicity", PASSED, 8), ("township", PASSED, 9))[: len(actors)]

    with pytest.raises(StepDoesNotFitError, match="two different people") as caught:
        reviewed(*told, actors=actors)

    assert caught.value.details["reason"] == "same_person"


def test_who_applies_or_publishes_may_review_and_levels_apart_may_share_a_person() -> None:
    assert reviewed(
        *SURVEYED, ("publicity", PASSED, 8), ("township", PASSED, 9), actors=("A", "B", "B", "A")
    ).finished
    assert paid_out(*ALL[:2], actors=("A", "A")).at == 2


def test_after_a_return_the_step_may_be_reviewed_again_by_the_same_person() -> None:
    told = (*ALL[:2], ("township_review", RETURNED, 3), ("village_review", PASSED, 4))

    assert paid_out(*told, ("township_review", PASSED, 5), actors=("F", "V", "T", "V", "T")).at == 3


@pytest.mark.parametrize("changed", [{"household_id": "H2"}, {"event_no": 7}])
def test_an_event_of_another_household_or_out_of_number_does_not_fit(changed: dict[str, Any]) -> None:
    first, second = events("payout", *ALL[:2])
    wrong = Event(**{**{n: getattr(second, n) for n in Event.__dataclass_fields__}, **changed})

    with pytest.raises(StepDoesNotFitError):
        replayed(payout(), [first, wrong])


def test_a_course_that_the_pack_has_not_is_named_with_those_it_has() -> None:
    with pytest.raises(
        UnknownCourseError, match="'fengjie' has no such course on the day; there are: payout"
    ):
        course_of(load("fengjie").at(DAY), "nothing")


def rows(found: list[Event], case_id: str = "K1") -> list[dict[str, Any]]:
    fields = [name for name in Event.__dataclass_fields__ if name != "case_id"]
    return [{"case_id": case_id} | {name: getattr(event, name) for name in fields} for event in found]


def test_the_states_of_cases_tell_the_step_the_next_level_and_what_is_late() -> None:
    started = rows(events("payout", *ALL[:5]), "K2")
    refused = rows(events("payout", ALL[0], ("village_review", REFUSED, 1)), "K3")
    skipped = rows(events("payout", ALL[0], ALL[2]), "K4")
    unknown = rows(events("nothing", ("application", PASSED, 0)), "K5")
    frames = ledger(course_events=[*rows(events("payout", *ALL)), *started, *refused, *skipped, *unknown])

    found = states(frames, load("fengjie"), as_of=date(2019, 6, 19))

    told = found.select(
        "case_id", "step", "next_step", "next_by", "due_on", "days_late", "finished", "refused"
    )
    assert told.rows()[:3] == [
        ("K1", "payout", None, None, None, 0, True, False),
        ("K2", "joint_review", "payout", "bank", date(2019, 6, 18), 1, False, False),
        ("K3", "village_review", None, None, None, 0, False, True),
    ]
    assert found.schema == STATES_SCHEMA
    faults = dict(found.select("case_id", "fault").rows())
    assert [faults[name] for name in ("K1", "K2", "K3")] == [None] * 3
    assert faults["K4"].startswith("下一环节应为“村审核”")
    assert faults["K5"].startswith("政策包“fengjie”此日没有该流程")


def test_a_case_goes_on_by_the_rules_of_the_day_it_began() -> None:
    begun = events("review", ("survey", PASSED, 0))

    found = states(ledger(course_events=rows(begun)), small(), as_of=date(2020, 3, 1))

    assert found.select("next_step", "due_on", "late").row(0) == ("village", date(2019, 6, 13), True)


def test_the_history_of_a_case_tells_who_did_what_when() -> None:
    told = (*ALL[:2], ("township_review", RETURNED, 3), ("village_review", PASSED, 4))
    frames = ledger(course_events=rows(events("payout", *told)))

    found = history(frames, load("fengjie"), "K1", as_of=date(2019, 7, 1))

    assert found.schema == HISTORY_SCHEMA
    assert found.select("round", "step", "outcome", "actor_id").rows() == [
        (1, "application", "passed", "W-application"),
        (1, "village_review", "passed", "W-village_review"),
        (1, "township_review", "returned", "W-township_review"),
        (2, "village_review", "passed", "W-village_review"),
    ]
    assert history(frames, load("fengjie"), "K9", as_of=date(2019, 7, 1)).is_empty()


def test_an_event_that_became_known_later_is_not_seen() -> None:
    known, later = rows(events("payout", *ALL[:2]))
    frames = ledger(course_events=[known, later | {"known_on": date(2019, 8, 1)}])

    assert states(frames, load("fengjie"), as_of=date(2019, 7, 1)).item(0, "step") == "application"


def shipped() -> list[tuple[str, str]]:
    return [(name, code) for name in policies() for code in load(name).pack.courses]


@pytest.mark.parametrize(("pack", "code"), shipped())
def test_every_course_that_ships_can_be_walked_to_its_end_and_names_its_source(pack: str, code: str) -> None:
    policy = load(pack)
    begun = policy.pack.courses[code].in_force[0].from_
    position = Position(course=course_of(policy.at(begun), code))
    for number, step in enumerate(position.steps, start=1):
        position = advance(position, Event(
            case_id="K1", event_no=number, household_id="H1", course=code, step=step.code, outcome=PASSED,
            actor_id=step.code, done_on=position.ready_on or begun,
        ))  # fmt: skip

    assert position.finished
    assert position.course.now.reference.document


@settings(max_examples=60, deadline=None)
@given(outcomes=st.lists(st.sampled_from(StepOutcome), max_size=25))
def test_following_the_next_step_always_fits_and_never_leaves_the_course(
    outcomes: list[StepOutcome],
) -> None:
    position, day, number = Position(course=review()), DAY, 0
    for outcome in outcomes:
        step = position.next_step
        if step is None:
            break
        day, number = day + timedelta(days=8), number + 1
        told = Event(
            case_id="K1", event_no=number, household_id="H1", course="review", step=step.code,
            outcome=outcome, actor_id=step.code, done_on=day,
        )  # fmt: skip
        position = replayed(review(), [*(done.event for done in position.done), told])
        assert 0 <= position.at <= len(position.steps)

    assert position.finished == (position.at == len(position.steps))
    assert (position.next_step is None) == (position.finished or position.refused)
