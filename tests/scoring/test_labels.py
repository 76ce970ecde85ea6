from datetime import date

import pytest

from app.scoring.labels import DEFAULTED, OPEN, REPAID, RESTRUCTURED, observed_practice_rate, outcomes
from tests.features.ledger import due, ledger, loan, paid

MATURES = date(2024, 6, 30)
LATE_ENOUGH = date(2024, 12, 31)
DUES = [due(MATURES, principal=5_000_000, interest=20_000)]


def _outcome(known_until: date = LATE_ENOUGH, **tables: object) -> str:
    frames = ledger(**({"repayments_due": DUES} | tables))  # type: ignore[arg-type]
    told = outcomes(frames, default_days=30, known_until=known_until)
    return str(told.filter(loan_id="L1")["outcome"][0])


def _paid_on(day: date, principal: int = 5_000_000, interest: int = 20_000) -> list[dict[str, object]]:
    return [paid(day, principal=principal, interest=interest)]


@pytest.mark.parametrize(
    ("day", "outcome"), [(MATURES, REPAID), (date(2024, 7, 30), REPAID), (date(2024, 7, 31), DEFAULTED)]
)
def test_a_loan_may_be_repaid_until_thirty_days_after_maturity(day: date, outcome: str) -> None:
    assert _outcome(repayments=_paid_on(day)) == outcome


def test_a_loan_short_by_a_fen_of_principal_or_interest_has_defaulted() -> None:
    assert _outcome(repayments=_paid_on(MATURES, principal=4_999_999)) == DEFAULTED
    assert _outcome(repayments=_paid_on(MATURES, interest=19_999)) == DEFAULTED


def test_an_outcome_is_open_until_the_last_of_the_days_has_passed() -> None:
    assert _outcome(date(2024, 7, 29)) == OPEN
    assert _outcome(date(2024, 7, 30)) == DEFAULTED


def test_a_loan_continued_by_another_was_restructured_not_repaid() -> None:
    renewal = loan(loan_id="L2", kind="renewal", continues_loan_id="L1", disbursed_on=MATURES)
    full = _paid_on(MATURES)

    assert _outcome(loans=[loan(), renewal], repayments=full) == RESTRUCTURED
    assert _outcome(loans=[loan(), renewal | {"kind": "top_up"}], repayments=full) == REPAID


@pytest.mark.parametrize(
    ("action", "day", "outcome"),
    [
        ("extension", date(2024, 6, 1), RESTRUCTURED),
        ("reschedule", date(2024, 6, 1), RESTRUCTURED),
        ("extra_help", date(2024, 6, 1), DEFAULTED),
        ("extension", date(2024, 9, 1), DEFAULTED),
    ],
)
def test_a_decision_censors_a_loan_if_it_restructures_before_the_outcome_is_seen(
    action: str, day: date, outcome: str
) -> None:
    assert _outcome(dispositions=[{"loan_id": "L1", "action": action, "decided_on": day}]) == outcome


@pytest.mark.parametrize(
    ("action", "day", "helped"),
    [
        ("extra_help", MATURES, True),
        ("credit_education", date(2024, 6, 1), True),
        ("extra_help", date(2024, 7, 1), False),
        ("extension", date(2024, 6, 1), False),
    ],
)
def test_help_before_maturity_marks_a_loan(action: str, day: date, helped: bool) -> None:  # noqa: FBT001
    decided = {"loan_id": "L1", "action": action, "decided_on": day}

    told = outcomes(ledger(dispositions=[decided]), default_days=30, known_until=LATE_ENOUGH)

    assert told["helped"].to_list() == [helped]


def test_practice_counts_restructured_loans_as_not_defaulted() -> None:
    renewal = loan(loan_id="L2", kind="renewal", continues_loan_id="L1", disbursed_on=date(2024, 6, 1))
    short = renewal | {"matures_on": date(2024, 8, 1)}
    told = outcomes(ledger(loans=[loan(), short]), default_days=30, known_until=LATE_ENOUGH)

    assert observed_practice_rate(told) == 0.5
    assert observed_practice_rate(told.clear()) is None


@pytest.mark.parametrize(
    ("day", "marks"), [(MATURES, [False]), (date(2024, 7, 3), [False]), (date(2024, 7, 4), [True])]
)
def test_a_loan_repaid_more_than_the_days_allowed_after_maturity_is_late(
    day: date, marks: list[bool]
) -> None:
    frames = ledger(repayments_due=DUES, repayments=_paid_on(day))

    told = outcomes(frames, default_days=30, known_until=LATE_ENOUGH, late_days=3)

    assert told["late"].to_list() == marks
    assert told["outcome"].to_list() == [REPAID]
