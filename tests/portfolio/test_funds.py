"""Funds: what is in them, what they carry, and when a limit is passed."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.portfolio.book import loan_book
from app.portfolio.fund_outlook import fund_outlook, limit_passed
from app.portfolio.funds import fund_balances, fund_positions
from app.portfolio.insurance import insurance_results, insurance_shares
from tests.features.ledger import ledger, loan
from tests.portfolio.claimed import AS_OF, DEPOSIT, moved, overdue, rules
from tests.portfolio.packs import small

FUND = """
funds:
  compensation:
    zh: 风险补偿金
    fund: compensation
    in_force:
      - {from: 2014-01-01, shares: {fund: 0.5, bank: 0.5}, leverage: 10, reference: {kind: design}}
"""
YUAN = 100


def _positions(frames: Any, pack_rules: Any) -> dict[str, Any]:
    book = loan_book(frames, as_of=AS_OF)
    return fund_positions(frames, book, pack_rules, as_of=AS_OF).row(0, named=True)


def test_a_fund_holds_what_came_in_less_what_went_out() -> None:
    day = date(2023, 1, 1)
    frames = ledger(
        fund_movements=[
            DEPOSIT,
            moved("M2", "compensation", day, 3_000),
            moved("M3", "recovery", day, 500),
            moved("M4", "withdrawal", day, 200),
            moved("M5", "profit_return", day, 7),
            moved("M6", "subsidy", day, 11),
            moved("M7", "deposit", date(2024, 10, 2), 1_000_000),
        ]
    )

    assert fund_balances(frames, as_of=AS_OF).item(0, "balance") == 100_000_000 - 3_000 + 500 - 200 + 7 - 11


@pytest.mark.parametrize(("balance", "beyond"), [(500_000, "within"), (499_999, "beyond")])
def test_a_fund_of_one_tenth_carries_a_loan_and_of_a_fen_less_does_not(
    tmp_path: Path, balance: int, beyond: str
) -> None:
    frames = ledger(fund_movements=[DEPOSIT | {"amount": balance}])

    row = _positions(frames, small(tmp_path, FUND, AS_OF))

    assert (row["carried"], row["limit"], row["beyond"]) == (5_000_000, 10, beyond == "beyond")
    assert row["room"] == balance * 10 - 5_000_000


def test_fifty_million_at_one_to_ten_carry_five_hundred_million() -> None:
    day = date(2018, 6, 1)
    fund = DEPOSIT | {"amount": 50_000_000 * YUAN, "moved_on": date(2018, 1, 1)}
    frames = ledger(fund_movements=[fund])

    row = fund_positions(frames, loan_book(frames, as_of=day), rules("fengjie", day), as_of=day).row(
        0, named=True
    )

    assert (row["limit"], row["capacity"]) == (10, 500_000_000 * YUAN)


def test_a_pack_that_prints_no_limit_leaves_it_open() -> None:
    row = _positions(ledger(fund_movements=[DEPOSIT]), rules("yanchi"))

    assert (row["leverage"], row["limit"], row["room"], row["beyond"]) == (0.05, None, None, None)


def test_of_a_household_only_the_first_fifty_thousand_are_carried() -> None:
    loans = [loan(amount=3_000_000), loan(loan_id="L2", amount=4_000_000, disbursed_on=date(2023, 1, 1))]

    row = _positions(ledger(loans=loans, fund_movements=[DEPOSIT]), rules("yanchi"))

    assert row["carried"] == 50_000 * YUAN


def test_what_exceeds_the_cap_stays_uncovered_when_the_first_loan_is_repaid_in_part() -> None:
    loans = [loan(amount=3_000_000), loan(loan_id="L2", amount=4_000_000, disbursed_on=date(2023, 1, 1))]
    part = {
        "loan_id": "L1",
        "paid_on": date(2024, 1, 1),
        "principal": 1_000_000,
        "interest": 0,
        "receipt_no": "1",
    }

    row = _positions(ledger(loans=loans, repayments=[part], fund_movements=[DEPOSIT]), rules("yanchi"))

    assert row["carried"] == 2_000_000 + 2_000_000


def test_a_fund_kept_with_a_bank_carries_the_loans_of_that_bank_only() -> None:
    loans = [loan(), loan(loan_id="L2", household_id="H2", bank="B2")]
    households = [
        {"household_id": h, "village_code": "999901101201", "surveyed_on": date(2022, 1, 1)}
        for h in ("H1", "H2")
    ]

    row = _positions(
        ledger(loans=loans, households=households, fund_movements=[DEPOSIT | {"bank": "B2"}]), rules("yanchi")
    )

    assert (row["loans"], row["carried"]) == (1, 5_000_000)


def _outlook(tmp_path: Path, loans: list[dict[str, Any]], balance: int) -> pl.DataFrame:
    frames = ledger(loans=loans, fund_movements=[DEPOSIT | {"amount": balance}])
    return fund_outlook(frames, loan_book(frames, as_of=AS_OF), small(tmp_path, FUND, AS_OF), as_of=AS_OF)


def test_loans_leave_the_fund_in_the_month_in_which_they_mature(tmp_path: Path) -> None:
    outlook = _outlook(tmp_path, [loan(matures_on=date(2024, 12, 1))], 1_000_000)

    run_off = outlook.filter(pl.col("scenario") == "run_off")
    assert run_off["carried"].to_list() == [5_000_000, 5_000_000] + [0] * 11
    assert set(run_off["balance"]) == {1_000_000}


def test_an_overdue_loan_costs_the_fund_its_share_on_the_ninetieth_day(tmp_path: Path) -> None:
    outlook = _outlook(tmp_path, [overdue(45)], 10_000_000)  # 45 days more: in the second month

    losses = outlook.filter(pl.col("scenario") == "losses")
    assert losses["carried"].to_list() == [5_000_000] * 2 + [0] * 11
    # 5 000 000 x loss given default 0.6 x share 0.5
    assert losses["balance"].to_list() == [10_000_000] * 2 + [8_500_000] * 11


def test_lending_on_passes_the_limit_in_a_month_that_is_named(tmp_path: Path) -> None:
    lent = loan(disbursed_on=date(2024, 9, 1), matures_on=date(2027, 9, 1), amount=4_800_000)

    passed = limit_passed(_outlook(tmp_path, [lent], 560_000))

    # 48 000 lent in a year is 4 000 a month more: 56 000 is reached in the second month, passed in the third
    found = {row["scenario"]: row["month"] for row in passed.iter_rows(named=True)}
    assert found == {"lending": 3, "losses": None, "run_off": None}


def _account(premiums: int, payouts: int, costs: int | None = None) -> dict[str, Any]:
    return {
        "fund_id": "I1", "covers_from": date(2022, 1, 1), "covers_to": date(2022, 12, 31),
        "premiums": premiums, "payouts": payouts, "costs": costs,
    }  # fmt: skip


def test_an_insurance_loss_is_borne_sixty_to_forty_to_the_fen() -> None:
    results = insurance_results(
        ledger(insurance_accounts=[_account(100_000, 120_000, 3)]), rules("yanchi"), as_of=AS_OF
    )

    shares = insurance_shares(results, rules("yanchi"), as_of=AS_OF)

    # 20 003 fen: 12 001.8 and 8 001.2
    assert {bearer: part for _, _, bearer, part in shares.iter_rows()} == {"fund": 12_002, "insurer": 8_001}


def test_the_share_of_profit_returned_is_not_printed_and_said_so() -> None:
    results = insurance_results(ledger(insurance_accounts=[_account(200, 50)]), rules("yanchi"), as_of=AS_OF)

    row = results.row(0, named=True)
    assert (row["profit"], row["profit_returned"], row["return_printed"]) == (150, None, False)
    assert insurance_shares(results, rules("yanchi"), as_of=AS_OF).is_empty()


def test_a_printed_share_of_profit_is_returned(tmp_path: Path) -> None:
    text = """
funds:
  insurance:
    zh: 风险分散补偿金
    fund: insurance
    in_force:
      - from: 2014-01-01
        shares: {fund: 0.6, insurer: 0.4}
        profit_return_share: 0.7
        reference: {kind: design}
"""
    results = insurance_results(
        ledger(insurance_accounts=[_account(201, 50)]), small(tmp_path, text, AS_OF), as_of=AS_OF
    )

    assert results.item(0, "profit_returned") == 105  # 70 % of 151, down


def test_a_period_that_is_not_over_is_not_settled() -> None:
    frames = ledger(
        insurance_accounts=[_account(200, 50) | {"covers_to": AS_OF, "known_on": date(2024, 10, 2)}]
    )

    assert insurance_results(frames, rules("yanchi"), as_of=AS_OF).is_empty()
