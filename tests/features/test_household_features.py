from datetime import date

import pytest

from app.features.base import application_base, loan_base, origination_base
from app.features.build import build
from app.features.context import Context
from tests.features.ledger import AS_OF, HOUSEHOLD, LOAN, features, income, ledger, loan, visit

MONTHS = [date(2022 + m // 12, m % 12 + 1, 1) for m in range(28)]  # January 2022 to April 2024


def test_income_of_twelve_months_ends_with_the_newest_month_recorded() -> None:
    frames = ledger(incomes=[income(month, 1000) for month in MONTHS])

    found = features(frames)

    assert found["income_12m_yuan"] == 12_000.0
    assert found["income_change_yoy"] == 0.0
    assert found["days_since_income"] == 61.0


def test_a_late_report_does_not_hide_the_season_before() -> None:
    harvest = income(date(2022, 10, 1), 9000, "crops", known_on=date(2022, 12, 1))
    frames = ledger(incomes=[harvest])

    assert features(frames, date(2023, 11, 20))["income_12m_yuan"] == 9000.0
    assert features(frames, date(2024, 1, 20))["income_12m_yuan"] == 0.0


def test_income_without_any_record_is_unknown() -> None:
    found = features(ledger(incomes=[income(date(2024, 6, 1), 500, known_on=date(2024, 7, 1))]))

    assert found["income_12m_yuan"] is None
    assert found["repayment_to_income"] is None


def test_shares_of_income_tell_source_and_season() -> None:
    frames = ledger(
        incomes=[
            income(date(2023, 9, 1), 6000, "livestock"),
            income(date(2024, 4, 1), 3000, "wages"),
            income(date(2023, 7, 1), 1000, "transfer"),
        ]
    )

    found = features(frames)

    assert found["income_sources_12m"] == 3.0
    assert found["wage_share_12m"] == 0.3
    assert found["production_share_12m"] == 0.6
    assert found["income_share_before_maturity"] == 0.3  # April to June stand before the end of June
    assert found["months_to_main_income_after_maturity"] == 3.0  # September
    assert found["repayment_to_income"] == 5.0


def test_an_income_change_needs_the_whole_year_before() -> None:
    assert features(ledger(incomes=[income(m, 1000) for m in MONTHS[4:]]))["income_change_yoy"] is None


def test_people_are_counted_while_they_live_there() -> None:
    head = {
        "household_id": "H1", "person_id": "P1", "relation": "head", "born_on": date(1964, 6, 2),
        "labour": "able", "joined_on": date(2020, 1, 1),
    }  # fmt: skip
    child = head | {"person_id": "P2", "relation": "child", "labour": "none", "born_on": None}
    gone = head | {"person_id": "P3", "left_on": AS_OF}

    found = features(ledger(household_members=[head, child, gone]))

    assert (found["members"], found["labourers"], found["labour_share"]) == (2.0, 1.0, 0.5)
    assert found["borrower_age"] == 59.0  # sixty tomorrow
    assert found["age_at_maturity"] == 60.0
    assert found["assets_per_head_yuan"] == 40_000.0


def test_the_latest_registration_and_debts_are_the_ones_that_count() -> None:
    registered = {"household_id": "H1", "registration": "registered", "registered_on": date(2018, 1, 1)}
    lifted = registered | {"registration": "lifted", "registered_on": date(2020, 1, 1)}
    debt = {"household_id": "H1", "debt_id": "D1", "balance": 900_000, "stated_on": date(2023, 1, 1)}
    newer = debt | {"balance": 500_000, "stated_on": date(2024, 1, 1)}
    other = debt | {"debt_id": "D2", "balance": 100_000}

    found = features(ledger(registrations=[lifted, registered], outside_debts=[newer, debt, other]))

    assert found["registration"] == "lifted"
    assert found["outside_debt_yuan"] == 6000.0


def test_shocks_count_for_twelve_months() -> None:
    shock = {"household_id": "H1", "kind": "illness", "happened_on": date(2023, 6, 2), "loss": 300_000}
    frames = ledger(shocks=[shock], incomes=[income(m, 1000) for m in MONTHS])

    assert features(frames)["illness_12m"] == 1.0
    assert features(frames)["shock_loss_to_income_12m"] == 0.25
    assert features(frames, date(2024, 6, 2))["illness_12m"] == 0.0
    assert features(frames)["animal_disease_12m"] == 0.0


def test_a_cleared_credit_mark_is_no_longer_open() -> None:
    mark = {"household_id": "H1", "mark": "bad_faith", "marked_on": date(2023, 1, 1), "cleared_on": AS_OF}
    frames = ledger(credit_marks=[mark])

    assert features(frames, date(2024, 5, 31))["bad_faith_open"] == 1.0
    assert features(frames)["bad_faith_open"] == 0.0


def test_the_last_visit_speaks_and_misuse_is_not_forgotten() -> None:
    frames = ledger(
        visits=[
            visit(date(2023, 1, 1), use_state="misused", willingness="willing", pictures=2),
            visit(
                date(2024, 5, 1),
                use_state="idle",
                production="poor",
                willingness="hesitant",
                needs_funds=True,
            ),
        ]
    )

    found = features(frames)

    assert (found["misuse_found"], found["idle_found"]) == (1.0, 1.0)
    assert (found["production_last"], found["willingness_last"]) == (1.0, 1.0)
    assert (found["days_since_visit"], found["visits_12m"], found["needs_funds_last"]) == (31.0, 1.0, 1.0)
    assert found["contact_lost"] == 0.0


def test_a_loan_nobody_visited_has_no_findings_rather_than_good_ones() -> None:
    found = features(ledger())

    assert [found[n] for n in ("days_since_visit", "production_last", "contact_lost")] == [None] * 3
    assert found["visits_12m"] == 0.0


def test_use_records_tell_what_was_spent_off_purpose() -> None:
    used = {"loan_id": "L1", "record_no": "1", "used_on": date(2022, 7, 1), "amount": 3_000_000}
    records = [
        used | {"purpose": "production"},
        used | {"record_no": "2", "purpose": "housing", "amount": 1_000_000},
    ]

    found = features(ledger(use_records=records))

    assert found["off_purpose_share"] == 0.25
    assert found["use_recorded_share"] == 0.8


def test_prices_are_compared_with_six_and_twelve_months_before() -> None:
    prices = [
        {"industry": "sheep", "priced_in": date(2023, 5, 1), "price": 4000},
        {"industry": "sheep", "priced_in": date(2023, 11, 1), "price": 3200},
        {"industry": "sheep", "priced_in": date(2024, 5, 1), "price": 3000},
        {"industry": "cattle", "priced_in": date(2024, 5, 1), "price": 9000},
    ]

    found = features(ledger(prices=prices))

    assert found["price_change_6m"] == pytest.approx(-0.0625)
    assert found["price_change_12m"] == -0.25


def test_the_context_leaves_the_own_household_out() -> None:
    late = {"disbursed_on": date(2022, 1, 1), "matures_on": date(2024, 1, 1)}
    loans = [LOAN, loan(loan_id="L2", household_id="H2", **late), loan(loan_id="L3", household_id="H3")]
    homes = [HOUSEHOLD | {"household_id": f"H{n}"} for n in (1, 2, 3)]
    groups = [{"group_id": "G", "household_id": h, "joined_on": date(2022, 1, 1)} for h in ("H1", "H2")]
    frames = ledger(loans=loans, households=homes, guarantee_groups=groups)
    base_rows = build(frames, loan_base(frames, as_of=AS_OF), context=Context.of(frames, [AS_OF]))

    assert base_rows["township_late_share"].to_list() == [0.5, 0.0, 0.5]
    assert base_rows["group_late_share"].to_list() == [1.0, 0.0, None]
    assert build(frames, loan_base(frames, as_of=AS_OF))["township_late_share"].to_list() == [None] * 3


def test_an_application_has_features_but_no_loan() -> None:
    asked = {
        "application_id": "A1", "household_id": "H1", "borrower_id": "P1", "bank": "B1", "amount": 3_000_000,
        "term_months": 12, "industry": "sheep", "applied_on": date(2022, 6, 1),
    }  # fmt: skip
    frames = ledger(applications=[asked], incomes=[income(date(2022, 3, 1), 15_000)])

    row = build(frames, application_base(frames)).row(0, named=True)

    assert row["loan_id"] is None
    assert row["matures_on"] == date(2023, 6, 1)
    assert (row["amount_yuan"], row["term_months"], row["repayment_to_income"]) == (30_000.0, 12.0, 2.0)
    assert row["active_loans"] == 0.0


def test_a_granted_loan_as_an_application_does_not_know_itself() -> None:
    row = build(frames := ledger(), origination_base(frames, ["L1"])).row(0, named=True)

    assert row["loan_id"] == "L1"
    assert row["as_of"] == date(2022, 6, 29)
    assert row["active_loans"] == 0.0
    assert row["term_months"] == 24.0
