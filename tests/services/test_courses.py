"""Steps of courses on record: each checked, each kept once."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import polars as pl
import pytest

from app.db.store import SqlStore
from app.domain.errors import NotFoundError, XindengError
from app.domain.ledger import BY_NAME
from app.domain.scheme_words import StepOutcome
from app.portfolio.courses import StepDoesNotFitError, UnknownCourseError
from app.services.courses import Recorded, Taken, record_step, show_case
from app.services.desk import Desk
from app.services.facts_append import append_fact
from app.services.findings import InvalidFactsError
from app.settings import Settings
from app.warning.effects import EffectTable
from tests.features.ledger import HOUSEHOLD

MOMENT = datetime(2019, 6, 28, 4, tzinfo=UTC)
TODAY = date(2019, 6, 28)
DAY = date(2019, 6, 3)
STEPS = ("application", "village_review", "township_review", "service_centre", "joint_review", "payout")


@pytest.fixture
def desk(store: SqlStore) -> Desk:
    for home in ("H1", "H2"):
        whole = {column.name: None for column in BY_NAME["households"].columns}
        fact = whole | HOUSEHOLD | {"household_id": home, "surveyed_on": date(2016, 1, 1)}
        with store.write() as work:
            append_fact(work.facts, BY_NAME["households"], fact, known_on=DAY, recorded_on=TODAY)
    return Desk(
        store=store, settings=Settings(), clock=lambda: MOMENT, new_id=lambda: "D1", estimators={},
        effects=EffectTable.of(None),
    )  # fmt: skip


def step(number: int, **changes: Any) -> Taken:
    told: dict[str, Any] = {
        "case_id": "K1", "household_id": "H1", "course": "payout", "step": STEPS[number],
        "outcome": StepOutcome.PASSED, "actor_id": f"W{number}", "done_on": DAY + timedelta(days=number),
    }  # fmt: skip
    return Taken(**told | changes)


def record(desk: Desk, taken: Taken) -> Recorded:
    return record_step(desk, taken, policy="fengjie")


def stored(desk: Desk) -> pl.DataFrame:
    with desk.store.read() as work:
        return work.facts.frames()["course_events"]


def test_a_case_goes_from_the_application_to_the_payout(desk: Desk) -> None:
    cases = [record(desk, step(number)).case for number in range(len(STEPS))]

    assert [case["next_step"] for case in cases] == [*STEPS[1:], None]
    assert cases[-1]["finished"]
    assert cases[4]["due_on"] == date(2019, 6, 18)
    assert stored(desk).get_column("event_no").to_list() == [1, 2, 3, 4, 5, 6]


def test_the_same_step_again_changes_nothing(desk: Desk) -> None:
    first = record(desk, step(0))
    second = record(desk, step(1))

    again = [record(desk, step(1)), record(desk, step(0)), record(desk, step(0, event_no=1))]

    assert [recorded.done for recorded in (first, second, *again)] == ["added"] * 2 + ["unchanged"] * 3
    assert stored(desk).height == 2


@pytest.mark.parametrize(
    ("taken", "reason"),
    [
        (step(2), "not_next"),
        (step(1, event_no=1), "number"),
        (step(1, event_no=3), "number"),
        (step(1, household_id="H2"), "case"),
        (step(1, done_on=DAY - timedelta(days=1)), "order"),
    ],
)
def test_a_step_that_does_not_fit_leaves_no_trace(desk: Desk, taken: Taken, reason: str) -> None:
    record(desk, step(0))

    with pytest.raises(StepDoesNotFitError) as caught:
        record(desk, taken)

    assert caught.value.details["reason"] == reason
    assert stored(desk).height == 1


@pytest.mark.parametrize(
    ("taken", "error"),
    [
        (step(0, household_id="H9"), NotFoundError),
        (step(0, course="nothing"), UnknownCourseError),
        (step(0, done_on=TODAY + timedelta(days=1)), InvalidFactsError),
    ],
)
def test_a_step_of_nobody_of_no_course_or_of_a_day_to_come_is_refused(
    desk: Desk, taken: Taken, error: type[XindengError]
) -> None:
    with pytest.raises(error):
        record(desk, taken)

    assert stored(desk).is_empty()


def test_a_recorded_step_became_known_on_the_day_of_recording(desk: Desk) -> None:
    record(desk, step(0))

    assert stored(desk).select("known_on", "known_basis").row(0) == (TODAY, "recorded")
    with pytest.raises(NotFoundError):
        show_case(desk, "K1", as_of=DAY, policy="fengjie")


def test_a_case_is_shown_with_its_history_and_how_days_are_counted(desk: Desk) -> None:
    record(desk, step(0))
    record(desk, step(1, outcome=StepOutcome.RETURNED, note="缺少合同"))

    case = show_case(desk, "K1", as_of=TODAY, policy="fengjie")

    assert (case["next_step"], case["round"], case["by"]) == ("application", 2, "W1")
    assert [(row["step"], row["outcome"], row["note"]) for row in case["history"]] == [
        ("application", "passed", None),
        ("village_review", "returned", "缺少合同"),
    ]
    assert "节假日未计入" in case["deadlines"]


def test_of_two_who_record_at_once_one_is_told(desk: Desk) -> None:
    record(desk, step(0))
    start, said = Barrier(2), list[str]()

    def take(actor: str) -> None:
        start.wait()
        try:
            said.append(record(desk, step(1, actor_id=actor)).done)
        except XindengError as error:
            said.append(error.code)

    threads = [Thread(target=take, args=(actor,)) for actor in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["added", "step_does_not_fit"]
    assert stored(desk).height == 2
