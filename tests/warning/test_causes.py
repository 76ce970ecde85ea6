from typing import Any

from app.warning.causes import judge_causes
from tests.warning.simulated import ESTIMATES, estimates, frame, judge, judge_one, loan, rules

RULES = rules()


def _judged(estimate: dict[str, int | None], **differences: Any) -> dict[str, Any]:
    return judge(frame(loan(**differences)), RULES, estimated=estimates(estimate)).row(0, named=True)


def _named(judged: dict[str, Any]) -> list[tuple[str, str]]:
    return [(cause["cause"], cause["basis"]) for cause in judged["causes"]]


def test_a_loan_with_nothing_adverse_has_an_empty_top_cause() -> None:
    judged = judge_one(RULES)

    assert (judged["top_cause"], judged["causes"]) == ("", [])


def test_the_estimate_names_adverse_causes_the_largest_first() -> None:
    judged = _judged({"shap_income": 5, "shap_timing": 9, "shap_market": -20, "shap_household": 0})

    assert _named(judged) == [("timing", "estimate"), ("income", "estimate")]
    assert [cause["weight"] for cause in judged["causes"]] == [9, 5]


def test_equal_weights_keep_the_declared_order_of_causes() -> None:
    judged = _judged({"shap_market": 5, "shap_income": 5, "shap_timing": 5})

    assert [cause for cause, _ in _named(judged)] == ["income", "timing", "market"]


def test_a_recorded_fact_outranks_the_estimate() -> None:
    judged = _judged({"shap_income": 9_000_000, "shap_shock": 1}, illness_12m=1.0)

    assert judged["top_cause"] == "shock"
    assert _named(judged) == [("shock", "recorded"), ("income", "estimate")]
    assert judged["causes"][0] == {"cause": "shock", "basis": "recorded", "weight": 1, "code": "illness"}


def test_recorded_facts_stand_by_the_priority_of_the_pack_and_are_all_kept() -> None:
    judged = judge_one(RULES, willingness_last=0.0, illness_12m=1.0, disaster_12m=2.0)

    assert [cause["code"] for cause in judged["causes"]] == ["illness", "disaster", "unwilling"]


def test_a_trigger_names_its_cause_where_nothing_else_does() -> None:
    judged = judge_one(RULES, interest_days_late=5.0)

    assert judged["top_cause"] == "willingness"
    assert _named(judged) == [("willingness", "trigger")]


def test_a_trigger_comes_after_the_estimate_and_repeats_no_cause() -> None:
    judged = _judged({"shap_income": 3}, principal_days_late=5.0, interest_days_late=5.0)

    assert _named(judged) == [("income", "estimate"), ("willingness", "trigger")]


def test_a_loan_that_nobody_looked_at_is_put_down_to_monitoring() -> None:
    assert judge_one(RULES, days_since_visit=None)["top_cause"] == "monitoring"


def test_causes_need_no_estimate_at_all() -> None:
    features = frame(loan(illness_12m=1.0))
    seen = judge(features, RULES).drop("causes", "top_cause", *ESTIMATES)

    assert judge_causes(seen, RULES)["top_cause"].to_list() == ["shock"]
