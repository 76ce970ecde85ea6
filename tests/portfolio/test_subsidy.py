"""The subsidy plan against the table that Longchuan printed in 2020, and by hand."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from app.domain.errors import NoRulesInForceError
from app.domain.frames import Frames
from app.domain.money import fen
from app.policy.figures import identity_values
from app.policy.policy import Policy, load
from app.portfolio.subsidy import DayCount, NoSubsidyError, subsidy_plan
from app.portfolio.subsidy_tables import beside_printed, opening_balances, quarter_table, sums
from tests.features.ledger import due, paid
from tests.portfolio.vintages import county, lent, vintage

NEW_YEAR = date(2020, 1, 1)
MADE_ON = date(2020, 3, 9)
LAST = date(2020, 12, 31)


@pytest.fixture(scope="module", name="policy")
def _policy() -> Policy:
    return load("longchuan")


@pytest.fixture(scope="module", name="printed")
def _printed(policy: Policy) -> dict[str, int]:
    return {figure.code: fen(str(figure.now.value)) for figure in policy.at(LAST).figures}


def _plan(
    policy: Policy,
    *loans: dict[str, Any],
    on: date = MADE_ON,
    day_count: DayCount | None = None,
    **tables: Any,
) -> pl.DataFrame:
    return subsidy_plan(county(*loans, **tables), policy, year=2020, as_of=on, day_count=day_count)


def _total(plan: pl.DataFrame) -> int:
    return int(plan.get_column("interest").sum())


def _quarters(plan: pl.DataFrame) -> dict[int, int]:
    return dict(sums(plan, "quarter").select("quarter", "interest").rows())


# --- the printed table ---


def test_a_vintage_that_runs_all_year_gets_the_printed_sum_to_the_fen(
    policy: Policy, printed: dict[str, int]
) -> None:
    loans = vintage(printed["balance_vintage_2019"], date(2019, 5, 6), date(2022, 5, 6))

    plan = _plan(policy, *loans)

    assert _total(plan) == printed["subsidy_vintage_2019"] == 139_040_100
    assert _quarters(plan) == dict.fromkeys((1, 2, 3, 4), 34_760_025)


def test_the_sum_called_three_quarters_is_that_of_a_whole_year(
    policy: Policy, printed: dict[str, int]
) -> None:
    amount = printed["balance_vintage_2020"]

    whole = _plan(policy, *vintage(amount, NEW_YEAR, date(2023, 1, 1)))
    three = _plan(policy, *vintage(amount, date(2020, 4, 1), date(2023, 4, 1)), on=date(2020, 4, 1))

    assert _total(whole) == printed["subsidy_vintage_2020"] == 71_250_000
    assert _total(three) == 53_437_500
    assert _quarters(three) == dict.fromkeys((2, 3, 4), 17_812_500)


def test_the_printed_identities_hold_but_for_the_three_quarters(policy: Policy) -> None:
    found = {value.code: (value.computed, value.holds) for value in identity_values(policy.at(LAST))}

    assert {code for code, (_, holds) in found.items() if not holds} == {"subsidy_2020_three_quarters"}
    assert found["subsidy_sums"][0] == 6_870_000
    assert found["subsidy_2020_three_quarters"][0] == 534_375


def test_the_four_printed_sums_add_to_the_fen(printed: dict[str, int]) -> None:
    assert sum(printed[f"subsidy_vintage_{year}"] for year in range(2017, 2021)) == 686_934_709


def test_the_plan_stands_beside_what_is_printed(policy: Policy, printed: dict[str, int]) -> None:
    frames = county(*vintage(printed["balance_vintage_2019"], date(2019, 5, 6), date(2022, 5, 6)))
    plan = subsidy_plan(frames, policy, year=2020, as_of=MADE_ON)

    opening = opening_balances(frames, day=NEW_YEAR, as_of=MADE_ON)
    beside = beside_printed(plan, policy, year=2020, opening=opening)

    rows = {row["item"]: row for row in beside.to_dicts()}
    assert rows["subsidy_vintage_2019"]["difference"] == 0
    assert rows["subsidy_vintage_2019"]["opening_balance"] == printed["balance_vintage_2019"]
    assert rows["subsidy_first_half"]["printed"] == 360_000_000
    assert rows["subsidy_first_half"]["ours"] == 69_520_050
    assert [round(rows[f"subsidy_vintage_{year}"]["share_of_year"], 4) for year in (2017, 2018)] == [
        0.7498,
        0.9513,
    ]


# --- day counts ---


@pytest.mark.parametrize(
    ("day_count", "whole_year"),
    [("flat_year", 237_500), ("actual_365", 238_150), ("actual_360", 241_458)],
)
def test_a_leap_year_counts_366_days_where_days_are_counted(
    policy: Policy, day_count: DayCount, whole_year: int
) -> None:
    plan = _plan(policy, lent(1, 5_000_000, date(2019, 1, 1), date(2022, 1, 1)), day_count=day_count)

    assert _total(plan) == whole_year
    assert plan.get_column("days").to_list() == [91, 91, 92, 92]


@pytest.mark.parametrize(
    ("day_count", "by_hand"),
    [
        ("flat_year", 26_099),  # 59 375 x 40/91
        ("actual_365", 26_027),  # 5 000 000 x 4.75 % x 40/365
        ("actual_360", 26_389),  # 5 000 000 x 4.75 % x 40/360
    ],
)
def test_part_of_a_quarter_is_paid_by_its_days(policy: Policy, day_count: DayCount, by_hand: int) -> None:
    plan = _plan(policy, lent(1, 5_000_000, date(2018, 2, 10), date(2020, 2, 10)), day_count=day_count)

    assert plan.select("quarter", "days", "interest").rows() == [(1, 40, by_hand)]


def test_the_day_of_payout_bears_interest_and_the_day_of_maturity_does_not(policy: Policy) -> None:
    plan = _plan(policy, lent(1, 5_000_000, date(2020, 3, 31), date(2020, 4, 2)), on=date(2020, 3, 31))

    assert plan.select("quarter", "days").rows() == [(1, 1), (2, 1)]


# --- what changes the balance ---


def test_a_loan_repaid_in_part_is_subsidised_on_the_rest_from_that_day(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 5_000_000, date(2019, 1, 1), date(2022, 1, 1)),
        repayments=[paid(date(2020, 2, 1), principal=2_000_000, loan_id="L000001")],
    )

    assert plan.get_column("fen_days").to_list()[:2] == [5_000_000 * 31 + 3_000_000 * 60, 3_000_000 * 91]


def test_planned_instalments_lower_the_balance_after_the_day_of_the_plan(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 4_000_000, date(2019, 1, 1), date(2021, 1, 1), method="instalments"),
        repayments_due=[
            due(date(2020, 7, 1), principal=2_000_000, loan_id="L000001") | {"known_on": date(2019, 1, 1)},
            due(date(2021, 1, 1), principal=2_000_000, loan_id="L000001") | {"known_on": date(2019, 1, 1)},
        ],
    )

    assert _quarters(plan) == {1: 47_500, 2: 47_500, 3: 23_750, 4: 23_750}


def test_an_overdue_loan_gets_nothing_from_the_day_it_fell_due(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 4_000_000, date(2019, 1, 1), date(2021, 1, 1), method="instalments"),
        repayments_due=[
            due(date(2020, 2, 1), principal=2_000_000, loan_id="L000001") | {"known_on": date(2019, 1, 1)},
            due(date(2021, 1, 1), principal=2_000_000, loan_id="L000001") | {"known_on": date(2019, 1, 1)},
        ],
    )

    assert plan.select("quarter", "days").rows() == [(1, 31)]


def test_an_overdue_loan_that_is_caught_up_is_subsidised_again(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 4_000_000, date(2019, 1, 1), date(2021, 1, 1), method="instalments"),
        on=date(2020, 6, 30),
        repayments=[paid(date(2020, 2, 21), principal=2_000_000, loan_id="L000001")],
        repayments_due=[
            due(date(2020, 2, 1), principal=2_000_000, loan_id="L000001") | {"known_on": date(2019, 1, 1)},
            due(date(2021, 1, 1), principal=2_000_000, loan_id="L000001") | {"known_on": date(2019, 1, 1)},
        ],
    )

    assert plan.row(0, named=True)["days"] == 31 + 91 - 51
    assert plan.row(0, named=True)["fen_days"] == 4_000_000 * 31 + 2_000_000 * 40


def test_an_unpaid_loan_is_not_subsidised_after_maturity(policy: Policy) -> None:
    plan = _plan(policy, lent(1, 5_000_000, date(2018, 2, 1), date(2020, 2, 1)), on=LAST)

    assert plan.select("quarter", "days").rows() == [(1, 31)]


def test_an_extension_in_place_moves_the_end_of_the_subsidy(policy: Policy) -> None:
    moved = {
        "loan_id": "L000001",
        "action": "extension",
        "decided_on": date(2020, 1, 20),
        "new_matures_on": date(2020, 8, 1),
    }
    loans = [lent(1, 5_000_000, date(2019, 2, 1), date(2020, 2, 1))]

    assert _plan(policy, *loans, dispositions=[moved]).get_column("days").to_list() == [91, 91, 31]


def test_a_renewed_loan_hands_its_subsidy_to_its_renewal(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 5_000_000, date(2018, 2, 1), date(2021, 2, 1)),
        lent(2, 5_000_000, date(2020, 2, 1), date(2022, 2, 1))
        | {"household_id": "H000001", "kind": "renewal", "continues_loan_id": "L000001"},
    )

    assert _total(plan) == 237_500
    assert plan.filter(quarter=1).select("loan_id", "days").rows() == [("L000001", 31), ("L000002", 60)]


# --- who gets it, on how much, at what rate ---


def test_of_a_household_with_100_000_only_50_000_is_subsidised_the_earlier_loan_first(
    policy: Policy,
) -> None:
    plan = _plan(
        policy,
        lent(2, 5_000_000, date(2019, 6, 1), date(2022, 6, 1)),
        lent(1, 4_000_000, date(2018, 6, 1), date(2021, 6, 1)) | {"household_id": "H000002"},
        lent(3, 1_000_000, date(2019, 7, 1), date(2022, 7, 1)) | {"household_id": "H000002"},
    )

    assert dict(sums(plan, "loan_id").select("loan_id", "interest").rows()) == {
        "L000001": 190_000,
        "L000002": 47_500,
    }


def test_a_top_up_takes_the_room_that_the_first_loan_leaves_when_it_is_repaid(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 5_000_000, date(2018, 6, 1), date(2020, 7, 1)),
        lent(2, 5_000_000, date(2019, 6, 1), date(2022, 6, 1)) | {"household_id": "H000001"},
    )

    assert plan.select("loan_id", "quarter").rows() == [
        ("L000001", 1),
        ("L000001", 2),
        ("L000002", 3),
        ("L000002", 4),
    ]


def test_a_loan_that_is_not_marked_as_subsidised_gets_nothing_and_takes_no_room(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 5_000_000, date(2018, 6, 1), date(2021, 6, 1), subsidised=False),
        lent(2, 5_000_000, date(2019, 6, 1), date(2022, 6, 1)) | {"household_id": "H000001"},
        lent(3, 5_000_000, date(2019, 6, 1), date(2022, 6, 1), subsidised=None),
    )

    assert plan.get_column("loan_id").unique().to_list() == ["L000002"]


def test_a_rate_above_the_base_rate_is_subsidised_up_to_it_and_a_lower_one_as_it_is(policy: Policy) -> None:
    plan = _plan(
        policy,
        lent(1, 5_000_000, date(2019, 1, 1), date(2022, 1, 1), annual_rate=60_000),
        lent(2, 5_000_000, date(2019, 1, 1), date(2022, 1, 1), annual_rate=40_000),
        lent(3, 5_000_000, date(2019, 12, 1), date(2020, 12, 1), annual_rate=60_000),
    )

    assert sorted(plan.select("loan_id", "rate").unique().rows()) == [
        ("L000001", 47_500),
        ("L000002", 40_000),
        ("L000003", 43_500),
    ]


# --- the plan and its parts ---


def test_half_a_fen_is_rounded_up_once_per_loan_and_quarter(policy: Policy) -> None:
    loans = [lent(n, 1_000, date(2019, 1, 1), date(2022, 1, 1), annual_rate=42_200) for n in range(3)]

    plan = _plan(policy, *loans)  # 10.55 fen a quarter each

    assert plan.get_column("interest").to_list() == [11] * 12


def test_a_plan_lists_what_was_known_on_its_day_only(policy: Policy) -> None:
    later = lent(1, 5_000_000, date(2020, 5, 1), date(2021, 5, 1))

    assert _plan(policy, later).is_empty()


def test_an_empty_ledger_gives_an_empty_plan_and_nothing_beside_the_print(policy: Policy) -> None:
    plan = subsidy_plan(Frames.of({}), policy, year=2020, as_of=MADE_ON)

    assert quarter_table(plan, "vintage").row(0) == (None, 0, 0, 0, 0, 0, 0, 0, 0)
    assert beside_printed(plan, policy, year=2020).get_column("ours").to_list() == [0] * 6


def test_a_year_without_a_subsidy_or_without_rules_is_an_error(policy: Policy) -> None:
    with pytest.raises(NoSubsidyError, match="no subsidy of interest in 2021"):
        subsidy_plan(Frames.of({}), policy, year=2021, as_of=MADE_ON)
    with pytest.raises(NoRulesInForceError):
        subsidy_plan(Frames.of({}), policy, year=2012, as_of=MADE_ON)
