"""The 631 rating of simulated households under the pack of 盐池."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.policy import load
from app.scoring.rating import citations, rate

DAY = date(2023, 6, 1)
RULES = load("yanchi").at(DAY)
FEATURES = {i.code: i.entry.feature for i in RULES.indicators}
# The best and the worst value of every indicator, by feature.
BEST: dict[str, float] = {
    "interest_on_time_share_24m": 1.0,
    "interest_days_late_max_12m": 0.0,
    "earlier_principal_days_late_max": 0.0,
    "earlier_loans_repaid": 2.0,
    "credit_mark_open": 0.0,
    "misuse_found": 0.0,
    "income_per_head_12m_yuan": 12_000.0,
    "repayment_to_income": 0.2,
    "income_change_yoy": 0.1,
    "income_sources_12m": 3.0,
    "outside_debt_to_income": 0.0,
    "labourers": 3.0,
    "land_mu": 10.0,
    "assets_per_head_yuan": 15_000.0,
}
WORST: dict[str, float] = {
    "interest_on_time_share_24m": 0.0,
    "interest_days_late_max_12m": 200.0,
    "earlier_principal_days_late_max": 200.0,
    "earlier_loans_repaid": 0.0,
    "credit_mark_open": 1.0,
    "misuse_found": 1.0,
    "income_per_head_12m_yuan": 0.0,
    "repayment_to_income": 9.0,
    "income_change_yoy": -0.9,
    "income_sources_12m": 0.0,
    "outside_debt_to_income": 9.0,
    "labourers": 0.0,
    "land_mu": 0.0,
    "assets_per_head_yuan": 0.0,
}
FIRST_LOAN = dict.fromkeys(
    (
        "interest_on_time_share_24m",
        "interest_days_late_max_12m",
        "earlier_principal_days_late_max",
        "misuse_found",
    )
) | {"earlier_loans_repaid": 0.0}


def _frame(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = dict.fromkeys(BEST, pl.Float64)
    return pl.DataFrame([BEST | row for row in rows], schema=schema).with_row_index("row")


def _rated(**differences: Any) -> dict[str, Any]:
    return rate(_frame(differences), RULES).row(0, named=True)


def test_a_spotless_household_has_all_100_points() -> None:
    rated = _rated()

    assert rated["rating_points"] == 100
    assert rated["rating_parts"] == {"integrity": 60, "income": 30, "basics": 10}


def test_a_household_with_nothing_in_its_favour_has_6_points_and_no_grade() -> None:
    rated = _rated(**WORST)

    assert rated["rating_points"] == 2 + 2 + 1 + 1  # loans repaid, income, land, assets
    assert (rated["rating_grade"], rated["rating_limit"], rated["limit_granted"]) == (None, 0, 0)


NEVER_ON_TIME = {"interest_on_time_share_24m": 0.0}
POOR = {"repayment_to_income": 9.0, "income_per_head_12m_yuan": 0.0}


@pytest.mark.parametrize(
    ("differences", "points", "grade", "limit"),
    [
        ({"credit_mark_open": 1.0, "earlier_loans_repaid": 0.0}, 90, "A", 10_000_000),
        ({"credit_mark_open": 1.0, "interest_days_late_max_12m": 30.0}, 89, "B", 5_000_000),
        (NEVER_ON_TIME | {"outside_debt_to_income": 9.0, "land_mu": 0.0}, 75, "B", 5_000_000),
        (NEVER_ON_TIME | {"misuse_found": 1.0}, 74, "C", 2_000_000),
        (NEVER_ON_TIME | POOR | {"land_mu": 0.0}, 60, "C", 2_000_000),
        (NEVER_ON_TIME | POOR | {"income_sources_12m": 0.0}, 59, None, 0),
    ],
)
def test_points_at_each_edge_of_the_grades(
    differences: dict[str, float], points: int, grade: str | None, limit: int
) -> None:
    rated = _rated(**differences)

    assert (rated["rating_points"], rated["rating_grade"], rated["rating_limit"]) == (points, grade, limit)


def test_what_is_granted_never_exceeds_the_cap_in_force() -> None:
    before, after = (load("yanchi").at(day) for day in (date(2026, 2, 28), date(2026, 3, 1)))

    granted = [rate(_frame({}), rules)["limit_granted"].item() for rules in (before, after)]

    assert granted == [5_000_000, 10_000_000]


def test_a_first_loan_is_neither_punished_nor_rated_a() -> None:
    rated = _rated(**FIRST_LOAN)

    assert rated["rating_grade"] == "B"
    assert rated["rating_points"] == 12 + 7 + 8 + 2 + 7 + 4 + 30 + 10


@pytest.mark.parametrize("feature", ["income_per_head_12m_yuan", "credit_mark_open"])
def test_a_household_whose_income_or_record_is_unknown_is_rated_by_a_person(feature: str) -> None:
    rated = _rated(**{feature: None})

    assert rated["rating_refer"] is True
    assert [rated[c] for c in ("rating_points", "rating_grade", "rating_limit", "limit_granted")] == [
        None
    ] * 4


def test_the_answer_keeps_every_indicators_value_and_points() -> None:
    rated = _rated(labourers=1.0, land_mu=None)

    assert rated["rating_indicators"]["labourers"] == {"value": 1.0, "points": 2}
    assert rated["rating_indicators"]["land"] == {"value": None, "points": 1}
    assert set(rated["rating_indicators"]) == {text.code for text in citations(RULES)}


def test_every_indicator_is_cited_with_its_part_and_most_points() -> None:
    texts = citations(RULES)

    assert sum(text.most_points for text in texts) == 100
    assert {text.part_zh for text in texts} == {"诚信度", "家庭收入", "基本情况"}
    assert {str(text.reference.kind) for text in texts} == {"design"}


def test_a_pack_without_a_rating_gives_none() -> None:
    rated = rate(_frame({}), load("national").at(DAY))

    assert rated.drop("row", "rating_refer").null_count().row(0) == (1,) * 6
    assert rated["rating_refer"].to_list() == [False]
    assert citations(load("national").at(DAY)) == ()


def test_the_columns_have_one_type_with_and_without_a_rating() -> None:
    with_one, without = (rate(_frame({}), load(name).at(DAY)).schema for name in ("yanchi", "national"))

    plain = ("row", "rating_points", "rating_grade", "rating_limit", "limit_granted", "rating_refer")
    assert [with_one[c] for c in plain] == [without[c] for c in plain]


def test_no_rows_have_no_rating() -> None:
    assert rate(_frame({}).clear(), RULES).height == 0


def _between(name: str) -> st.SearchStrategy[float | None]:
    low, high = sorted((BEST[name], WORST[name]))
    return st.none() | st.floats(low, high)


HOUSEHOLDS = st.fixed_dictionaries({name: _between(name) for name in BEST})


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(HOUSEHOLDS, min_size=1, max_size=8))
def test_many_households_are_rated_as_each_is_alone(rows: list[dict[str, Any]]) -> None:
    together = rate(_frame(*rows), RULES).drop("row")
    alone = [rate(_frame(row), RULES).drop("row") for row in rows]

    assert together.equals(pl.concat(alone))


@settings(max_examples=60, deadline=None)
@given(household=HOUSEHOLDS, name=st.sampled_from(sorted(BEST)), shares=st.tuples(*[st.floats(0, 1)] * 2))
def test_worse_evidence_never_raises_points(
    household: dict[str, Any], name: str, shares: tuple[float, float]
) -> None:
    known = {"income_per_head_12m_yuan": 9_000.0, "credit_mark_open": 0.0}
    base = {k: known.get(k) if v is None else v for k, v in household.items()}
    values = [BEST[name] + share * (WORST[name] - BEST[name]) for share in sorted(shares)]

    better, worse = (rate(_frame(base | {name: v}), RULES) for v in values)

    assert worse["rating_points"].item() <= better["rating_points"].item()
    assert worse["limit_granted"].item() <= better["limit_granted"].item()


@settings(max_examples=40, deadline=None)
@given(household=HOUSEHOLDS)
def test_the_parts_add_up_to_the_points_and_the_indicators_to_the_parts(household: dict[str, Any]) -> None:
    rated = rate(_frame(household), RULES).row(0, named=True)

    by_part = dict.fromkeys(rated["rating_parts"], 0)
    for text in citations(RULES):
        by_part[text.part] += rated["rating_indicators"][text.code]["points"] or 0
    assert by_part == rated["rating_parts"]
    assert rated["rating_refer"] or rated["rating_points"] == sum(by_part.values())
