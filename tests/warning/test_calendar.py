from datetime import date, timedelta

import polars as pl
import pytest

from app.warning.calendar import judge_reminders
from tests.warning.simulated import entry, frame, loan, rules

RULES = rules()
AS_OF = date(2024, 3, 1)


def _reminded(days: int) -> dict[str, object]:
    loans = frame(loan(matures_on=AS_OF + timedelta(days=days)))
    return judge_reminders(loans, RULES).row(0, named=True)


def _codes(days: int) -> list[str]:
    reminders = _reminded(days)["reminders"]
    assert isinstance(reminders, list)
    return [step["code"] for step in reminders]


@pytest.mark.parametrize(
    ("days", "codes"),
    [
        (61, []),
        (60, ["t60"]),
        (31, ["t60"]),
        (30, ["t60", "t30"]),
        (20, ["t60", "t30", "t20"]),
        (0, ["t60", "t30", "t20"]),
        (-1, []),
    ],
)
def test_a_step_falls_due_on_its_day_and_ends_with_maturity(days: int, codes: list[str]) -> None:
    assert _codes(days) == codes


def test_a_step_says_its_day_and_whether_it_is_formal() -> None:
    assert _reminded(30)["reminders"] == [
        {"code": "t60", "due_on": date(2024, 1, 31), "formal": False},
        {"code": "t30", "due_on": date(2024, 3, 1), "formal": True},
    ]


@pytest.mark.parametrize(("days", "missed"), [(31, False), (30, False), (29, True), (0, True), (-1, False)])
def test_a_formal_day_that_passed_unassessed_is_missed(days: int, *, missed: bool) -> None:
    assert _reminded(days)["missed_formal"] is missed


@pytest.mark.parametrize(("assessed_days_before", "missed"), [(31, True), (30, False), (29, False)])
def test_only_an_assessment_from_the_formal_day_on_counts(assessed_days_before: int, *, missed: bool) -> None:
    loans = frame(loan(matures_on=AS_OF + timedelta(days=25)))
    on = pl.col("matures_on") - pl.duration(days=assessed_days_before)

    judged = judge_reminders(loans, RULES, formally_assessed_on=on)

    assert judged["missed_formal"].to_list() == [missed]


def test_a_calendar_without_a_formal_step_misses_none() -> None:
    informal = rules(reminders={"t60": entry(days_before=60, addressee="township", form="list")})

    judged = judge_reminders(frame(loan(matures_on=AS_OF)), informal)

    assert judged.row(0, named=True)["formal_due_on"] is None
    assert judged["missed_formal"].to_list() == [False]
