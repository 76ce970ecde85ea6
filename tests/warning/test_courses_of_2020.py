"""The two courses before maturity and the triage of the work plan of 2020."""

from datetime import date, timedelta

import polars as pl
import pytest

from app.policy.policy import load
from app.warning.calendar import judge_reminders

PLAN = load("workplan2020")
IN_EPIDEMIC, AFTER = date(2020, 3, 1), date(2020, 7, 1)


def _steps(as_of: date, days_before: int) -> list[str]:
    frame = pl.DataFrame({"row": [0], "as_of": [as_of], "matures_on": [as_of + timedelta(days=days_before)]})
    told = judge_reminders(frame, PLAN.at(as_of)).row(0, named=True)
    return [step["code"] for step in told["reminders"]]


@pytest.mark.parametrize(
    ("days_before", "steps"),
    [
        (61, []), (60, ["t60_notice"]), (31, ["t60_notice"]),
        (30, ["t60_notice", "t30_assessment", "t30_written"]),
        (19, ["t60_notice", "t30_assessment", "t30_written"]),
    ],
)  # fmt: skip
def test_during_the_epidemic_the_bank_gives_notice_sixty_and_thirty_days_before(
    days_before: int, steps: list[str]
) -> None:
    assert _steps(IN_EPIDEMIC, days_before) == steps


@pytest.mark.parametrize(
    ("days_before", "steps"),
    [
        (61, []), (60, ["t60_notice", "t60_township"]),
        (21, ["t60_notice", "t60_township", "t30_assessment"]),
        (20, ["t60_notice", "t60_township", "t30_assessment", "t20_township"]),
    ],
)  # fmt: skip
def test_after_it_the_townships_visit_sixty_and_press_twenty_days_before(
    days_before: int, steps: list[str]
) -> None:
    assert _steps(AFTER, days_before) == steps


def test_the_course_changes_on_the_day_that_the_pack_says() -> None:
    assert _steps(date(2020, 4, 30), 60) == ["t60_notice"]
    assert _steps(date(2020, 5, 1), 60) == ["t60_notice", "t60_township"]


def _order(code: str, day: date) -> list[str]:
    found = next(situation for situation in PLAN.at(day).situations if situation.code == code)
    return [action.value for action in found.now.order]


def test_poor_production_is_renewed_or_extended_and_helped_only_where_the_bank_cannot() -> None:
    assert _order("poor_production", AFTER)[:3] == ["renewal", "extension", "extra_help"]


def test_sound_production_that_still_needs_money_is_renewed() -> None:
    assert _order("sound_needs_funds", AFTER)[0] == "renewal"


def test_weak_will_is_met_with_education_and_ability_with_repayment() -> None:
    assert _order("weak_will", AFTER)[0] == "credit_education"
    assert _order("able_to_pay", AFTER)[0] == "collect"


def test_during_the_epidemic_those_who_qualify_are_extended_or_renewed() -> None:
    assert _order("poor_production", IN_EPIDEMIC)[:2] == ["extension", "renewal"]
