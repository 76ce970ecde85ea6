"""What turning promises, kept by facts: the act is recorded in the ledger, and the pipeline itself judges."""

from datetime import date
from typing import Any

from app.assessment import Basis, assess
from app.domain.frames import Frames
from app.features.base import loan_base
from app.features.build import build
from app.features.changing import CHANGES
from app.policy.policy import load
from app.services.turning import Lamp
from app.warning.effects import EffectTable
from tests.features.ledger import AS_OF, due, income, ledger, paid, visit

BASIS = Basis(policy=load("national"), estimator=None, effects=EffectTable.of(None))
Facts = dict[str, list[dict[str, Any]]]
EARNED = [income(date(2024, month, 1), 5_000) for month in range(1, 6)]
SEEN = visit(date(2024, 5, 1), willingness="willing", use_state="as_agreed")
CLEAN: Facts = {"visits": [SEEN], "incomes": EARNED}


def light(frames: Frames) -> str:
    assessed = assess(frames, loan_base(frames, as_of=AS_OF), as_of=AS_OF, basis=BASIS)
    return str(assessed["light"][0])


def asked(frames: Frames) -> list[tuple[int, dict[str, int]]]:
    lamp = Lamp(rules=BASIS.policy.at(AS_OF), basis=BASIS)
    features = build(frames, loan_base(frames, as_of=AS_OF))
    found = lamp.turns(features, lamp.ranks(features))[0]
    return [(turn.rank, {c.code: n for c, n in zip(CHANGES, turn.units, strict=True) if n}) for turn in found]


def test_a_clean_loan_is_green_and_asked_nothing() -> None:
    assert light(ledger(**CLEAN)) == "green"
    assert asked(ledger(**CLEAN)) == []


def test_interest_that_is_asked_for_turns_the_light_when_it_is_paid() -> None:
    owing = CLEAN | {"repayments_due": [due(date(2024, 4, 20), interest=50_000)]}
    settled = owing | {"repayments": [paid(AS_OF, interest=50_000)]}

    assert light(ledger(**owing)) == "red"
    assert asked(ledger(**owing)) == [(0, {"pay_interest": 1})]
    assert light(ledger(**settled)) == "green"


def test_a_visit_that_is_asked_for_turns_the_light_when_it_is_made() -> None:
    stale = CLEAN | {"visits": [SEEN | {"visited_on": date(2023, 9, 1)}]}
    visited = stale | {"visits": [*stale["visits"], visit(AS_OF)]}

    assert light(ledger(**stale)) == "yellow"
    assert asked(ledger(**stale)) == [(0, {"record_visit": 1})]
    assert light(ledger(**visited)) == "green"


def test_idle_money_put_to_use_turns_the_light_when_a_visit_finds_it() -> None:
    idle = CLEAN | {"visits": [SEEN | {"use_state": "idle"}]}
    used = idle | {"visits": [*idle["visits"], visit(AS_OF, use_state="as_agreed")]}

    assert light(ledger(**idle)) == "yellow"
    assert asked(ledger(**idle)) == [(0, {"put_to_use": 1})]
    assert light(ledger(**used)) == "green"


def test_debt_that_is_asked_back_turns_the_light_at_that_amount_and_not_before() -> None:
    def owing(yuan: int) -> Frames:
        debt = {
            "household_id": "H1",
            "debt_id": "D1",
            "creditor": "亲友",
            "balance": yuan * 100,
            "stated_on": date(2024, 5, 1),
        }
        return ledger(**CLEAN, outside_debts=[debt])

    steps = asked(owing(30_000))[0][1]["repay_outside_debt"]

    assert light(owing(30_000)) == "yellow"
    assert light(owing(30_000 - 1_000 * steps)) == "green"
    assert light(owing(30_000 - 1_000 * (steps - 1))) == "yellow"


def test_misuse_once_found_is_not_talked_away() -> None:
    misused = ledger(**(CLEAN | {"visits": [SEEN | {"use_state": "misused"}]}))

    assert light(misused) == "red"
    assert asked(misused) == []
