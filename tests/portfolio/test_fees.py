"""The work station's fee: 5 ‰ of principal and 5 % of interest recovered in a quarter."""

from datetime import date
from typing import Any

import pytest

from app.domain.frames import Frames
from app.policy.policy import load
from app.portfolio.fees import last_quarter, station_fees
from app.portfolio.scheme import SchemeAbsentError
from tests.features.ledger import HOUSEHOLD, ledger, loan, paid

STARTS, ENDS, AS_OF = date(2003, 1, 1), date(2003, 3, 31), date(2003, 4, 1)
RULES = load("yunnan2000").at(ENDS)
TERMS: dict[str, Any] = {
    "amount": 150_000, "disbursed_on": date(2002, 6, 1), "matures_on": date(2003, 6, 1),
    "method": "instalments",
}  # fmt: skip


def frames(*payments: dict[str, Any]) -> Frames:
    other = HOUSEHOLD | {"household_id": "H2", "village_code": "999901102201"}
    homes = [home | {"surveyed_on": date(2002, 1, 1)} for home in (HOUSEHOLD, other)]
    mine, theirs = loan(**TERMS), loan(**TERMS, loan_id="L2", household_id="H2", borrower_id="P2")
    return ledger(loans=[mine, theirs], households=homes, repayments=list(payments))


def fees(facts: Frames, as_of: date = AS_OF) -> list[dict[str, Any]]:
    return station_fees(facts, starts=STARTS, ends=ENDS, as_of=as_of, rules=RULES).to_dicts()


def test_the_fee_is_5_per_mille_of_principal_and_5_per_cent_of_interest() -> None:
    facts = frames(paid(date(2003, 2, 1), principal=100_000, interest=3_000))

    found = fees(facts)

    assert (RULES.parameters["fee_share_principal"], RULES.parameters["fee_share_interest"]) == (0.005, 0.05)
    assert found == [
        {
            "township_code": "999901101", "loans": 1, "principal": 100_000, "interest": 3_000,
            "fee_principal": 500, "fee_interest": 150, "fee": 650,
        }
    ]  # fmt: skip


def test_only_what_was_paid_from_the_first_to_the_last_day_of_the_quarter_counts() -> None:
    days = (date(2002, 12, 31), STARTS, ENDS, date(2003, 4, 1))
    facts = frames(*(paid(day, principal=10_000 * 10**n, interest=0) for n, day in enumerate(days)))

    assert [row["principal"] for row in fees(facts)] == [1_100_000]


def test_each_township_s_station_has_its_own_fee() -> None:
    facts = frames(paid(STARTS, principal=10_000), paid(ENDS, principal=30_000, loan_id="L2"))

    assert [(row["township_code"], row["fee"]) for row in fees(facts)] == [
        ("999901101", 50), ("999901102", 150)
    ]  # fmt: skip


def test_half_a_fen_of_fee_is_rounded_up_once_on_the_sum() -> None:
    # 5 ‰ of 1.00 is 0.5 fen; twice 0.99 is 1.98, of which 5 ‰ are 0.99 fen, not twice nothing
    once, twice = frames(paid(STARTS, principal=100)), frames(
        paid(STARTS, principal=99), paid(ENDS, principal=99)
    )  # fmt: skip

    assert [fees(once)[0]["fee"], fees(twice)[0]["fee"]] == [1, 1]


def test_a_payment_that_is_not_known_yet_brings_no_fee() -> None:
    facts = frames(paid(ENDS, principal=10_000, known_on=date(2003, 4, 5)))

    assert fees(facts) == []
    assert len(fees(facts, date(2003, 4, 5))) == 1


def test_a_pack_without_fees_says_so() -> None:
    rules = load("yanchi").at(date(2023, 6, 1))

    with pytest.raises(SchemeAbsentError, match=r"'yanchi' says nothing on parameters\.fee_share_principal"):
        station_fees(frames(), starts=STARTS, ends=ENDS, as_of=AS_OF, rules=rules)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2003, 3, 31), (date(2002, 10, 1), date(2002, 12, 31))),
        (date(2003, 4, 1), (date(2003, 1, 1), date(2003, 3, 31))),
        (date(2003, 12, 31), (date(2003, 7, 1), date(2003, 9, 30))),
    ],
)
def test_the_last_quarter_is_the_one_that_has_ended(day: date, quarter: tuple[date, date]) -> None:
    assert last_quarter(day) == quarter
