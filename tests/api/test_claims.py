"""`/claims`: filed, refused with the clause, listed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from app.api.app import create_app
from app.api.examples import CLAIM
from app.db.store import open_store
from app.domain.ledger import BY_NAME
from app.services.facts_append import append_fact
from tests.api.client import Client
from tests.api.conftest import DAY, make_desk
from tests.api.test_problems import assert_problem
from tests.features.ledger import HOUSEHOLD
from tests.portfolio.claimed import DEPOSIT, ILLNESS, overdue

BODY: dict[str, Any] = {
    "claim_id": "C1", "loan_id": "L1", "fund_id": "F1", "ground": "illness", "principal": 5_000_000,
    "interest": 0, "recourse_on": "2025-08-01", "evidence": "诊断证明", "policy": "nanao",
}  # fmt: skip


@pytest.fixture
def claims(sqlite_url: str) -> Iterator[Client]:
    store = open_store(sqlite_url)
    loan = overdue(0, matures_on=date.fromordinal(DAY.toordinal() - 90))
    facts = {"households": HOUSEHOLD, "loans": loan, "shocks": ILLNESS, "fund_movements": DEPOSIT}
    with store.write() as work:
        for name, fact in facts.items():
            table = BY_NAME[name]
            whole = {column.name: None for column in table.columns} | fact
            append_fact(work.facts, table, whole, known_on=whole[table.happened], recorded_on=DAY)
    yield Client(create_app(make_desk(store)))
    store.close()


def test_a_claim_is_filed_and_listed_with_who_pays_what(claims: Client) -> None:
    filed = claims.post("/claims", json=BODY)

    listed = claims.get("/claims?policy=nanao").json()["items"]
    assert filed.status_code == 200
    assert listed == [filed.json()]
    assert filed.json()["parts"] == [
        {"bearer": "bank", "amount": 1_000_000}, {"bearer": "fund", "amount": 4_000_000}
    ]  # fmt: skip


def test_a_claim_a_day_too_early_is_a_problem_that_names_the_clause(claims: Client) -> None:
    response = claims.post("/claims", json=BODY | {"as_of": f"{date.fromordinal(DAY.toordinal() - 1)}"})

    told = assert_problem(response, 422, "claim_refused")
    assert "逾期90天启动" in told["detail_zh"]
    assert claims.get("/claims").json()["items"] == []


def test_another_claim_of_the_same_number_is_a_conflict(claims: Client) -> None:
    claims.post("/claims", json=BODY)

    assert_problem(claims.post("/claims", json=BODY | {"principal": 1}), 409, "claim_conflict")


def test_a_claim_on_an_unknown_loan_is_not_found(claims: Client) -> None:
    assert_problem(claims.post("/claims", json=BODY | {"loan_id": "L9"}), 404, "not_found")


@pytest.mark.parametrize(
    "change", [{"principal": -1}, {"ground": "drought"}, {"name": "x"}, {"claim_id": ""}]
)
def test_a_body_of_another_shape_is_a_problem(claims: Client, change: dict[str, Any]) -> None:
    assert_problem(claims.post("/claims", json=BODY | change), 422, "invalid_request")


def test_the_documented_example_is_answered_for_a_loan_that_is_known(claims: Client) -> None:
    response = claims.post("/claims", json={**CLAIM, "loan_id": "L1", "fund_id": "F1", "policy": "nanao"})

    assert response.status_code == 200
