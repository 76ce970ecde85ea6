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

    assert len(names) == len(set(names)) > 15
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


def shape(value: Any) -> Any:
    """What an answer is made of; a list is as its first item, and nothing may stand for anything."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def fits(shown: Any, given: Any) -> bool:
    if isinstance(shown, dict) and isinstance(given, dict):
        return shown.keys() == given.keys() and all(fits(shown[name], given[name]) for name in shown)
    if isinstance(shown, list) and isinstance(given, list):
        return not shown or not given or fits(shown[0], given[0])
    return "NoneType" in {shown, given} or shown == given


@pytest.mark.parametrize("path", ["/score", "/warning"])
def test_an_example_answer_has_the_shape_of_what_is_answered(
    client: Client, description: dict[str, Any], path: str
) -> None:
    operation = description["paths"][path]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["examples"]
    body = next(iter(asked.values()))["value"]
    shown = operation["responses"]["200"]["content"]["application/json"]["example"]

    given = client.post(path, json=body).json()

    assert fits(shape(shown), shape(given)), "run python -m tests.api.write_examples"
    assert shown["as_of"] == given["as_of"]
    assert shown["household_id"] == given["household_id"]
