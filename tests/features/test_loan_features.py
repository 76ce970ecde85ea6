from datetime import date, timedelta

from app.features.base import loan_base
from tests.features.ledger import AS_OF, due, features, ledger, loan, paid


def test_a_loan_tells_its_amount_rate_term_and_days_to_maturity() -> None:
    found = features(ledger())

    assert found["amount_yuan"] == 50_000.0
    assert found["annual_rate_pct"] == 4.35
    assert found["term_months"] == 24.0
    assert found["days_to_maturity"] == 29.0
    assert found["disbursed_yyyymmdd"] == 20220630.0
    assert found["township_code"] == "999901101"


def test_a_loan_repaid_in_full_is_not_active_and_one_short_by_a_fen_is() -> None:
    full = ledger(repayments=[paid(AS_OF, principal=5_000_000)])
    short = ledger(repayments=[paid(AS_OF, principal=4_999_999)])

    assert loan_base(full, as_of=AS_OF).is_empty()
    assert loan_base(short, as_of=AS_OF)["balance"].to_list() == [1]


def test_a_loan_is_not_listed_before_it_is_disbursed_or_known() -> None:
    known_later = ledger(loans=[loan(known_on=date(2022, 7, 9))])

    assert loan_base(ledger(), as_of=date(2022, 6, 29)).is_empty()
    assert loan_base(known_later, as_of=date(2022, 7, 8)).is_empty()
    assert loan_base(known_later, as_of=date(2022, 7, 9)).height == 1


def test_a_renewed_loan_gives_way_to_the_loan_that_continues_it() -> None:
    second = loan(loan_id="L2", kind="renewal", continues_loan_id="L1", disbursed_on=date(2024, 5, 1))
    third = loan(loan_id="L3", kind="extension", continues_loan_id="L2", disbursed_on=date(2024, 5, 20))
    frames = ledger(loans=[loan(), second, third])

    base = loan_base(frames, as_of=AS_OF)

    assert base["loan_id"].to_list() == ["L3"]
    assert base["times_renewed"].to_list() == [1]
    assert base["times_extended"].to_list() == [1]
    assert loan_base(frames, as_of=date(2024, 5, 10))["loan_id"].to_list() == ["L2"]


def test_a_top_up_leaves_the_first_loan_active() -> None:
    top_up = loan(loan_id="L2", kind="top_up", continues_loan_id="L1", disbursed_on=date(2024, 5, 1))

    assert loan_base(ledger(loans=[loan(), top_up]), as_of=AS_OF).height == 2


def test_chains_that_run_in_a_circle_end() -> None:
    one = loan(loan_id="L1", kind="top_up", continues_loan_id="L2")
    two = loan(loan_id="L2", kind="top_up", continues_loan_id="L1")

    assert loan_base(ledger(loans=[one, two]), as_of=AS_OF).height == 2


def test_an_extension_in_place_moves_maturity_and_is_counted() -> None:
    decided = {
        "loan_id": "L1", "action": "extension", "decided_on": date(2024, 5, 20),
        "new_matures_on": date(2025, 6, 30),
    }  # fmt: skip
    frames = ledger(dispositions=[decided], repayments_due=[due(date(2024, 6, 30), principal=5_000_000)])

    before, after = features(frames, date(2024, 5, 19)), features(frames, date(2024, 7, 10))

    assert before["times_extended"] == 0.0
    assert after["times_extended"] == 1.0
    assert after["days_to_maturity"] == 355.0
    assert after["principal_days_late"] == 0.0


def test_principal_is_one_day_late_the_day_after_it_fell_due() -> None:
    frames = ledger(repayments_due=[due(date(2024, 6, 30), principal=5_000_000)])

    assert features(frames, date(2024, 6, 30))["principal_days_late"] == 0.0
    assert features(frames, date(2024, 7, 1))["principal_days_late"] == 1.0
    assert features(frames, date(2024, 7, 31))["principal_days_late"] == 31.0


def test_a_loan_without_a_plan_owes_its_principal_at_maturity() -> None:
    assert features(ledger(), date(2024, 7, 2))["principal_days_late"] == 2.0


def test_interest_is_late_from_the_first_due_that_all_payments_do_not_cover() -> None:
    quarters = [date(2023, 9, 21), date(2023, 12, 21), date(2024, 3, 21)]
    frames = ledger(
        repayments_due=[due(day, interest=10_000) for day in quarters],
        repayments=[paid(date(2023, 9, 21), interest=10_000), paid(date(2024, 1, 10), interest=4_000)],
    )

    found = features(frames)

    assert found["interest_days_late"] == (AS_OF - quarters[1]).days
    assert found["interest_overdue_yuan"] == 160.0


def test_interest_paid_late_counts_by_the_day_on_which_it_was_covered() -> None:
    frames = ledger(
        repayments_due=[due(day, interest=10_000) for day in (date(2023, 9, 21), date(2023, 12, 21))],
        repayments=[
            paid(date(2023, 9, 21), interest=10_000),
            paid(date(2023, 12, 21), interest=9_999),
            paid(date(2024, 1, 1), interest=1),
        ],
    )

    found = features(frames)

    assert found["interest_days_late_max_12m"] == 11.0
    assert found["interest_on_time_share_24m"] == 0.5
    assert found["interest_days_late"] == 0.0


def test_a_payment_ahead_of_time_covers_later_interest() -> None:
    frames = ledger(
        repayments_due=[due(date(2023, 12, 21), interest=10_000), due(date(2024, 3, 21), interest=10_000)],
        repayments=[paid(date(2023, 12, 1), interest=20_000)],
    )

    assert features(frames)["interest_on_time_share_24m"] == 1.0


def test_a_payment_not_yet_known_is_not_seen() -> None:
    payment = paid(date(2024, 3, 21), interest=10_000, known_on=date(2024, 6, 2))
    frames = ledger(repayments_due=[due(date(2024, 3, 21), interest=10_000)], repayments=[payment])

    assert features(frames)["interest_days_late"] == 72.0
    assert features(frames, date(2024, 6, 2))["interest_days_late"] == 0.0


def test_a_correction_counts_from_the_day_it_is_known() -> None:
    wrong = paid(date(2024, 3, 21), interest=10_000)
    right = wrong | {"interest": 6_000, "version": 2, "known_on": date(2024, 5, 1)}
    frames = ledger(repayments_due=[due(date(2024, 3, 21), interest=10_000)], repayments=[wrong, right])

    assert features(frames, date(2024, 4, 30))["interest_overdue_yuan"] == 0.0
    assert features(frames, date(2024, 5, 1))["interest_overdue_yuan"] == 40.0


def test_earlier_loans_tell_whether_they_were_repaid_on_time() -> None:
    early = loan(loan_id="L0", disbursed_on=date(2020, 1, 1), matures_on=date(2021, 1, 1))
    late = loan(loan_id="L9", disbursed_on=date(2021, 2, 1), matures_on=date(2022, 2, 1))
    frames = ledger(
        loans=[loan(), early, late],
        repayments=[
            paid(date(2021, 1, 1), principal=5_000_000, loan_id="L0"),
            paid(date(2022, 2, 21), principal=5_000_000, loan_id="L9"),
        ],
    )

    found = features(frames)

    assert found["earlier_loans_repaid"] == 2.0
    assert found["earlier_loans_on_time_share"] == 0.5
    assert found["earlier_principal_days_late_max"] == 20.0
    assert found["active_loans"] == 1.0


def test_a_first_loan_has_no_history_rather_than_a_bad_one() -> None:
    found = features(ledger(), AS_OF - timedelta(days=600))

    assert found["earlier_loans_repaid"] == 0.0
    assert found["earlier_loans_on_time_share"] is None
    assert found["interest_on_time_share_24m"] is None
