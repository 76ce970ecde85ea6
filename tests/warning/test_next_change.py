from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.policy import Rules
from app.warning.next_change import PACES, Pace, marks
from tests.warning.simulated import AS_OF, entry, estimates, frame, is_, judge, loan, policy, rules

RULES = rules()
REST = {"facts_move_on": None}  # the features builder knows of no day on which a fact moves


def _next(in_force: Rules = RULES, **differences: Any) -> date | None:
    found: date | None = judge(frame(loan(**(REST | differences))), in_force)["next_change_on"][0]
    return found


def _in(days: int) -> date:
    return AS_OF + timedelta(days=days)


def test_a_loan_with_an_estimate_is_judged_anew_every_day() -> None:
    judged = judge(frame(loan(**REST)), RULES, estimated=estimates({"pd_ppm": 5}))

    assert judged["next_change_on"].to_list() == [_in(1)]


def test_a_loan_waits_for_the_first_day_of_the_landmarks() -> None:
    assert _next(days_to_maturity=200.0, days_since_visit=0.0) == _in(20)


def test_a_visit_that_grows_stale_comes_first() -> None:
    assert _next(days_to_maturity=400.0, days_since_visit=175.0) == _in(5)


def test_a_delay_that_runs_reaches_its_bound() -> None:
    assert _next(days_to_maturity=-40.0, days_since_visit=0.0, principal_days_late=26.0) == _in(4)


def test_a_delay_past_every_bound_changes_nothing_more() -> None:
    late: dict[str, Any] = {
        "days_to_maturity": -400.0,
        "principal_days_late": 399.0,
        "interest_days_late": 399.0,
    }

    assert _next(**late, days_since_visit=500.0, days_since_income=900.0) is None


def test_reminders_are_steps_of_time_too() -> None:
    bare = rules(triggers={}, evidence={})

    assert _next(bare, days_to_maturity=25.0) == _in(5)


def test_a_change_of_policy_ends_the_wait() -> None:
    dated = entry(title_zh="示例", title_en="example")
    dated["in_force"][0]["to"] = _in(3)
    changing = policy(regimes={"one": dated}).at(AS_OF)

    assert _next(changing) == _in(4)


def test_a_fact_that_moves_ends_the_wait() -> None:
    assert _next(facts_move_on=_in(2)) == _in(2)


@pytest.mark.parametrize("differences", [{}, {"illness_12m": 1.0, "interest_days_late": 5.0}])
def test_without_word_of_facts_a_loan_that_may_move_is_judged_tomorrow(differences: dict[str, Any]) -> None:
    judged = judge(frame(loan(**differences)), RULES)

    assert judged["next_change_on"].to_list() == [_in(1)]


def test_a_feature_that_is_not_listed_may_change_any_day() -> None:
    daily = is_("township_late_share", above=0.1)
    restless = rules(triggers={}, guards={"g": entry(when=daily, at_least="yellow", second_person=False)})

    judged = judge(frame(loan()), restless)

    assert judged["next_change_on"].to_list() == [_in(1)]


def test_every_number_that_a_rule_reads_is_a_mark() -> None:
    at = marks(RULES)

    assert at["days_to_maturity"] == {0.0, 20.0, 30.0, 60.0, 90.0, 180.0}
    assert at["principal_days_late"] == {1.0, 30.0}
    assert at["income_per_head_12m_yuan"] == {5_000.0}
    assert at["days_since_visit"] == {180.0}


def _after(state: dict[str, Any], days: int) -> dict[str, Any]:
    """The same loan some days later, when nothing but time has passed."""
    moved = state | {"as_of": state["as_of"] + timedelta(days=days)}
    for feature, pace in PACES.items():
        value = state[feature]
        if pace in {Pace.RISES, Pace.FALLS} and value is not None:
            moved[feature] = value + (days if pace is Pace.RISES else -days)
        if pace is Pace.RISES_WHILE_LATE and value > 0:
            moved[feature] = value + days
    return moved


def _codes(judged: pl.DataFrame) -> dict[str, Any]:
    """What may not change before its day: everything but the counts of days seen."""
    row = judged.row(0, named=True)
    kept = ("light", "data_gap", "guards", "top_cause", "causes", "top_action", "second_person", "reminders")
    hits = [(hit["code"], hit["light"]) for hit in row["triggers"]]
    gaps = [(gap["code"], gap["state"]) for gap in row["data_gaps"]]
    actions = [(a["action"], a["eligibility"], a["clauses"]) for a in row["actions"]]
    return {name: row[name] for name in kept} | {"hits": hits, "gaps": gaps, "actions": actions}


@settings(max_examples=40, deadline=None)
@given(
    to_maturity=st.integers(min_value=-50, max_value=260),
    visit=st.none() | st.integers(min_value=0, max_value=250),
    income=st.none() | st.integers(min_value=0, max_value=450),
    delays=st.tuples(*[st.integers(min_value=0, max_value=45)] * 2),
    per_head=st.sampled_from([4_000.0, 6_000.0]),
)
def test_time_alone_changes_nothing_before_the_day_that_was_named(
    to_maturity: int, visit: int | None, income: int | None, delays: tuple[int, int], per_head: float
) -> None:
    state = loan(
        **REST,
        matures_on=_in(to_maturity),
        days_to_maturity=float(to_maturity),
        days_since_visit=None if visit is None else float(visit),
        days_since_income=None if income is None else float(income),
        principal_days_late=float(delays[0]),
        interest_days_late=float(delays[1]),
        income_per_head_12m_yuan=per_head,
    )
    today = judge(frame(state), RULES)
    named = today["next_change_on"][0] or _in(40)

    quiet = min((named - AS_OF).days - 1, 40)
    later = [judge(frame(_after(state, days)), RULES) for days in {1, quiet // 2, quiet} if 0 < days <= quiet]

    assert [_codes(judged) for judged in later] == [_codes(today)] * len(later)
    assert named > AS_OF
