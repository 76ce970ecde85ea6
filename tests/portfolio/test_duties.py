"""Duties that come back: when they fall due, and what the ledger shows of them."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.domain.errors import InvalidValueError, NoRulesInForceError, PolicyError
from app.policy.policy import Policy, load
from app.portfolio.duties import duties_between, with_done
from tests.features.ledger import ledger
from tests.portfolio.packs import HEAD

PLAN = load("workplan2020")


def _policy(folder: Path, duty: str) -> Policy:
    text = f"duties:\n  d:\n    zh: 事项\n    in_force:\n      - {{{duty}, reference: {{kind: design}}}}\n"
    (folder / "pack.yaml").write_text(HEAD + text, encoding="utf-8")
    return load(folder)


def _days(policy: Policy, first: date, last: date) -> list[date]:
    return duties_between(policy, first, last)["due_on"].to_list()


def test_lists_are_due_on_the_sixth_of_each_month_after_the_epidemic() -> None:
    lists = duties_between(PLAN, date(2020, 1, 1), date(2021, 6, 30)).filter(code="township_lists")

    assert lists["due_on"].to_list() == [date(2020, month, 6) for month in range(5, 13)]


@pytest.mark.parametrize(("first", "last", "found"), [(6, 6, 1), (7, 31, 0), (1, 5, 0)])
def test_both_ends_of_a_stretch_of_days_belong_to_it(first: int, last: int, found: int) -> None:
    assert len(_days(PLAN, date(2020, 7, first), date(2020, 7, last))) == found


def test_a_duty_on_the_last_day_is_due_on_the_28th_or_29th_of_february(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "from: 2014-01-01, every: month, day: 31, by: 县, what: 统计")

    assert _days(policy, date(2023, 1, 1), date(2023, 4, 30)) == [
        date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30),
    ]  # fmt: skip
    assert _days(policy, date(2024, 2, 1), date(2024, 2, 29)) == [date(2024, 2, 29)]


def test_a_quarterly_duty_is_due_in_the_last_month_of_each_quarter(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "from: 2014-01-01, every: quarter, day: 31, by: 县, what: 通报")

    assert _days(policy, date(2023, 1, 1), date(2023, 12, 31)) == [
        date(2023, 3, 31), date(2023, 6, 30), date(2023, 9, 30), date(2023, 12, 31),
    ]  # fmt: skip


def test_the_interest_of_the_year_is_due_by_the_twentieth_of_december() -> None:
    found = duties_between(load("fengjie"), date(2018, 1, 1), date(2018, 12, 31)).filter(code="interest_paid")

    assert found["due_on"].to_list() == [date(2018, 12, 20)]


def test_each_day_is_read_from_the_rules_of_that_day(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "from: 2020-02-01, to: 2020-03-05, every: month, day: 6, by: 县, what: 统计")

    assert _days(policy, date(2020, 1, 1), date(2020, 12, 31)) == [date(2020, 2, 6)]


def _asked(*days: date) -> list[dict[str, Any]]:
    return [{"household_id": "H1", "item": "good_credit", "value": 1.0, "asked_on": day} for day in days]


def _done(days: tuple[date, ...], as_of: date) -> pl.DataFrame:
    due = duties_between(PLAN, date(2020, 7, 1), date(2020, 8, 31))
    return with_done(due, ledger(surveys=_asked(*days)), as_of=as_of).filter(code="township_lists")


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        (date(2020, 7, 6), [True, False]), (date(2020, 7, 7), [False, True]),
        (date(2020, 6, 7), [True, False]), (date(2020, 6, 6), [False, False]),
    ],
)  # fmt: skip
def test_what_was_asked_up_to_the_sixth_shows_the_list_of_that_month(asked: date, done: list[bool]) -> None:
    assert _done((asked,), date(2020, 9, 1))["done"].to_list() == done


def test_a_duty_still_ahead_is_neither_done_nor_missed() -> None:
    assert _done((), date(2020, 8, 6))["done"].to_list() == [False, None]


def test_a_duty_that_no_table_shows_stays_open() -> None:
    due = duties_between(load("fengjie"), date(2018, 12, 1), date(2018, 12, 31))

    told = with_done(due, ledger(), as_of=date(2019, 6, 1)).filter(code="joint_meeting")

    assert told.select("facts", "done").row(0) == (None, None)


def test_a_table_that_the_ledger_lacks_is_an_error_with_file_and_line(tmp_path: Path) -> None:
    wrong = "from: 2014-01-01, every: month, day: 6, by: 县, what: 统计, shown_by: no_such"

    with pytest.raises(PolicyError, match=r"line .*the ledger has no table 'no_such'"):
        _policy(tmp_path, wrong)


def test_days_in_the_wrong_order_and_before_the_scheme_are_errors() -> None:
    with pytest.raises(InvalidValueError):
        duties_between(PLAN, date(2020, 2, 1), date(2020, 1, 1))
    with pytest.raises(NoRulesInForceError, match="1999-01-01"):
        duties_between(PLAN, date(1999, 1, 1), date(2020, 1, 1))
