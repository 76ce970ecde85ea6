from typing import Any

import polars as pl
import pytest

from app.domain.words import Action
from tests.warning.simulated import CITED, entry, estimates, frame, is_, judge, judge_one, loan, rules

RULES = rules()


def _order(judged: dict[str, Any]) -> list[str]:
    return [action["action"] for action in judged["actions"]]


def _of(judged: dict[str, Any], action: str) -> dict[str, Any]:
    found: dict[str, Any] = next(a for a in judged["actions"] if a["action"] == action)
    return found


def _yellow(**differences: Any) -> dict[str, Any]:
    return judge_one(RULES, **({"principal_days_late": 2.0} | differences))


def test_all_nine_actions_are_ranked_once() -> None:
    judged = _yellow()

    assert sorted(_order(judged)) == sorted(action.value for action in Action)
    assert [action["rank"] for action in judged["actions"]] == list(range(1, 10))


def test_a_green_loan_is_collected_first_whatever_the_situation() -> None:
    judged = judge_one(RULES, production_last=2.0, needs_funds_last=1.0)

    assert (judged["light"], judged["top_action"]) == ("green", "collect")
    assert _order(judged)[:3] == ["collect", "renewal", "top_up"]


def test_sound_production_that_needs_money_is_renewed_first() -> None:
    assert _yellow(production_last=2.0, needs_funds_last=1.0)["top_action"] == "renewal"


def test_the_first_situation_by_priority_is_taken() -> None:
    assert _order(_yellow(production_last=1.0))[:3] == ["renewal", "extension", "extra_help"]


def test_an_unknown_situation_falls_to_the_row_for_the_rest() -> None:
    judged = _yellow(production_last=None)

    assert _order(judged)[:3] == ["collect", "reschedule", "extension"]


def test_advice_changes_with_the_cause_alone() -> None:
    loans = frame(*[loan()] * 3)
    told = estimates(*({"pd_ppm": 90_000, f"shap_{c}": 5} for c in ("timing", "shock", "willingness")))

    judged = judge(loans, RULES, estimated=told)

    assert judged["top_action"].to_list() == ["extension", "compensation", "credit_education"]


def test_a_cause_puts_its_actions_first_and_keeps_the_rest_in_order() -> None:
    judged = _yellow(illness_12m=1.0)

    assert _order(judged)[:5] == ["compensation", "extra_help", "extension", "collect", "reschedule"]


def test_a_refused_action_comes_last_with_its_clause() -> None:
    judged = _yellow(times_extended=1.0, illness_12m=1.0)

    assert _order(judged)[-1] == "extension"
    assert _of(judged, "extension")["eligibility"] == "refused"
    assert _of(judged, "extension")["clauses"] == ["extended_once"]


def test_every_clause_that_spoke_is_kept() -> None:
    renewal = _of(_yellow(times_renewed=1.0, production_last=0.0), "renewal")

    assert renewal["eligibility"] == "referred"
    assert renewal["clauses"] == ["renewed_once", "renewal_wants_production"]


def test_a_clause_that_allows_is_named_too() -> None:
    assert _of(_yellow(), "extra_help")["clauses"] == ["help_is_lawful"]


def test_a_rule_that_cannot_be_judged_refers() -> None:
    extension = _of(_yellow(times_extended=None), "extension")

    assert (extension["eligibility"], extension["clauses"]) == ("referred", ["extended_once"])


def test_a_rule_may_ignore_what_is_missing() -> None:
    assert _of(_yellow(bad_faith_open=None), "top_up")["eligibility"] == "allowed"


def test_a_referred_action_keeps_its_place_but_the_first_allowed_is_recommended() -> None:
    judged = _yellow(production_last=1.0, times_renewed=1.0)

    assert _order(judged)[0] == "renewal"
    assert judged["top_action"] == "extension"


def test_a_referred_restructuring_in_front_wants_a_second_person() -> None:
    assert _yellow(production_last=1.0, times_renewed=1.0)["second_person"]
    assert not _yellow(production_last=1.0, times_renewed=0.0)["second_person"]


@pytest.mark.parametrize(("effect", "top"), [("referred", "collect"), ("refused", "")])
def test_where_nothing_is_allowed_the_first_referred_is_recommended(effect: str, top: str) -> None:
    when = is_("amount_yuan", above=0)
    every = {
        f"no_{a.value}": entry({"action": a.value}, when=when, effect=effect, reference=CITED) for a in Action
    }

    assert judge_one(rules(action_rules=every))["top_action"] == top


def test_a_pack_without_an_action_table_keeps_the_declared_order() -> None:
    judged = judge_one(rules(situations={}, cause_advice={}), principal_days_late=2.0)

    assert _order(judged) == [action.value for action in Action]


def test_many_loans_are_judged_as_each_alone() -> None:
    differences: tuple[dict[str, Any], ...] = (
        {},
        {"illness_12m": 1.0, "days_since_visit": None},
        {"times_extended": 1.0, "production_last": 0.0},
        {"willingness_last": 0.0, "interest_days_late": 31.0},
        {"needs_funds_last": 1.0, "principal_days_late": 1.0},
    )
    told = [{"pd_ppm": 70_000 * i, "shap_income": i - 2} for i in range(len(differences))]

    together = judge(frame(*(loan(**d) for d in differences)), RULES, estimated=estimates(*told))

    alone = [
        judge(frame(loan(**d)), RULES, estimated=estimates(e)) for d, e in zip(differences, told, strict=True)
    ]
    assert together.drop("row").equals(pl.concat(alone).drop("row"))


def test_no_loans_give_no_rows_of_the_same_shape() -> None:
    some = judge(frame(loan()), RULES)

    none = judge(frame(loan()).clear(), RULES)

    assert none.is_empty()
    assert none.schema == some.schema
