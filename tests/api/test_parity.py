"""One pipeline: a loan sent whole is judged as the same loan in the store, alone as in a batch."""

from typing import Any

import pytest

from app.api.examples import WARNING
from app.services.county import beside_county
from app.services.desk import Desk
from app.services.inline import frames_of, lay_out
from app.services.ports import WarningFilter
from tests.api.client import Client
from tests.api.conftest import DAY
from tests.api.nesting import nested_household

LOANS = 25
# What belongs to the stored assessment itself; the watermark says which imports a frame holds.
OWN = {"assessment_id", "decision_id", "versions"}


@pytest.fixture(scope="module")
def bodies(county: Desk) -> list[dict[str, Any]]:
    with county.store.read() as work:
        rows = work.assessments.page(WarningFilter(as_of=DAY), after=None, limit=1_000)
        chosen = rows[:: max(1, len(rows) // LOANS)]
        owners = work.facts.household_of([row["loan_id"] for row in chosen])
        frames = work.facts.frames(as_of=DAY, households=sorted(set(owners.values())))
    return [
        {"loan_id": row["loan_id"], "household": nested_household(frames, owners[row["loan_id"]])}
        for row in chosen
    ]


def own_removed(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in OWN}


def test_a_loan_sent_whole_is_judged_as_the_stored_one(client: Client, bodies: list[dict[str, Any]]) -> None:
    stored = [{"loan_id": body["loan_id"]} for body in bodies]

    sent = client.post("/warning/batch", json={"as_of": str(DAY), "items": bodies}).json()["items"]

    found = client.post("/warning/batch", json={"as_of": str(DAY), "items": stored}).json()["items"]
    assert [own_removed(answer) for answer in sent] == [own_removed(answer) for answer in found]


def test_loans_sent_together_are_judged_as_alone(client: Client, bodies: list[dict[str, Any]]) -> None:
    together = client.post("/warning/batch", json={"as_of": str(DAY), "items": bodies}).json()["items"]

    for body, answer in list(zip(bodies, together, strict=True))[::6]:
        alone = client.post("/warning", json={"as_of": str(DAY), **body}).json()
        assert own_removed(alone) == own_removed(answer)


def test_a_loan_sent_whole_sees_the_prices_of_the_county(client: Client, county: Desk) -> None:
    with county.store.read() as work:
        watermark = work.facts.watermark()
        stored = work.facts.frames(as_of=DAY, households=())["prices"]
    sent = frames_of(lay_out([]), received_on=DAY, lags={})

    seen = beside_county(county.store, sent, as_of=DAY)

    assert seen["prices"].equals(stored)
    assert stored.height > 0
    assert seen.watermark == watermark
    answer = client.post("/warning", json={**WARNING, "as_of": str(DAY)}).json()
    assert answer["versions"]["watermark"] == watermark
