"""Ranks of places and banks: deterministic, with ties, and with an eye on who is last twice."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NoRulesInForceError, PolicyError
from app.policy.policy import Rules, load, policies
from app.portfolio.appraisal import MEASURES, appraise, monthly_ranks, times_last
from app.portfolio.book import loan_book
from app.portfolio.measures import Stretch, measures
from tests.features.ledger import HOUSEHOLD, ledger, loan
from tests.warning.simulated import entry, rules

MONTHS = (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30))
MERITS = {
    "late": entry({"measure": "overdue_rate_amount"}, weight=3, better="less"),
    "task": entry({"measure": "task_share"}, weight=1, better="more"),
}


def _rules(**merits: Any) -> Rules:
    limit = {"last_place_months": entry({"unit": "months"}, value=2)}
    rating = {name: entry({"unit": "days"}, value=30) for name in ("landmark_days_min", "poor_income")}
    days = {"landmark_days_max": entry({"unit": "days"}, value=180)}
    return rules(merits=merits or MERITS, parameters=limit | rating | days)


def _measured(**columns: list[int | None]) -> pl.DataFrame:
    size = len(next(iter(columns.values())))
    full = {name: columns.get(name, [None] * size) for name in sorted(MEASURES)}
    codes = [chr(ord("A") + n) for n in range(size)]
    return pl.DataFrame({"bank": codes, **full}, schema_overrides=dict.fromkeys(MEASURES, pl.Int64))


def _ranks(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.select("bank", "rank").iter_rows())


def test_points_weigh_the_share_of_the_others_that_do_worse() -> None:
    found = appraise(_measured(overdue_rate_amount=[0, 10, 20], task_share=[5, 7, 9]), _rules(), by="bank")

    points = dict(found.select("bank", "points").iter_rows())
    assert points == {"A": 75.0, "B": 50.0, "C": 25.0}
    assert found["last"].to_list() == [False, False, True]
    assert found["weight_measured"].to_list() == [1_000_000] * 3


def test_equals_share_the_better_rank() -> None:
    found = appraise(_measured(overdue_rate_amount=[5, 0, 5, 9]), _rules(), by="bank")

    assert _ranks(found) == {"B": 1, "A": 2, "C": 2, "D": 4}


def test_equals_at_the_end_are_all_last() -> None:
    found = appraise(_measured(overdue_rate_amount=[0, 5, 5]), _rules(), by="bank")

    assert found.filter("last")["bank"].to_list() == ["B", "C"]


def test_where_all_are_equal_nobody_is_last() -> None:
    found = appraise(_measured(overdue_rate_amount=[5, 5, 5]), _rules(), by="bank")

    assert set(found["rank"]) == {1}
    assert not found["last"].any()


def test_what_was_not_measured_is_left_out_with_its_weight() -> None:
    found = appraise(_measured(overdue_rate_amount=[0, 10, None], task_share=[1, 2, 3]), _rules(), by="bank")

    row = found.row(by_predicate=pl.col("bank") == "C", named=True)
    assert (row["points"], row["weight_measured"]) == (100.0, 250_000)


def test_a_place_of_which_nothing_is_known_has_no_rank_and_is_not_last() -> None:
    found = appraise(_measured(overdue_rate_amount=[0, 10, None]), _rules(), by="bank")

    row = found.row(by_predicate=pl.col("bank") == "C", named=True)
    assert (row["points"], row["rank"], row["last"]) == (None, None, False)
    assert found["bank"].to_list() == ["A", "B", "C"]


@given(st.lists(st.integers(0, 1_000_000), min_size=2, max_size=8), st.data())
def test_doing_better_never_costs_points(rates: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rates) - 1))
    better = [*rates]
    better[place] = data.draw(st.integers(0, rates[place]))

    before, after = (
        appraise(_measured(overdue_rate_amount=[*values]), _rules(), by="bank").sort("bank")["points"][place]
        for values in (rates, better)
    )

    assert after >= before


@given(st.permutations(range(5)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    measured = _measured(overdue_rate_amount=[3, 1, 4, 1, 5], task_share=[9, 2, 6, 5, 3])

    assert appraise(measured[order], _rules(), by="bank").equals(appraise(measured, _rules(), by="bank"))


def _months(*worst: str) -> dict[date, pl.DataFrame]:
    """Three banks by month; the one named is last."""
    rates = ([10 if bank in last else ord(bank) - ord("A") for bank in "ABC"] for last in worst)
    return {day: _measured(overdue_rate_amount=[*found]) for day, found in zip(MONTHS, rates, strict=False)}


def test_last_place_two_months_running_is_flagged() -> None:
    ranks = monthly_ranks(_months("A", "B", "B", "B"), _rules(), by="bank")

    flagged = ranks.filter("flagged").select("month_end", "bank", "months_last").rows()
    assert flagged == [(MONTHS[2], "B", 2), (MONTHS[3], "B", 3)]


def test_last_place_twice_with_a_month_between_is_not_flagged() -> None:
    ranks = monthly_ranks(_months("A", "B", "A", "C"), _rules(), by="bank")

    assert not ranks["flagged"].any()
    assert times_last(ranks, by="bank").rows() == [("A", 2, 1, False), ("B", 1, 1, False), ("C", 1, 1, False)]


def test_the_national_pack_flags_after_two_months_as_the_source_says() -> None:
    assert load("national").at(MONTHS[0]).parameters["last_place_months"] == 2


@pytest.mark.parametrize("name", policies())
def test_every_pack_appraises_only_what_is_measured(name: str) -> None:
    merits = load(name).at(date(2024, 1, 31)).merits

    assert {merit.entry.measure for merit in merits} <= MEASURES


def test_a_pack_without_merits_is_a_clear_error() -> None:
    with pytest.raises(NoRulesInForceError, match="'small' has no measures of an appraisal from 2020-01-01"):
        appraise(_measured(overdue_rate_amount=[1]), rules(), by="bank")


def test_a_pack_that_says_nothing_of_last_place_is_a_clear_error() -> None:
    with pytest.raises(NoRulesInForceError, match="no parameter 'last_place_months'") as caught:
        monthly_ranks(_months("A"), rules(merits=MERITS), by="bank")

    assert "没有参数" in caught.value.problem.zh


def test_a_merit_that_reads_no_statistics_is_a_clear_error() -> None:
    odd = entry({"measure": "sunshine"}, weight=1, better="more")

    with pytest.raises(PolicyError, match="'small' appraises 'sunshine'"):
        appraise(_measured(overdue_rate_amount=[1]), _rules(odd=odd), by="bank")


def test_townships_without_a_loan_are_measured_and_banks_have_no_task() -> None:
    homes = [HOUSEHOLD, HOUSEHOLD | {"household_id": "H2", "village_code": "999901102201"}]
    task = {"place_code": "999901102", "starts_on": date(2024, 1, 1), "ends_on": date(2024, 12, 31)}
    facts = ledger(households=homes, loans=[loan()], tasks=[task | {"amount": 100}])
    day = MONTHS[0]
    stretch = Stretch(
        since=date(2024, 1, 1), as_of=day, opening=loan_book(facts, as_of=date(2023, 12, 31)),
        closing=loan_book(facts, as_of=day),
    )  # fmt: skip

    townships = measures(facts, stretch, by="township_code")
    banks = measures(facts, stretch, by="bank")

    assert townships["township_code"].to_list() == ["999901101", "999901102"]
    assert townships["task_share"].to_list() == [None, 0]
    assert townships["overdue_rate_amount"].to_list() == [0, None]
    assert banks["task_share"].to_list() == [None]
