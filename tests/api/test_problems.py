"""Errors: always problem+json in two languages, never a trace, never what was sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.api.app import create_app
from app.api.errors import KINDS, kind_of
from app.api.problems import ProblemAnswer
from app.db.store import open_store
from app.domain.errors import StoreError, XindengError
from app.settings import Settings
from tests.api.bodies import score_body
from tests.api.client import Client
from tests.api.conftest import make_desk
from tests.api.test_parsing import HOSTILE

JSON = {"Content-Type": "application/json"}
LIMIT = Settings().max_body_bytes
# Invented: an ID number with a right check digit, a name, a mobile number, an account.
CANARIES = ("11010119800101007X", "模拟张三丰", "13800138000", "6222020200012345678")


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    told: dict[str, Any] = response.json()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "private, no-store"
    ProblemAnswer.model_validate(told)
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"] == f"urn:xindeng:problem:{code}"
    assert all(told[name] for name in ("title", "title_zh", "detail", "detail_zh"))
    assert "Traceback" not in response.text
    return told


def test_an_unknown_path_is_a_problem(client: Client) -> None:
    assert_problem(client.get("/nowhere"), 404, "no_such_path")


def test_a_wrong_method_is_a_problem_that_names_the_right_one(client: Client) -> None:
    response = client.get("/score")

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_a_body_that_is_not_json_is_a_problem(client: Client, media: str) -> None:
    response = client.post("/score", content=b"{}", headers={"Content-Type": media})

    assert_problem(response, 415, "unsupported_media_type")


def test_a_body_over_the_limit_is_a_problem(client: Client) -> None:
    response = client.post("/score", content=b" " * (LIMIT + 1), headers=JSON)

    assert_problem(response, 413, "body_too_large")


@pytest.mark.parametrize("path", ["/score", "/score/batch", "/warning", "/warning/batch"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_problem_on_every_path(client: Client, path: str, name: str) -> None:
    response = client.post(path, content=HOSTILE[name], headers=JSON)

    assert_problem(response, 422, "invalid_request")


def test_contradictions_are_a_problem_with_their_paths(client: Client) -> None:
    body = score_body()
    body["household"]["loans"][0]["matures_on"] = "2020-01-01"
    body["household"]["incomes"][0]["received_in"] = "2030-01-01"

    told = assert_problem(client.post("/score", json=body), 422, "invalid_facts")

    paths = [error["path"] for error in told["errors"]]
    assert "$.household.loans[0].matures_on" in paths
    assert "$.household.incomes[0].received_in" in paths


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body where something can be put."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(spot for key, inner in pairs for spot in spots(inner, (*path, key)))]


@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_personal_comes_back_from_any_place_of_a_body(client: Client, canary: str) -> None:
    for spot in spots(score_body())[1:]:
        body: Any = score_body()
        target: Any = body
        for step in spot[:-1]:
            target = target[step]
        target[spot[-1]] = {canary: canary}

        response = client.post("/score", content=json.dumps(body, ensure_ascii=False).encode(), headers=JSON)

        assert response.status_code == 422
        assert canary not in response.text


def test_an_id_number_in_any_text_is_refused_and_not_repeated(client: Client) -> None:
    texts = [spot for spot in spots(score_body()) if spot and str(spot[-1]).endswith(("_id", "bank"))]
    for spot in texts:
        body: Any = score_body()
        target: Any = body
        for step in spot[:-1]:
            target = target[step]
        target[spot[-1]] = CANARIES[0]

        told = assert_problem(client.post("/score", json=body), 422, "invalid_request")

        assert CANARIES[0] not in json.dumps(told)
    assert texts


@pytest.mark.parametrize(
    "path",
    [
        f"/loans/{CANARIES[0]}/warnings",
        f"/warnings?township={CANARIES[0]}",
        f"/warnings?cursor={CANARIES[0]}",
        f"/warnings?light={CANARIES[1]}",
        f"/{CANARIES[0]}",
    ],
)
def test_nothing_personal_comes_back_from_an_address(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code in {404, 422}
    assert not any(canary in response.text for canary in CANARIES)


def test_a_database_that_is_not_migrated_is_not_ready(tmp_path: Path) -> None:
    client = Client(create_app(make_desk(open_store(f"sqlite:///{tmp_path / 'none.db'}"))))

    response = client.get("/readyz")

    assert_problem(response, 503, "store")
    assert int(response.headers["retry-after"]) > 0
    assert client.get("/livez").json() == {"status": "alive"}


def test_a_migrated_database_is_ready(empty: Client) -> None:
    told = empty.get("/readyz").json()

    assert (told["status"], told["database"]) == ("ready", "at_head")


@pytest.mark.parametrize(("reason", "status"), [("busy", 503), ("unreachable", 503), ("failed", 500)])
def test_only_what_may_pass_is_told_to_be_tried_again(reason: str, status: int) -> None:
    error = StoreError(zh="忙", en="busy", reason=reason)

    assert kind_of(error).status == status


def every_error(kind: type[XindengError]) -> set[type[XindengError]]:
    return {kind, *(inner for sub in kind.__subclasses__() for inner in every_error(sub))}


def test_every_error_of_the_service_has_a_status_of_its_own() -> None:
    unplaced = {kind for kind in every_error(XindengError) if not KINDS.keys() & set(kind.__mro__[:-3])}

    assert not unplaced - {XindengError}
