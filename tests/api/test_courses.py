"""Courses over HTTP."""

from datetime import date
from typing import Any

import pytest

from app.api import examples
from app.api.app import create_app
from app.db.store import open_store
from app.domain.ledger import BY_NAME
from app.services.facts_append import append_fact
from tests.api.client import Client
from tests.api.conftest import DAY, make_desk
from tests.features.ledger import HOUSEHOLD

STEP = {
    "household_id": "H1", "course": "rating_review", "step": "survey", "outcome": "passed", "actor_id": "W1",
    "done_on": "2025-09-01",
}  # fmt: skip


@pytest.fixture(name="desk")
def _desk(sqlite_url: str) -> Client:
    desk = make_desk(open_store(sqlite_url))
    whole = {column.name: None for column in BY_NAME["households"].columns} | HOUSEHOLD
    with desk.store.write() as work:
        append_fact(work.facts, BY_NAME["households"], whole, known_on=date(2022, 1, 1), recorded_on=DAY)
    return Client(create_app(desk))


def post(desk: Client, case: str = "K1", **changes: Any) -> Any:
    return desk.post(f"/courses/{case}/events", json=STEP | changes)


def test_a_step_is_recorded_and_shown(desk: Client) -> None:
    answer = post(desk)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["recorded"], told["next_step"], told["next_by"]) == ("added", "group_review", "group")
    shown = desk.get("/courses/K1").json()
    assert shown == {name: value for name, value in told.items() if name != "recorded"}


def test_the_same_step_again_is_answered_alike(desk: Client) -> None:
    first, again = post(desk).json(), post(desk).json()

    assert (first.pop("recorded"), again.pop("recorded")) == ("added", "unchanged")
    assert first == again


def test_a_step_that_does_not_fit_is_a_409_with_the_clause(desk: Client) -> None:
    post(desk)

    answer = post(desk, step="village_review", actor_id="W2")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "step_does_not_fit")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "一次摸底、四级评审、两轮公示" in problem["detail_zh"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"outcome": "perhaps"}, 422, "invalid_request"),
        ({"course": "nothing"}, 422, "unknown_course"),
        ({"household_id": "H9"}, 404, "not_found"),
        ({"done_on": "2025-10-01"}, 422, "invalid_facts"),
        ({"name": "某某"}, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_recorded_is_a_problem(
    desk: Client, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = post(desk, **changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_unknown_case_is_not_found(desk: Client) -> None:
    assert desk.get("/courses/K9").status_code == 404


def test_the_documented_example_is_answered_for_a_household_that_is_known(desk: Client) -> None:
    answer = desk.post("/courses/K2/events", json={**examples.STEP, "household_id": "H1"})

    assert answer.status_code == 200
