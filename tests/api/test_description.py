"""The OpenAPI description: complete, clean to generate from, and true."""

import re
from typing import Any

import pytest

from tests.api.client import Client

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def description(client: Client) -> dict[str, Any]:
    told: dict[str, Any] = client.get("/openapi.json").json()
    return told


def operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_operations_have_plain_unique_names_and_chinese_titles(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(description)]

    assert len(names) == len(set(names)) == 11
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    assert all(
        re.search(r"[\u4e00-\u9fff]", operation["summary"]) for _, operation in operations(description)
    )


def test_every_error_is_described_as_problem_json(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        for status, answer in operation["responses"].items():
            if status != "200":
                assert list(answer["content"]) == ["application/problem+json"], name


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]

    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(description)))

    assert references <= set(schemas)
    assert "HTTPValidationError" not in schemas


def test_posts_say_what_body_they_take_with_an_example(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        if name.startswith("post"):
            body = operation["requestBody"]["content"]["application/json"]
            assert body["schema"]["$ref"].startswith("#/components/schemas/")
            assert body["examples"]


def test_facts_are_described_with_their_chinese_headings_and_units(description: dict[str, Any]) -> None:
    loan = description["components"]["schemas"]["Loan"]["properties"]

    assert loan["amount"]["description"] == "贷款金额; fen (1 yuan = 100 fen)"
    assert "ppm" in loan["annual_rate"]["description"]


def test_no_body_has_a_place_for_names_or_id_numbers(description: dict[str, Any]) -> None:
    fields = {
        name
        for schema in description["components"]["schemas"].values()
        for name in schema.get("properties", ())
    }

    assert not fields & {"full_name", "phone", "account", "id_number"}


def test_policies_say_where_their_values_come_from(client: Client) -> None:
    told = client.get("/policies").json()

    packs = {pack["name"]: pack for pack in told["items"]}
    assert told["default"] == "yanchi"
    assert packs["yanchi"]["extends"] == "national"
    assert packs["yanchi"]["references"]["cited"] > 0
    assert len(packs["yanchi"]["content_hash"]) == 64


def test_policies_are_told_as_of_a_day(client: Client) -> None:
    told = client.get("/policies?as_of=1999-01-01").json()

    assert not any(pack["in_force"] for pack in told["items"])


def test_models_are_those_that_were_loaded(client: Client) -> None:
    told = client.get("/models").json()

    desk = client.app.state.desk
    assert [model["artefact_id"] for model in told["items"]] == [
        desk.estimators[name].artefact_id for name in sorted(desk.estimators)
    ]
    assert all(model["trained_on"] for model in told["items"])
