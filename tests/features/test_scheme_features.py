"""Ages to the day, and what schemes ask of a household: groups, societies, marks, loans of others."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.features.base import loan_base
from app.features.build import build
from tests.features.ledger import AS_OF, features, ledger, loan

EARLIER = date(2022, 1, 1)


def _born(day: date) -> dict[str, Any]:
    return {"household_id": "H1", "person_id": "P1", "relation": "head", "born_on": day, "joined_on": EARLIER}


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@settings(deadline=None, max_examples=60)
@given(st.dates(date(1940, 1, 1), date(2010, 12, 31)), st.dates(date(2022, 7, 1), date(2024, 6, 29)))
def test_an_age_is_the_number_of_completed_years_on_any_day(born: date, on: date) -> None:
    frames = ledger(household_members=[_born(born)])

    built = build(frames, loan_base(frames, as_of=on), only=frozenset({"borrower_age", "age_at_maturity"}))

    found = built.row(0, named=True)
    assert found["borrower_age"] == _years(born, on)
    assert found["age_at_maturity"] == _years(born, date(2024, 6, 30))


def test_age_and_term_together_count_a_month_as_a_twelfth() -> None:
    found = features(ledger(household_members=[_born(date(1966, 6, 1))]))

    assert (found["borrower_age"], found["term_months"]) == (58.0, 24.0)
    assert found["age_plus_term_years"] == 60.0


def test_groups_and_societies_are_counted_and_none_is_told_from_not_known() -> None:
    group = {"group_id": "G1", "household_id": "H1", "joined_on": EARLIER}
    society = {"society_id": "S1", "household_id": "H1", "joined_on": EARLIER}

    both = features(
        ledger(guarantee_groups=[group], society_members=[society, society | {"society_id": "S2"}])
    )
    left = features(ledger(guarantee_groups=[group | {"left_on": AS_OF}], society_members=[]))

    assert (both["groups_joined"], both["societies_joined"]) == (1.0, 2.0)
    assert (left["groups_joined"], left["societies_joined"]) == (0.0, None)


def test_a_cleared_mark_of_bad_faith_is_recorded_but_no_longer_open() -> None:
    mark = {"household_id": "H1", "mark": "bad_faith", "marked_on": EARLIER, "cleared_on": date(2023, 1, 1)}

    found = features(ledger(credit_marks=[mark]))

    assert (found["bad_faith_open"], found["bad_faith_recorded"]) == (0.0, 1.0)


def test_only_production_loans_of_others_at_the_same_bank_are_counted() -> None:
    days = {"disbursed_on": date(2023, 1, 1), "matures_on": date(2023, 12, 31)}
    others = [
        loan(loan_id="L2", borrower_id="P2", **days),
        loan(loan_id="L3", borrower_id="P2", bank="B2", **days),
        loan(loan_id="L4", borrower_id="P2", industry="not_productive", **days),
        loan(loan_id="L5", **days),
    ]

    frames = ledger(loans=[loan(), *others])

    assert features(frames)["other_members_loans_same_bank"] == 1.0
