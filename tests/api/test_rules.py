"""The rules of a pack as the API tells them."""

import pytest

from tests.api.client import Client


def test_the_rules_in_force_on_a_day_are_told_with_their_citations(client: Client) -> None:
    told = client.get("/policies/yanchi?on=2023-06-01").json()

    by_code = {(rule["section"], rule["code"]): rule for rule in told["rules"]}
    cap = by_code["parameters", "amount_cap"]
    assert (told["name"], told["extends"], told["on"]) == ("yanchi", "national", "2023-06-01")
    assert (cap["says_zh"], cap["mark_zh"], cap["reference"]["kind"]) == ("50,000元", "引用", "cited")
    assert (cap["inherited_from"], by_code["parts", "integrity"]["inherited_from"]) == ("national", None)
    assert told["changes_on"] > "2023-06-01"


def test_one_section_may_be_asked_for(client: Client) -> None:
    rules = client.get("/policies/yanchi?on=2023-06-01&section=grades").json()["rules"]

    assert {rule["section"] for rule in rules} == {"grades"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/policies/atlantis", 404, "not_found"),
        ("/policies/Atlantis", 422, "invalid_request"),
        ("/policies/yanchi?on=2013-12-31", 422, "no_rules_in_force"),
        ("/policies/yanchi?on=2023-02-30", 422, "invalid_request"),
        ("/policies/yanchi?section=dreams", 422, "invalid_request"),
    ],
)
def test_what_cannot_be_told_is_a_clear_problem(client: Client, path: str, status: int, code: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_document_whose_parts_do_not_add_up_is_reported(client: Client) -> None:
    findings = client.get("/policies/dingyuan?on=2020-06-01&section=identities").json()["findings"]

    parts = {finding["printed"]: finding["computed"] for finding in findings}
    assert parts[2571] == 2945
