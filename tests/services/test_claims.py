"""Claims as records: filed once, refused with the clause, decided by a person."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from app.db.store import SqlStore, open_store
from app.domain.errors import NotFoundError
from app.domain.ledger import BY_NAME
from app.domain.scheme_words import ClaimDecision
from app.services.claims import (
    ClaimConflictError,
    ClaimRefusedError,
    Filing,
    decide_claim,
    file_claim,
    list_claims,
)
from app.services.desk import Desk
from app.services.facts_append import append_fact
from app.services.findings import InvalidFactsError
from app.settings import Settings
from app.warning.effects import EffectTable
from tests.features.ledger import HOUSEHOLD
from tests.portfolio.claimed import CLAIM, DEPOSIT, ILLNESS, overdue

DAY = date(2024, 10, 1)
MOMENT = datetime(2024, 10, 1, 4, tzinfo=UTC)


def _put(store: SqlStore, table: str, fact: dict[str, Any]) -> None:
    whole = {column.name: None for column in BY_NAME[table].columns} | fact
    with store.write() as work:
        append_fact(
            work.facts, BY_NAME[table], whole, known_on=whole[BY_NAME[table].happened], recorded_on=DAY
        )


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    store = open_store(database_url)
    facts = {"households": HOUSEHOLD, "loans": overdue(93), "shocks": ILLNESS, "fund_movements": DEPOSIT}
    for table, fact in facts.items():
        _put(store, table, fact)
    yield Desk(
        store=store, settings=Settings(), clock=lambda: MOMENT, new_id=lambda: "D1", estimators={},
        effects=EffectTable.of(None),
    )  # fmt: skip
    store.close()


def filing(**changes: Any) -> Filing:
    own = {name: value for name, value in CLAIM.items() if name != "claimed_on"}
    return Filing(**(own | changes))


def stored(desk: Desk) -> pl.DataFrame:
    with desk.store.read() as work:
        return work.facts.frames()["claims"]


def test_a_claim_is_kept_with_who_pays_what(desk: Desk) -> None:
    told, done = file_claim(desk, filing(), as_of=DAY, policy="yanchi")

    assert (told["result"], done) == ("allowed", "added")
    assert told["parts"] == [{"bearer": "bank", "amount": 1_500_000}, {"bearer": "fund", "amount": 3_500_000}]
    assert told["fund_left"] == 100_000_000 - 3_500_000
    assert stored(desk).row(0, named=True)["decision"] == "pending"


def test_filing_the_same_claim_again_changes_nothing(desk: Desk) -> None:
    first, _ = file_claim(desk, filing(), as_of=DAY, policy="yanchi")
    again, done = file_claim(desk, filing(), as_of=DAY, policy="yanchi")

    assert (again, done) == (first, "unchanged")
    assert stored(desk).height == 1


def test_another_claim_of_the_same_number_is_a_conflict(desk: Desk) -> None:
    file_claim(desk, filing(), as_of=DAY, policy="yanchi")

    with pytest.raises(ClaimConflictError):
        file_claim(desk, filing(principal=1), as_of=DAY, policy="yanchi")


def test_a_claim_too_early_is_refused_with_its_clause_and_not_kept(desk: Desk) -> None:
    early = date(2024, 9, 27)  # 89 days overdue

    with pytest.raises(ClaimRefusedError) as refused:
        file_claim(desk, filing(), as_of=early, policy="nanao")

    assert "逾期90天启动" in refused.value.problem.zh
    assert refused.value.details["rule"] == "claim_days"
    assert stored(desk).is_empty()
    assert file_claim(desk, filing(), as_of=date(2024, 9, 28), policy="nanao")[0]["result"] == "allowed"


def test_an_unknown_loan_or_fund_is_not_found(desk: Desk) -> None:
    for change in ({"loan_id": "L9"}, {"fund_id": "F9"}):
        with pytest.raises(NotFoundError):
            file_claim(desk, filing(**change), as_of=DAY, policy="yanchi")


def test_nothing_is_filed_on_a_day_to_come(desk: Desk) -> None:
    with pytest.raises(InvalidFactsError):
        file_claim(desk, filing(), as_of=date(2024, 10, 2), policy="yanchi")


def test_a_decision_is_a_new_fact_that_the_list_shows_from_its_day_on(desk: Desk) -> None:
    file_claim(desk, filing(), as_of=date(2024, 9, 30), policy="yanchi")

    done = decide_claim(desk, "C1", ClaimDecision.ACCEPTED, as_of=DAY)

    before = list_claims(desk, as_of=date(2024, 9, 30), policy="yanchi")
    after = list_claims(desk, as_of=DAY, policy="yanchi")
    assert done == "corrected"
    assert [claim["decision"] for claim in (*before, *after)] == ["pending", "accepted"]
    assert decide_claim(desk, "C1", ClaimDecision.ACCEPTED, as_of=DAY) == "unchanged"
    with pytest.raises(ClaimConflictError):
        decide_claim(desk, "C1", ClaimDecision.REFUSED, as_of=DAY)


def test_a_decision_on_an_unknown_claim_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        decide_claim(desk, "C9", ClaimDecision.ACCEPTED, as_of=DAY)


def test_a_fact_may_go_back_to_what_it_said_before(desk: Desk) -> None:
    for amount in (1, 2, 1):
        _put(desk.store, "fund_movements", DEPOSIT | {"movement_no": "M9", "amount": amount})  # type: ignore[arg-type]

    with desk.store.read() as work:
        rows = work.facts.frames()["fund_movements"].filter(pl.col("movement_no") == "M9")
    assert rows.sort("version")["amount"].to_list() == [1, 2, 1]
