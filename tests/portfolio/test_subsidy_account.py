"""The prepaid subsidy account over invented loans: debits, the December list, what is left by month."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.domain.frames import Frames
from app.policy.policy import Policy, load
from app.portfolio.subsidy import subsidy_plan
from app.portfolio.subsidy_account import NoPrepaidAccountError, PrepaidAccount, prepaid_account
from tests.portfolio.packs import HEAD
from tests.portfolio.vintages import county, lent

MADE_ON = date(2020, 3, 9)
DESIGN = "reference: {kind: design}"
PACK = f"""
subsidies:
  interest:
    zh: 贴息
    in_force:
      - {{from: 2020-01-01, day_count: flat_year, rate: loan, share: 1.0, stops_when_overdue: true,
          stops_at_maturity: true, {DESIGN}}}
duties:
  subsidy_settlement:
    zh: 12月审核兑付
    in_force:
      - {{from: 2020-01-01, every: year, month: 12, day: 31, by: 区金融服务中心, what: 审核, {DESIGN}}}
"""
# 5 000 000 fen at 4.75 %: 59 375 a quarter
FEBRUARY = lent(1, 5_000_000, date(2018, 2, 1), date(2020, 2, 1))  # 31 of 91 days: 20 227
APRIL = lent(2, 5_000_000, date(2018, 4, 1), date(2020, 4, 1))  # 59 375
OCTOBER = lent(3, 5_000_000, date(2018, 10, 1), date(2020, 10, 1))  # 178 125
LATER = lent(4, 5_000_000, date(2018, 10, 1), date(2021, 10, 1), bank="B2")  # 237 500


@pytest.fixture(name="policy")
def _policy(tmp_path: Path) -> Policy:
    (tmp_path / "pack.yaml").write_text(HEAD + PACK, encoding="utf-8")
    return load(tmp_path)


def moved(kind: str, day: date, amount: int, loan: int | None = None, **more: Any) -> dict[str, Any]:
    number = {"fund_id": "F1", "fund": "subsidy", "movement_no": f"{kind}{day}{loan}"}
    loan_id = None if loan is None else f"L{loan:06}"
    return number | {"movement": kind, "moved_on": day, "amount": amount, "loan_id": loan_id} | more


def _account(
    policy: Policy, *movements: dict[str, Any], as_of: date = MADE_ON, bank: str | None = None
) -> PrepaidAccount:
    frames = county(FEBRUARY, APRIL, OCTOBER, LATER, fund_movements=list(movements))
    return prepaid_account(frames, policy, year=2020, as_of=as_of, bank=bank)


def _states(account: PrepaidAccount) -> dict[str | None, str]:
    return dict(account.debits.select("loan_id", "state").rows())


PAID_IN = moved("deposit", date(2020, 1, 5), 200_000)
DEBITED = moved("subsidy", date(2020, 2, 1), 20_227, 1)


def test_loans_that_mature_in_the_year_are_debited_and_the_others_wait_for_december(policy: Policy) -> None:
    account = _account(policy, PAID_IN, DEBITED)

    assert account.debits.select("loan_id", "computed", "recorded", "state").rows() == [
        ("L000001", 20_227, 20_227, "agrees"),
        ("L000002", 59_375, None, "due"),
        ("L000003", 178_125, None, "due"),
    ]
    assert account.listed.select("loan_id", "computed").rows() == [("L000004", 237_500)]
    assert (account.settled_in, account.balance) == (12, 179_773)


def test_debits_and_list_together_are_the_plan(policy: Policy) -> None:
    frames = county(FEBRUARY, APRIL, OCTOBER, LATER)
    account = prepaid_account(frames, policy, year=2020, as_of=MADE_ON)

    parts = sum((*account.debits.get_column("computed"), *account.listed.get_column("computed")))

    plan = subsidy_plan(frames, policy, year=2020, as_of=MADE_ON)
    assert parts == plan.get_column("interest").sum()


def test_the_first_month_in_which_the_account_does_not_suffice_is_named(policy: Policy) -> None:
    account = _account(policy, PAID_IN, DEBITED)

    closing = dict(account.months.select("month", "closing").rows())
    assert closing[date(2020, 4, 1)] == 120_398
    assert (account.short_in, account.lacking) == (date(2020, 10, 1), 57_727)


@pytest.mark.parametrize(("deposit", "short"), [(257_727, None), (257_726, date(2020, 10, 1))])
def test_an_account_that_is_paid_out_to_the_last_fen_suffices(
    policy: Policy, deposit: int, short: date | None
) -> None:
    account = _account(policy, moved("deposit", date(2019, 12, 20), deposit), DEBITED)

    assert account.months.item(0, "opening") == deposit
    assert account.short_in == short


def test_an_overlooked_debit_is_told_and_expected_this_month(policy: Policy) -> None:
    account = _account(policy, PAID_IN)

    assert _states(account)["L000001"] == "missing"
    assert dict(account.months.select("month", "expected").rows())[date(2020, 3, 1)] == 20_227


def test_a_wrong_amount_and_debits_of_loans_that_do_not_mature_are_told(policy: Policy) -> None:
    account = _account(
        policy,
        PAID_IN,
        moved("subsidy", date(2020, 2, 1), 20_000, 1),
        moved("subsidy", date(2020, 2, 3), 900, 4),
        moved("subsidy", date(2020, 2, 4), 800),
    )

    states = _states(account)
    assert (states["L000001"], states["L000004"], states[None]) == ("differs", "unexpected", "unexpected")
    assert account.debits.item(0, "difference") == -227
    assert account.balance == 200_000 - 21_700


def test_a_loan_that_matures_on_the_day_is_still_due(policy: Policy) -> None:
    assert _states(_account(policy, as_of=date(2020, 2, 1)))["L000001"] == "due"
    assert _states(_account(policy, as_of=date(2020, 2, 2)))["L000001"] == "missing"


def test_a_bank_sees_its_own_loans_and_movements(policy: Policy) -> None:
    other = moved("deposit", date(2020, 1, 6), 70_000, bank="B2")

    account = _account(policy, PAID_IN, other, bank="B1")

    assert account.listed.is_empty()
    assert _account(policy, PAID_IN | {"bank": "B1"}, other, bank="B2").balance == 70_000


def test_other_funds_and_later_movements_are_not_in_the_account(policy: Policy) -> None:
    account = _account(
        policy,
        moved("deposit", date(2020, 3, 10), 100),
        moved("deposit", date(2020, 1, 1), 100, fund="compensation", fund_id="F2"),
    )

    assert account.balance == 0


def test_a_pack_without_the_yearly_review_has_no_such_account() -> None:
    with pytest.raises(NoPrepaidAccountError, match="knows no prepaid subsidy account on 2020-03-09"):
        prepaid_account(Frames.of({}), load("longchuan"), year=2020, as_of=MADE_ON)


def test_an_empty_ledger_has_an_empty_account(policy: Policy) -> None:
    account = prepaid_account(Frames.of({}), policy, year=2020, as_of=MADE_ON)

    assert (account.balance, account.short_in, account.months.height) == (0, None, 12)
