"""Guarantee groups: their size, their leader, and what one member's arrears mean to the others."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from app.domain.frames import Frames
from app.features.base import loan_base
from app.features.build import build
from app.features.context import Context
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.groups import guarantee_groups, liabilities
from app.simulation import CountySpec, simulate
from app.simulation import frames as as_frames
from tests.features.ledger import due, ledger, loan

AS_OF = date(2024, 6, 1)
NINGXIA = load("ningxia").at(AS_OF)
OVERDUE = date(2024, 5, 1)


def member(household: str, role: str = "member", group: str = "G1", **more: Any) -> dict[str, Any]:
    plain = {"group_id": group, "household_id": household, "role": role, "joined_on": date(2022, 6, 1)}
    return plain | more


THREE = [member("H1", "leader"), member("H2"), member("H3")]
LOANS = [
    loan(loan_id=f"L{n}", household_id=f"H{n}", borrower_id=f"P{n}", amount=1_000_000 * n, group_id="G1")
    for n in (1, 2, 3)
]


def looked_at(frames: Frames, pack: str = "ningxia") -> dict[str, Any]:
    book = loan_book(frames, as_of=AS_OF)
    return guarantee_groups(frames, book, as_of=AS_OF, rules=load(pack).at(AS_OF)).row(0, named=True)


def answered_for(frames: Frames) -> dict[str, dict[str, Any]]:
    rows = liabilities(frames, loan_book(frames, as_of=AS_OF), as_of=AS_OF).iter_rows(named=True)
    return {row["household_id"]: row for row in rows}


@pytest.mark.parametrize(("members", "wrong"), [(2, True), (3, False), (4, True)])
def test_a_group_has_the_pack_s_three_households(members: int, wrong: bool) -> None:  # noqa: FBT001
    frames = ledger(guarantee_groups=[*THREE, member("H4")][:members])

    found = looked_at(frames)

    assert (found["members"], found["size_wanted"], found["wrong_size"]) == (members, 3, wrong)


def test_a_pack_that_names_no_size_judges_none() -> None:
    found = looked_at(ledger(guarantee_groups=THREE[:2]), "yanchi")

    assert (found["members"], found["size_wanted"], found["wrong_size"]) == (2, None, None)


@pytest.mark.parametrize(("roles", "wrong"), [(0, True), (1, False), (2, True)])
def test_a_group_has_exactly_one_leader(roles: int, wrong: bool) -> None:  # noqa: FBT001
    names = [member(f"H{n}", "leader" if n <= roles else "member") for n in (1, 2, 3)]

    found = looked_at(ledger(guarantee_groups=names))

    assert (found["leaders"], found["wrong_leaders"]) == (roles, wrong)


def test_a_member_of_two_groups_is_seen_in_both_until_it_leaves_one() -> None:
    both = ledger(guarantee_groups=[*THREE, member("H3", group="G2")])
    left = ledger(guarantee_groups=[*THREE, member("H3", group="G2", left_on=AS_OF)])

    assert looked_at(both)["members_elsewhere"] == 1
    assert looked_at(left)["members_elsewhere"] == 0


def test_a_person_who_lives_in_two_households_of_a_group_is_counted() -> None:
    homes = [("H1", "P1"), ("H2", "P2"), ("H3", "P2")]
    people = [
        {"household_id": h, "person_id": p, "relation": "head", "joined_on": date(2022, 1, 1)}
        for h, p in homes
    ]

    found = looked_at(ledger(guarantee_groups=THREE, household_members=people))

    assert found["persons_twice"] == 1


def test_each_member_answers_for_what_the_others_owe() -> None:
    late = [due(OVERDUE, interest=7_000, loan_id="L3")]
    frames = ledger(guarantee_groups=THREE, loans=LOANS, repayments_due=late)

    whole, each = looked_at(frames), answered_for(frames)

    assert (whole["loans"], whole["balance"]) == (3, 6_000_000)
    assert (whole["members_late"], whole["late_loans"], whole["overdue"]) == (1, 1, 7_000)
    assert [each[h]["others_balance"] for h in ("H1", "H2", "H3")] == [5_000_000, 4_000_000, 3_000_000]
    assert [each[h]["others_overdue"] for h in ("H1", "H2", "H3")] == [7_000, 7_000, 0]
    assert [each[h]["others_late_loans"] for h in ("H1", "H3")] == [["L3"], []]
    assert [each[h]["others_late_share"] for h in ("H1", "H3")] == [0.5, 0.0]


def test_a_loan_that_names_another_group_is_not_answered_for() -> None:
    elsewhere = [LOANS[0], LOANS[1] | {"group_id": "G2"}, LOANS[2] | {"group_id": None}]

    found = looked_at(ledger(guarantee_groups=THREE, loans=elsewhere))

    assert (found["loans"], found["balance"]) == (2, 4_000_000)


def test_a_group_that_nobody_has_joined_yet_is_not_there() -> None:
    frames = ledger(guarantee_groups=[member("H1", joined_on=date(2024, 6, 2))])

    found = guarantee_groups(frames, loan_book(frames, as_of=AS_OF), as_of=AS_OF, rules=NINGXIA)

    assert found.is_empty()


def test_the_share_of_the_others_is_the_one_that_the_trigger_reads() -> None:
    county = simulate(CountySpec(seed=4, loans=600, until=date(2024, 6, 30)))
    lags = {lag.code: lag.now.days for lag in NINGXIA.knowledge}
    facts = as_frames(county, lags)
    book = loan_book(facts, as_of=AS_OF)
    features = build(
        facts,
        loan_base(facts, as_of=AS_OF),
        context=Context.of(facts, [AS_OF]),
        only=frozenset({"group_late_share"}),
    )

    owed = liabilities(facts, book, as_of=AS_OF)

    both = features.join(owed, on="household_id").filter(pl.col("others_late_share").is_not_null())
    assert both.height > 5
    assert both.get_column("group_late_share").to_list() == both.get_column("others_late_share").to_list()
