"""`/score` and `/warning`: answers that hold what they promise, in order, for one or many."""

import json
from typing import Any

import pytest

from app.api.answer_models import ScoreAnswer, WarningAnswer
from app.api.examples import BODIES, SCORE, WARNING
from app.services.desk import Desk
from app.services.ports import WarningFilter
from tests.api.bodies import score_body, warning_body
from tests.api.client import Client
from tests.api.conftest import DAY

VARYING = {"decision_id"}


def strip(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in VARYING}


def stored_loans(desk: Desk, number: int) -> list[str]:
    with desk.store.read() as work:
        rows = work.assessments.page(WarningFilter(as_of=DAY), after=None, limit=number)
    return [row["loan_id"] for row in rows]


def test_an_application_is_rated_with_every_indicator_and_its_citation(client: Client) -> None:
    answer = client.post("/score", json=SCORE).json()

    told = ScoreAnswer.model_validate(answer)
    assert told.rating.points == sum(i.points or 0 for i in told.rating.indicators)
    assert [part.of for part in told.rating.parts] == [60, 30, 10]
    assert all(indicator.reference for indicator in told.rating.indicators)
    assert all(rule.reference for rule in told.eligibility.rules)
    assert told.versions.policy == "yanchi"
    assert told.decision_id


def test_a_whole_loan_gets_a_light_reasons_and_every_action(client: Client) -> None:
    answer = client.post("/warning", json=WARNING).json()

    told = WarningAnswer.model_validate(answer)
    assert told.light == "yellow"
    assert [t.code for t in told.triggers] == ["production_weak"]
    assert told.triggers[0].sentence_zh
    assert len(told.actions) == 9
    assert sorted(action.rank for action in told.actions) == list(range(1, 10))
    assert told.top_action in {a.action for a in told.actions if a.eligibility != "refused"}
    assert all(clause.reference for action in told.actions for clause in action.clauses)


def test_a_stored_loan_is_answered_as_the_sweep_stored_it(client: Client, county: Desk) -> None:
    loan = stored_loans(county, 1)[0]

    answer = client.post("/warning", json={"loan_id": loan, "as_of": str(DAY)}).json()

    latest = client.get(f"/loans/{loan}/warnings").json()["items"][0]
    assert answer == latest
    WarningAnswer.model_validate(answer)


def test_a_batch_is_answered_in_its_order_and_equals_its_single_answers(client: Client, county: Desk) -> None:
    first, second = stored_loans(county, 2)
    inline = {"loan_id": "SIM-L-1", "household": WARNING["household"]}
    items = [{"loan_id": second}, inline, {"loan_id": first}, {"loan_id": second}]

    answers = client.post("/warning/batch", json={"as_of": str(DAY), "items": items}).json()["items"]

    alone = [client.post("/warning", json={"as_of": str(DAY), **item}).json() for item in items]
    assert [strip(a) for a in answers] == [strip(a) for a in alone]


def test_applications_in_a_batch_equal_their_single_answers(client: Client) -> None:
    bodies = [score_body(), score_body()]
    bodies[1]["household"] |= {"household_id": "SIM-H-2", "land_mu": 0.5}
    bodies[1]["household"]["loans"] = []
    bodies[1]["application"]["application_id"] = "SIM-A-0"
    items = [{"household": b["household"], "application": b["application"]} for b in bodies]

    answers = client.post("/score/batch", json={"as_of": "2025-07-01", "items": items}).json()["items"]

    assert [a["application_id"] for a in answers] == ["SIM-A-1", "SIM-A-0"]
    assert [strip(a) for a in answers] == [strip(client.post("/score", json=b).json()) for b in bodies]


def test_two_applications_of_one_household_may_stand_in_a_batch(client: Client) -> None:
    first, second = score_body(), score_body()
    second["application"]["application_id"] = "SIM-A-2"
    items = [{"household": b["household"], "application": b["application"]} for b in (first, second)]

    response = client.post("/score/batch", json={"as_of": "2025-07-01", "items": items})

    assert response.status_code == 200


def test_the_decision_is_stored_with_its_answer_before_it_is_told(client: Client, county: Desk) -> None:
    answer = client.post("/score", json=SCORE).json()

    with county.store.read() as work:
        kept = work.decisions.find(answer["decision_id"])
    assert kept is not None
    assert json.loads(kept["answer"]) == answer


@pytest.mark.parametrize("path", [path for path in BODIES if path.startswith(("/score", "/warning"))])
def test_every_documented_example_is_answered(client: Client, path: str) -> None:
    for example in BODIES[path].examples.values():
        response = client.post(path, json=example)

        assert response.status_code == 200


def test_the_day_is_today_in_china_when_left_out(client: Client) -> None:
    body = warning_body(loan_id="SIM-L-1")
    del body["as_of"]
    body["household"]["loans"][0]["matures_on"] = "2025-11-01"

    assert client.post("/warning", json=body).json()["as_of"] == "2025-09-30"


def test_a_policy_is_chosen_by_name(client: Client) -> None:
    answer = client.post("/warning", json={**WARNING, "policy": "national"}).json()

    assert answer["versions"]["policy"] == "national"
    assert answer["rating"]["points"] is None
    assert answer["rating"]["indicators"] == []


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        (score_body(policy="atlantis"), "unknown_policy", "atlantis"),
        (score_body(as_of="1999-01-01"), "no_rules_in_force", "1999-01-01"),
    ],
)
def test_what_no_policy_covers_is_named(client: Client, body: dict[str, Any], code: str, named: str) -> None:
    response = client.post("/score", json=body)

    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, code)
    assert named in problem["detail"]
    assert named in problem["detail_zh"]


def test_an_unknown_loan_is_not_found(client: Client) -> None:
    response = client.post("/warning", json={"loan_id": "SIM-NOBODY", "as_of": str(DAY)})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_loan_that_its_household_does_not_have_is_named(client: Client) -> None:
    response = client.post("/warning", json=warning_body(loan_id="SIM-L-9"))

    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "$.loan_id"


def test_a_batch_over_the_limit_is_refused(empty: Client) -> None:
    response = empty.post("/warning/batch", json={"items": [{"loan_id": "SIM-L-1"}] * 4})

    assert response.status_code == 422
    assert response.json()["errors"][0] | {"zh": "", "en": ""} == {
        "path": "$.items",
        "code": "too_many",
        "zh": "",
        "en": "",
    }


def test_nothing_is_stored_when_one_of_the_facts_sent_is_wrong(client: Client, county: Desk) -> None:
    before = rows_stored(county)
    wrong = warning_body()
    wrong["household"]["loans"][0]["matures_on"] = "2020-01-01"
    items = [{"loan_id": stored_loans(county, 1)[0]}, {n: wrong[n] for n in ("loan_id", "household")}]

    response = client.post("/warning/batch", json={"as_of": "2025-09-29", "items": items})

    assert response.status_code == 422
    assert rows_stored(county) == before


def rows_stored(desk: Desk) -> int:
    with desk.store.read() as work:
        return sum(len(work.assessments.history(loan)) for loan in stored_loans(desk, 1))


def test_an_application_not_yet_known_on_the_day_is_named_and_nothing_is_decided(client: Client) -> None:
    unknown = {**SCORE, "application": {**SCORE["application"], "known_on": "2025-07-20"}}

    answer = client.post("/score", json=unknown)

    assert answer.status_code == 404
    assert "SIM-A-1" in answer.json()["detail"]
