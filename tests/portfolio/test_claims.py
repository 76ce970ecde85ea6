"""Claims on a fund: which are admitted, and who pays what of the loss."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.claims import claim_shares, judge_claims
from app.portfolio.recoveries import recoveries_due
from app.portfolio.scheme import SchemeAbsentError
from app.portfolio.splitting import share_table, split
from tests.features.ledger import loan, paid, visit
from tests.portfolio.claimed import (
    AS_OF,
    CLAIM,
    DEPOSIT,
    claimed,
    judged,
    moved,
    overdue,
    rules,
)


def _parts(frames_judged: pl.DataFrame, pack: str = "yanchi") -> dict[str, int]:
    shares = claim_shares(frames_judged, rules(pack))
    return {bearer: part for _, bearer, part in shares.iter_rows()}


def _says(code: str, **tables: list[dict[str, Any]]) -> str:
    row = judged(claimed(**tables)).row(0, named=True)
    return "unclear" if code in row["unclear"] else "spoke" if code in row["spoke"] else "silent"


def test_a_whole_claim_is_admitted() -> None:
    row = judged(claimed()).row(0, named=True)

    assert (row["eligibility"], row["spoke"], row["unclear"]) == ("allowed", [], [])


def test_the_fund_bears_seven_tenths_and_the_bank_three_of_a_loss() -> None:
    assert _parts(judged(claimed())) == {"fund": 3_500_000, "bank": 1_500_000}


def test_another_county_shares_by_its_own_rules() -> None:
    assert _parts(judged(claimed(), "nanao"), "nanao") == {"fund": 4_000_000, "bank": 1_000_000}


@pytest.mark.parametrize(("days", "says"), [(89, "refused"), (90, "allowed")])
def test_a_claim_on_a_loan_not_overdue_long_enough_is_refused_with_the_clause(days: int, says: str) -> None:
    row = judged(claimed(loans=[overdue(days)]), "nanao").row(0, named=True)

    assert row["eligibility"] == says
    assert row["decided_by"] == (["claim_days"] if says == "refused" else [])
    clause = next(r for r in load("nanao").at(AS_OF).claim_rules if r.code == "claim_days").now.reference
    assert "90天" in clause.clause


@pytest.mark.parametrize(
    ("days", "says"), [(0, "refused"), (1, "referred"), (89, "referred"), (90, "allowed")]
)
def test_where_no_days_are_printed_a_claim_before_ninety_is_referred(days: int, says: str) -> None:
    assert judged(claimed(loans=[overdue(days)])).item(0, "eligibility") == says


@pytest.mark.parametrize(
    ("code", "tables"),
    [
        ("claim_ground_recorded", {"shocks": []}),
        ("claim_ground_named", {"claims": [CLAIM | {"ground": "accident"}]}),
        ("claim_recourse", {"claims": [CLAIM | {"recourse_on": None}]}),
        ("claim_evidence", {"claims": [CLAIM | {"evidence": None}]}),
        ("claim_above_balance", {"claims": [CLAIM | {"principal": 5_000_001}]}),
        ("claim_subsidised", {"loans": [loan(subsidised=False)]}),
        ("claim_misuse", {"visits": [visit(date(2023, 1, 1), use_state="misused")]}),
        ("claim_firm", {"loans": [loan(use_mode="firm")]}),
        ("claim_fund_short", {"fund_movements": [DEPOSIT | {"amount": 3_499_999}]}),
    ],
)
def test_what_speaks_against_a_claim_is_named(code: str, tables: dict[str, list[dict[str, Any]]]) -> None:
    assert _says(code) == "silent"
    assert _says(code, **tables) == "spoke"


def test_a_shock_before_the_loan_was_paid_out_is_no_ground() -> None:
    before = {"household_id": "H1", "kind": "illness", "happened_on": date(2022, 6, 29)}

    assert _says("claim_ground_recorded", shocks=[before]) == "spoke"


def test_a_fund_with_exactly_its_share_suffices() -> None:
    frames = claimed(fund_movements=[DEPOSIT | {"amount": 3_500_000}])

    assert judged(frames).item(0, "fund_left") == 0
    assert _says("claim_fund_short", fund_movements=[DEPOSIT | {"amount": 3_500_000}]) == "silent"


def test_the_second_claim_on_a_loan_is_referred_and_the_first_is_not() -> None:
    frames = claimed(claims=[CLAIM, CLAIM | {"claim_id": "C2"}])

    assert ["claim_twice" in spoke for spoke in judged(frames)["spoke"]] == [False, True]


def test_a_claim_after_a_refused_one_is_not_the_second() -> None:
    frames = claimed(claims=[CLAIM | {"decision": "refused"}, CLAIM | {"claim_id": "C2"}])

    assert "claim_twice" not in judged(frames).item(1, "spoke")


def test_what_a_top_up_brings_beyond_the_cap_stays_with_the_bank() -> None:
    loans = [
        overdue(93, amount=3_000_000),
        overdue(93, loan_id="L2", amount=5_000_000, disbursed_on=date(2023, 1, 1), kind="top_up"),
    ]
    claims = [CLAIM | {"loan_id": "L2", "principal": 5_000_000, "interest": 100_001}]

    frames_judged = judged(claimed(loans=loans, claims=claims))

    # 20 000 of the 50 000 are within the household's cap, with 400.00 of the interest
    assert frames_judged.item(0, "compensated_principal") == 2_000_000
    assert _parts(frames_judged) == {"fund": 1_428_000, "bank": 612_000 + 3_000_000 + 60_001}


def test_a_claim_wholly_beyond_the_cap_is_refused() -> None:
    loans = [overdue(93), overdue(93, loan_id="L2", disbursed_on=date(2023, 1, 1), kind="top_up")]
    row = judged(claimed(loans=loans, claims=[CLAIM | {"loan_id": "L2"}])).row(0, named=True)

    assert (row["eligibility"], row["decided_by"]) == ("refused", ["claim_compensated_part"])


def test_a_pack_without_shares_names_nobody_who_pays() -> None:
    frames_judged = judged(claimed(), "national")

    assert frames_judged.height == 1
    assert claim_shares(frames_judged, rules("national")).is_empty()


def test_a_claim_that_became_known_later_is_not_seen_yet() -> None:
    assert judged(claimed(), day=date(2024, 9, 29)).is_empty()


def test_a_day_without_rules_on_claims_is_an_error_that_names_pack_and_day() -> None:
    frames, bare = claimed(), replace(rules("yanchi"), claim_rules=())

    with pytest.raises(SchemeAbsentError, match="nothing on claim_rules on 2024-10-01"):
        judge_claims(frames, loan_book(frames, as_of=AS_OF), bare, as_of=AS_OF)


def test_what_is_recovered_after_compensation_goes_back_by_the_same_shares() -> None:
    frames = claimed(
        fund_movements=[
            DEPOSIT,
            moved("M2", "compensation", date(2024, 9, 30), 3_500_000, loan_id="L1"),
            moved("M3", "recovery", date(2024, 12, 1), 200_000, loan_id="L1"),
        ],
        repayments=[
            paid(date(2024, 8, 1), principal=100_000),
            paid(date(2024, 11, 1), principal=1_000_000, interest=1),
        ],
    )

    row = recoveries_due(frames, rules("yanchi"), as_of=date(2025, 1, 1)).row(0, named=True)

    assert row == {
        "fund_id": "F1", "loan_id": "L1", "paid": 3_500_000, "repaid": 1_000_001, "due_back": 700_001,
        "returned": 200_000, "outstanding": 500_001,
    }  # fmt: skip


@given(
    amounts=st.lists(st.integers(0, 10_000_000_000), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 1_000_000), min_size=1, max_size=4),
)
def test_the_parts_of_a_loss_add_up_to_it_and_none_is_a_fen_off(amounts: list[int], cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), 1_000_000]
    shares = {f"b{n}": (b - a) / 1_000_000 for n, (a, b) in enumerate(pairwise(bounds))}
    rows = pl.DataFrame({"id": range(len(amounts)), "amount": amounts, "fund": ["f"] * len(amounts)})

    parts = split(rows, share_table({"f": shares}), on="fund")

    assert parts.group_by("id", maintain_order=True).agg(pl.col("part").sum())["part"].to_list() == amounts
    exact = parts["amount"] * parts["bearer"].replace_strict(shares, return_dtype=pl.Float64)
    assert ((parts["part"] - exact).abs() < 1.001).all()
