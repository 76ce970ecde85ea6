"""Each finding: the loan that is found and its neighbour that is not; and the laws that findings keep."""

import json
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import NoRulesInForceError
from app.domain.frames import Frames
from app.policy.finding_labels import FINDING_LABELS
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.finding_columns import finding_columns
from app.portfolio.findings import FINDING_SCHEMA, findings, summary, unchecked
from tests.features.ledger import AS_OF, due, ledger, loan, paid, visit
from tests.portfolio.suspects import county, found, home, lent, people, person, registered, rows

PAID_OUT, MATURES = date(2022, 6, 30), date(2024, 6, 30)


def _of(frames: Frames, **asked: Any) -> set[str]:
    """What is found on the first loan."""
    return found(frames, **asked).get("L1", set())


def _used(amount: int, purpose: str, day: date = date(2022, 7, 1)) -> dict[str, Any]:
    return {"loan_id": "L1", "record_no": "1", "used_on": day, "amount": amount, "purpose": purpose}


def test_an_ordinary_loan_is_no_finding() -> None:
    assert found(county([lent(1)])) == {}


# --- who may have a loan, and how much ---


@pytest.mark.parametrize(
    ("steps", "codes"),
    [
        ([registered(1)], set()),
        ([registered(1), registered(1, PAID_OUT, "lifted")], set()),
        ([registered(1, PAID_OUT + timedelta(days=1))], {"not_registered"}),
        ([registered(1), registered(1, PAID_OUT, "ordinary")], {"not_registered"}),
        ([], {"not_registered"}),
    ],
)
def test_a_household_is_judged_by_its_registration_on_the_day_of_the_payout(
    steps: list[dict[str, Any]], codes: set[str]
) -> None:
    assert _of(county([lent(1)], registrations=steps)) == codes


@pytest.mark.parametrize(
    ("amount", "day", "codes"),
    [
        (5_000_000, PAID_OUT, set()),
        (5_000_001, PAID_OUT, {"over_loan_limit", "over_household_limit"}),
        (5_000_001, date(2026, 3, 1), set()),
        (10_000_001, date(2026, 3, 1), {"over_loan_limit", "over_household_limit"}),
    ],
)
def test_a_loan_is_held_to_the_cap_of_the_day_it_was_paid_out(
    amount: int, day: date, codes: set[str]
) -> None:
    one = lent(1, amount=amount, disbursed_on=day, matures_on=date(2028, 1, 1))

    assert _of(county([one]), as_of=date(2026, 6, 1)) == codes


LATER = PAID_OUT + timedelta(days=100)
SECOND = lent(2, household_id="H1", borrower_id="P1", disbursed_on=LATER, amount=2_000_000)


def test_a_second_loan_is_found_with_the_first_and_the_first_is_not() -> None:
    told = rows(county([lent(1), SECOND]))

    assert told.select("loan_id", "finding", "related").rows() == [
        ("L2", "over_household_limit", ["L1"]),
        ("L2", "several_loans", ["L1"]),
    ]


def test_a_top_up_within_the_total_is_no_finding_and_above_it_is() -> None:
    within = SECOND | {"kind": "top_up", "amount": 5_000_000}

    assert found(county([lent(1), within])) == {}
    assert found(county([lent(1), within | {"amount": 5_000_001}])) == {
        "L2": {"over_loan_limit", "over_household_limit"}
    }


def test_a_loan_repaid_by_then_does_not_count_and_one_repaid_the_day_after_does() -> None:
    loans = [lent(1), SECOND | {"amount": 5_000_000}]

    same_day = county(loans, repayments=[paid(LATER, principal=5_000_000)])
    day_after = county(loans, repayments=[paid(LATER + timedelta(days=1), principal=5_000_000)])

    assert found(same_day) == {}
    assert found(day_after)["L2"] == {"over_household_limit", "several_loans"}


def test_a_renewal_does_not_stand_beside_the_loan_that_it_renews() -> None:
    renewal = SECOND | {"kind": "renewal", "continues_loan_id": "L1", "amount": 5_000_000}

    assert found(county([lent(1), renewal])) == {}


def test_another_member_who_borrows_beside_is_found_and_one_who_borrows_after_is_not() -> None:
    other = SECOND | {"borrower_id": "P2", "amount": 1_000_000, "kind": "top_up"}
    settled = [paid(LATER, principal=5_000_000)]

    assert found(county([lent(1), other])) == {"L2": {"several_borrowers"}}
    assert found(county([lent(1), other], repayments=settled)) == {}


# --- what the money is used for ---


@pytest.mark.parametrize(
    ("tables", "codes"),
    [
        ({"use_records": [_used(5_000_000, "production")]}, set()),
        ({"use_records": [_used(1, "housing")]}, {"outside_production"}),
        ({"use_records": [_used(1, "financial")]}, {"outside_production", "interest_earning"}),
        ({"use_records": [_used(1, "on_lending")]}, {"outside_production", "interest_earning"}),
        ({"visits": [visit(date(2023, 1, 1), use_state="as_agreed")]}, set()),
        ({"visits": [visit(date(2023, 1, 1), use_state="misused")]}, {"outside_production"}),
        ({"visits": [visit(date(2023, 1, 1), use_state="idle")]}, {"idle_money"}),
        (
            {"visits": [visit(date(2023, n, 1), use_state=s) for n, s in ((1, "idle"), (2, "as_agreed"))]},
            set(),
        ),
    ],
)
def test_the_use_of_money_is_seen_in_records_and_visits(
    tables: dict[str, list[dict[str, Any]]], codes: set[str]
) -> None:
    assert _of(county([lent(1)], **tables)) == codes


def test_a_purpose_that_is_not_productive_is_found() -> None:
    assert _of(county([lent(1, industry="not_productive")])) == {"outside_production"}


@pytest.mark.parametrize(("day", "codes"), [(30, set()), (31, {"firm_use"})])
def test_a_firm_may_use_a_loan_paid_out_by_30_november_2017_and_none_later(day: int, codes: set[str]) -> None:
    start = date(2017, 10, 31) + timedelta(days=day)

    one = lent(1, use_mode="firm", disbursed_on=start)

    assert _of(county([one])) == codes


# --- what is owed ---


@pytest.mark.parametrize(
    ("as_of", "codes"),
    [(MATURES, set()), (MATURES + timedelta(days=1), {"overdue"})],
)
def test_a_loan_one_day_past_due_is_overdue_on_its_maturity_it_is_not(as_of: date, codes: set[str]) -> None:
    assert _of(county([lent(1)]), as_of=as_of) == codes


@pytest.mark.parametrize(("days", "codes"), [(7, set()), (8, {"interest_overdue"})])
def test_interest_is_watched_after_a_week(days: int, codes: set[str]) -> None:
    frames = county([lent(1)], repayments_due=[due(date(2023, 6, 21), interest=1000), due(MATURES)])

    assert _of(frames, as_of=date(2023, 6, 21) + timedelta(days=days)) == codes


@pytest.mark.parametrize(
    ("paid_amount", "paid_on", "codes"),
    [
        (None, None, {"dividend_unpaid"}),
        (99, date(2023, 6, 1), {"dividend_unpaid"}),
        (100, date(2023, 6, 1), set()),
        (100, None, set()),
        (None, date(2023, 6, 1), set()),
        (100, date(2024, 7, 1), {"dividend_unpaid"}),
    ],
)
def test_a_dividend_not_paid_in_full_by_the_day_is_watched(
    paid_amount: int | None, paid_on: date | None, codes: set[str]
) -> None:
    dividend = {"loan_id": "L1", "due_on": date(2023, 6, 1), "due": 100, "known_on": date(2023, 1, 1)}

    frames = county([lent(1)], dividends=[dividend | {"paid": paid_amount, "paid_on": paid_on}])

    assert _of(frames) == codes


# --- the eight prohibitions of 2000 ---

START = date(2005, 3, 1)


def _poor(**differences: Any) -> dict[str, Any]:
    """A loan of 1 000 yuan at 3 % for a year."""
    terms = {"disbursed_on": START, "matures_on": date(2006, 3, 1), "amount": 100_000, "annual_rate": 30_000}
    return lent(1, **terms | differences)


def _plan(*, principal: int = 100_000) -> list[dict[str, Any]]:
    return [due(date(2006, 3, 1), principal=principal, interest=3000) | {"known_on": START}]


def _eight(loans: list[dict[str, Any]], **tables: list[dict[str, Any]]) -> set[str]:
    frames = county(loans, **{"repayments_due": _plan(), **tables})
    return found(frames, as_of=date(2006, 2, 1), pack="yunnan2000").get(loans[-1]["loan_id"], set())


def _after(days: int, **amounts: Any) -> dict[str, Any]:
    return paid(START + timedelta(days=days), **amounts)


def _asked(days: int) -> dict[str, Any]:
    return {
        "application_id": "A1", "household_id": "H1", "borrower_id": "P1", "bank": "B1", "amount": 100_000,
        "applied_on": START - timedelta(days=days), "term_months": 12, "industry": "sheep",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("loan_of", "tables", "codes"),
    [
        ({}, {}, set()),
        ({"annual_rate": 30_100}, {}, {"no_rate_rise"}),
        ({}, {"repayments": [_after(0, interest=1)]}, {"no_interest_ahead"}),
        ({}, {"repayments": [_after(180, interest=1500)]}, set()),
        ({}, {"repayments": [_after(180, interest=1750)]}, set()),
        ({}, {"repayments": [_after(180, interest=1800)]}, {"no_interest_ahead"}),
        ({}, {"use_records": [_used(1, "debt", START)]}, {"no_old_debts", "no_diversion"}),
        ({}, {"repayments": [_after(60, principal=50_001)]}, {"no_calling_in"}),
        ({}, {"repayments": [_after(60, principal=50_000)]}, set()),
        ({}, {"repayments": [_after(61, principal=50_001)]}, set()),
        ({}, {"repayments": [_after(7, principal=1)]}, {"no_covert_collection"}),
        ({}, {"repayments": [_after(8, principal=1)]}, set()),
        ({}, {"use_records": [_used(1, "consumption", START)]}, {"no_diversion"}),
        ({"use_mode": "firm"}, {}, {"no_diversion"}),
        ({}, {"applications": [_asked(31)]}, set()),
        ({}, {"applications": [_asked(32)]}, {"no_missed_season"}),
    ],
)
def test_each_of_the_eight_prohibitions_is_seen_where_the_ledger_shows_it(
    loan_of: dict[str, Any], tables: dict[str, list[dict[str, Any]]], codes: set[str]
) -> None:
    assert _eight([_poor(**loan_of)], **tables) == codes


@pytest.mark.parametrize(("interest", "codes"), [(2600, set()), (2601, {"no_covert_rate"})])
def test_interest_above_the_rate_on_actual_days_is_a_covert_increase(interest: int, codes: set[str]) -> None:
    # 1 000 yuan at 3 % for 300 days of 360 are 25 yuan; one yuan more may be rounding
    told = _eight([_poor()], repayments=[_after(300, principal=100_000, interest=interest)])

    assert told == codes


def test_an_old_loan_repaid_on_the_day_of_the_payout_is_found_and_a_day_before_is_not() -> None:
    old = _poor(loan_id="L0", disbursed_on=date(2004, 3, 1), matures_on=date(2005, 2, 1))

    same_day = _eight([old, _poor()], repayments=[_after(0, principal=100_000) | {"loan_id": "L0"}])
    day_before = _eight([old, _poor()], repayments=[_after(-1, principal=100_000) | {"loan_id": "L0"}])

    assert same_day == {"no_old_debts"}
    assert day_before == set()


def test_instalments_of_a_plan_are_no_early_calling_in() -> None:
    plan = [due(START + timedelta(days=15 * n), principal=4167) | {"known_on": START} for n in range(1, 25)]
    kept = [_after(15 * n, principal=4167) for n in range(1, 15)]

    assert _eight([_poor(method="instalments")], repayments_due=plan, repayments=kept) == set()


# --- what comes out ---


def test_a_finding_names_loan_place_rule_and_evidence() -> None:
    told = rows(county([lent(1)], registrations=[]))

    assert told.columns == list(FINDING_SCHEMA)
    row = told.row(0, named=True)
    assert (row["kind"], row["finding"], row["loan_id"]) == ("anomaly", "not_registered", "L1")
    assert (row["household_id"], row["village_code"]) == ("H1", home(1)["village_code"])
    assert row["clause"] == "八、非贫困户获贷"
    assert json.loads(row["evidence"]) == {"registration_at_disbursement": None}
    assert row["evidence_zh"] == "放款日户属性：—"
    assert row["evidence_en"] == "registration at payout: —"


def test_evidence_is_told_in_words_with_units() -> None:
    told = rows(county([lent(1)], visits=[visit(date(2023, 1, 1), use_state="idle")]))

    assert told.row(0, named=True)["evidence_zh"] == "最近走访资金使用：闲置；余额：50000元"
    assert (
        told.row(0, named=True)["evidence_en"] == "use of money at the last visit: idle; balance: 50000 yuan"
    )


def test_the_summary_counts_loans_and_money_by_township() -> None:
    told = rows(county([lent(1), lent(2)], registrations=[]))

    counted = summary(told).select("finding", "loans", "amount", "balance").rows()

    assert counted == [("not_registered", 2, 10_000_000, 10_000_000)]


def test_the_columns_are_those_that_conditions_may_read() -> None:
    frames = ledger()

    table, _ = finding_columns(
        frames.as_of(AS_OF),
        loan_book(frames, as_of=AS_OF),
        people(person(1)),
        as_of=AS_OF,
        near_name_letters=3,
    )

    assert FINDING_LABELS.keys() <= set(table.columns)


def test_a_loan_older_than_the_rules_is_counted_as_unchecked() -> None:
    frames = county([lent(1), lent(2, disbursed_on=date(2013, 12, 31))], registrations=[])

    assert set(found(frames)) == {"L1"}
    assert unchecked(frames, as_of=AS_OF, policy=load("national")) == 1


def test_a_day_without_rules_is_an_error_that_names_it() -> None:
    with pytest.raises(NoRulesInForceError, match="2013-12-31"):
        findings(ledger(), people(person(1)), as_of=date(2013, 12, 31), policy=load("national"))


def test_a_ledger_without_loans_has_no_findings() -> None:
    told = findings(ledger(loans=[]), people(), as_of=AS_OF, policy=load("national"))

    assert told.is_empty()
    assert told.schema == FINDING_SCHEMA


# --- laws ---

LOANS = st.lists(
    st.fixed_dictionaries(
        {
            "household": st.integers(1, 3),
            "borrower": st.integers(1, 4),
            "amount": st.sampled_from([2_000_000, 5_000_000, 5_000_001]),
            "start": st.integers(0, 500),
            "kind": st.sampled_from(["new", "top_up"]),
            "use_mode": st.sampled_from(["own", "firm"]),
            "repaid": st.integers(0, 900),
        }
    ),
    min_size=1,
    max_size=5,
)
PEOPLE = people(
    person(1, full_name="王建国", phone="00011"),
    person(2, full_name="王健国", phone="00011"),
    person(3, full_name="王建国", account="00022"),
    person(4, account="00022"),
    person(9),
)


def _drawn(chosen: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    loans = [
        loan(
            loan_id=f"L{n}", household_id=f"H{c['household']}", borrower_id=f"P{c['borrower']}",
            amount=c["amount"], kind=c["kind"], use_mode=c["use_mode"],
            disbursed_on=date(2021, 1, 1) + timedelta(days=c["start"]), matures_on=date(2024, 1, 1),
        )
        for n, c in enumerate(chosen)
    ]  # fmt: skip
    returned = [
        paid(row["disbursed_on"] + timedelta(days=c["repaid"]), principal=c["amount"], loan_id=row["loan_id"])
        for row, c in zip(loans, chosen, strict=True)
    ]
    return loans, returned


def _all(loans: list[dict[str, Any]], returned: list[dict[str, Any]], **asked: Any) -> list[Any]:
    return rows(county(loans, repayments=returned), PEOPLE, **asked).rows()


@settings(max_examples=15, deadline=None)
@given(LOANS)
def test_an_unrelated_loan_changes_no_other_loans_findings(chosen: list[dict[str, Any]]) -> None:
    loans, returned = _drawn(chosen)

    more = _all([*loans, lent(9, use_mode="firm", amount=9_000_000)], returned)

    assert [row for row in more if "L9" not in row] == _all(loans, returned)
    assert any("L9" in row for row in more)


@settings(max_examples=15, deadline=None)
@given(LOANS)
def test_the_order_of_rows_changes_nothing(chosen: list[dict[str, Any]]) -> None:
    loans, returned = _drawn(chosen)

    assert _all(loans[::-1], returned[::-1]) == _all(loans, returned)


@settings(max_examples=15, deadline=None)
@given(LOANS, st.integers(0, 1200))
def test_later_facts_change_nothing_earlier(chosen: list[dict[str, Any]], days: int) -> None:
    day = date(2021, 1, 1) + timedelta(days=days)
    loans, returned = _drawn(chosen)
    whole = county(loans, repayments=returned)
    until = Frames.of({name: t.filter(pl.col("known_on") <= day) for name, t in whole.tables.items()})

    assert rows(until, PEOPLE, as_of=day).rows() == rows(whole, PEOPLE, as_of=day).rows()
