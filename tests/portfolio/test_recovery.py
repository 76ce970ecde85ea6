"""Recovery of at least 90 % and re-lending of at least 80 %, on both sides of the bounds."""

from datetime import date
from typing import Any

import pytest

from app.domain.frames import Frames
from app.policy.policy import load
from app.portfolio.recovery import recovery
from app.portfolio.scheme import SchemeAbsentError
from tests.features.ledger import HOUSEHOLD, due, ledger, loan, paid

STARTS, ENDS, AS_OF = date(2003, 1, 1), date(2003, 3, 31), date(2003, 4, 1)
RULES = load("yunnan2000").at(ENDS)
TERMS: dict[str, Any] = {
    "amount": 100_000, "disbursed_on": date(2002, 3, 1), "matures_on": date(2003, 3, 1),
    "method": "bullet_end",
}  # fmt: skip
NEXT: dict[str, Any] = TERMS | {
    "loan_id": "L2", "disbursed_on": date(2003, 3, 10), "matures_on": date(2004, 3, 10)
}  # fmt: skip


def frames(*, loans: list[dict[str, Any]] | None = None, **tables: list[dict[str, Any]]) -> Frames:
    homes = [HOUSEHOLD | {"surveyed_on": date(2002, 1, 1)}]
    planned = [row | {"known_on": date(2002, 3, 1)} for row in tables.pop("repayments_due", [])]
    return ledger(loans=loans or [loan(**TERMS)], households=homes, repayments_due=planned, **tables)


def measured(facts: Frames) -> dict[str, Any]:
    return recovery(facts, starts=STARTS, ends=ENDS, as_of=AS_OF, rules=RULES).row(0, named=True)


@pytest.mark.parametrize(("principal", "met"), [(90_000, True), (89_999, False)])
def test_a_recovery_of_90_per_cent_is_enough_and_a_fen_less_is_not(principal: int, met: bool) -> None:  # noqa: FBT001
    found = measured(frames(repayments=[paid(date(2003, 3, 1), principal=principal)]))

    assert RULES.parameters["least_recovery_rate"] == 0.9
    assert (found["due"], found["recovered_of_due"]) == (100_000, principal)
    assert (found["recovery_rate"], found["recovery_met"]) == (principal / 100_000, met)


@pytest.mark.parametrize(("amount", "met"), [(80_000, True), (79_999, False)])
def test_a_relending_of_80_per_cent_is_enough_and_a_fen_less_is_not(amount: int, met: bool) -> None:  # noqa: FBT001
    facts = frames(
        loans=[loan(**TERMS), loan(**NEXT | {"amount": amount})],
        repayments=[paid(date(2003, 3, 1), principal=100_000)],
    )

    found = measured(facts)

    assert RULES.parameters["least_relending_rate"] == 0.8
    assert (found["lent"], found["lent_again"], found["relending_met"]) == (amount, amount, met)


def test_what_is_lent_beyond_what_was_recovered_is_fresh_money() -> None:
    facts = frames(
        loans=[loan(**TERMS), loan(**NEXT | {"amount": 300_000})],
        repayments=[paid(date(2003, 3, 1), principal=100_000)],
    )

    found = measured(facts)

    assert (found["lent"], found["lent_again"], found["relending_rate"]) == (300_000, 100_000, 1.0)


def test_payments_cover_the_oldest_dues_first() -> None:
    plan = [due(date(2002, 12, 1), principal=40_000), due(date(2003, 2, 1), principal=60_000)]

    found = measured(frames(repayments_due=plan, repayments=[paid(date(2003, 2, 1), principal=50_000)]))

    assert (found["due"], found["recovered_of_due"], found["recovered"]) == (60_000, 10_000, 50_000)


def test_what_was_paid_before_its_day_counts_as_recovered() -> None:
    found = measured(frames(repayments=[paid(date(2002, 12, 1), principal=100_000)]))

    assert (found["recovery_rate"], found["recovered"], found["relending_rate"]) == (1.0, 0, None)


def test_what_falls_due_on_the_last_day_counts_and_on_the_next_does_not() -> None:
    plan = [due(ENDS, principal=40_000), due(date(2003, 4, 1), principal=60_000)]

    assert measured(frames(repayments_due=plan))["due"] == 40_000


def test_a_loan_that_a_renewal_continues_was_not_due() -> None:
    renewal = NEXT | {"kind": "renewal", "continues_loan_id": "L1"}

    found = measured(frames(loans=[loan(**TERMS), loan(**renewal)]))

    assert (found["due"], found["recovery_rate"], found["recovery_met"], found["lent"]) == (0, None, None, 0)


def test_a_pack_without_the_bounds_says_so() -> None:
    rules = load("yanchi").at(date(2023, 6, 1))

    with pytest.raises(SchemeAbsentError, match=r"'yanchi' says nothing on parameters\.least_recovery_rate"):
        recovery(frames(), starts=STARTS, ends=ENDS, as_of=AS_OF, rules=rules)
