"""Requests that are judged in one pass are answered to the byte as alone, and fail alone."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.desk import Desk
from app.services.ports import WarningFilter
from tests.api.bodies import score_body, warning_body
from tests.api.client import Client
from tests.api.conftest import DAY

PATIENCE = 60.0
NOBODY = {"loan_id": "SIM-NOBODY", "as_of": str(DAY)}


def renamed(body: dict[str, Any], number: int) -> dict[str, Any]:
    """The same about another household, other loans, another application."""
    text = json.dumps(body).replace('"SIM-', f'"SIM-{number}-')
    renewed: dict[str, Any] = json.loads(text)
    return renewed


def applications() -> list[dict[str, Any]]:
    """Of different people: some lack what others have, one is of yet another day."""
    poorer, silent, later = score_body(), score_body(), score_body(as_of="2025-08-01")
    poorer["household"]["incomes"] = []
    silent["household"]["loans"][0]["visits"] = []
    silent["household"]["shocks"] = [{"kind": "illness", "happened_on": "2025-05-01", "loss": 900_000}]
    return [renamed(body, n) for n, body in enumerate([score_body(), poorer, silent, later, score_body()])]


def unknown_yet() -> dict[str, Any]:
    """An application that became known after the day: alone it is not found, and nothing is decided."""
    body = deepcopy(score_body())
    body["application"]["known_on"] = "2025-07-15"
    return renamed(body, 77)


def own_removed(answer: Any) -> Any:
    return {name: value for name, value in answer.items() if name != "decision_id"}


def sent_at_once(client: Client, path: str, bodies: Sequence[dict[str, Any]]) -> list[Any]:
    """All at the same moment; statuses and answers without the decisions' own ids."""
    together = Barrier(len(bodies))

    def send(body: dict[str, Any]) -> tuple[int, Any]:
        together.wait(PATIENCE)
        response = client.post(path, json=body)
        return response.status_code, own_removed(response.json())

    with ThreadPoolExecutor(max_workers=len(bodies)) as threads:
        return list(threads.map(send, bodies, timeout=PATIENCE))


def sent_alone(client: Client, path: str, bodies: Sequence[dict[str, Any]]) -> list[Any]:
    responses = [client.post(path, json=body) for body in bodies]
    return [(response.status_code, own_removed(response.json())) for response in responses]


@pytest.fixture(scope="module")
def loans(county: Desk) -> list[str]:
    with county.store.read() as work:
        rows = work.assessments.page(WarningFilter(as_of=DAY), after=None, limit=40)
    return [row["loan_id"] for row in rows]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chosen=st.lists(st.sampled_from([*applications(), unknown_yet()]), min_size=2, max_size=8))
def test_applications_sent_at_once_are_answered_as_alone(
    client: Client, chosen: list[dict[str, Any]]
) -> None:
    assert sent_at_once(client, "/score", chosen) == sent_alone(client, "/score", chosen)


def test_whole_loans_sent_at_once_are_answered_as_alone(client: Client) -> None:
    bodies = [renamed(warning_body(), number) for number in range(6)]
    bodies.append({**bodies[0], "as_of": "2024-01-01"})  # refused: its facts lie in the future

    assert sent_at_once(client, "/warning", bodies) == sent_alone(client, "/warning", bodies)


def test_stored_loans_asked_for_at_once_are_answered_as_alone(client: Client, loans: list[str]) -> None:
    bodies = [{"loan_id": loan, "as_of": str(DAY)} for loan in [*loans[:6], loans[0]]]
    bodies.insert(3, NOBODY)

    told = sent_at_once(client, "/warning", bodies)

    assert told == sent_alone(client, "/warning", bodies)
    assert [status for status, _ in told].count(404) == 1


def test_every_decision_made_together_is_kept_by_itself(client: Client, county: Desk) -> None:
    bodies = applications()[:3]
    together = Barrier(len(bodies))

    def send(body: dict[str, Any]) -> dict[str, Any]:
        together.wait(PATIENCE)
        told: dict[str, Any] = client.post("/score", json=body).json()
        return told

    with ThreadPoolExecutor(max_workers=len(bodies)) as threads:
        told = list(threads.map(send, bodies, timeout=PATIENCE))

    assert len({answer["decision_id"] for answer in told}) == len(bodies)
    for body, answer in zip(bodies, told, strict=True):
        with county.store.read() as work:
            kept = work.decisions.find(answer["decision_id"])
        assert kept is not None
        assert json.loads(kept["answer"]) == answer
        (household,) = {row["household_id"] for row in json.loads(kept["request"])["households"]}
        assert household == body["household"]["household_id"]
