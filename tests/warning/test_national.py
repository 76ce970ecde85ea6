"""Hand-made loans (simulated) under the packs that ship."""

from typing import Any

import pytest

from app.domain.words import Action
from app.policy.policy import Rules, load
from app.warning.sentences import SECTIONS, clause_sentence, trigger_sentence
from tests.warning.simulated import AS_OF, CLEAN, WORDS, judge_one

PACKS = ("national", "yanchi")
NEAR: dict[str, Any] = {"days_to_maturity": 100.0}
DUE_SOON = {**NEAR, "days_to_maturity": 45.0}


@pytest.fixture(params=PACKS, name="in_force")
def _in_force(request: pytest.FixtureRequest) -> Rules:
    return load(str(request.param)).at(AS_OF)


def _codes(judged: dict[str, Any], column: str) -> set[str]:
    return {reason["code"] for reason in judged[column]}


def test_a_clean_loan_is_green_and_collected(in_force: Rules) -> None:
    judged = judge_one(in_force, **NEAR)

    assert (judged["light"], judged["data_gap"], judged["triggers"]) == ("green", False, [])
    assert (judged["top_action"], judged["top_cause"], judged["second_person"]) == ("collect", "", False)


@pytest.mark.parametrize(("days", "light"), [(7, "green"), (8, "yellow"), (30, "yellow"), (31, "red")])
def test_interest_overdue_turns_yellow_after_7_days_and_red_after_30(
    in_force: Rules, days: int, light: str
) -> None:
    assert judge_one(in_force, **NEAR, interest_days_late=float(days))["light"] == light


def test_one_day_of_overdue_principal_is_red(in_force: Rules) -> None:
    judged = judge_one(in_force, days_to_maturity=-1.0, principal_days_late=1.0)

    assert (judged["light"], _codes(judged, "triggers")) == ("red", {"principal_overdue"})


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ({"contact_lost": 1.0}, "contact_lost"),
        ({"death_24m": 1.0}, "death"),
        ({"misuse_found": 1.0}, "misuse"),
        ({"household_balance_yuan": 100_000.01}, "household_over_cap"),
        ({"use_mode_firm": 1.0}, "firm_use_forbidden"),
        ({"illness_12m": 1.0, "shock_loss_to_income_12m": 0.6}, "illness"),
    ],
)
def test_a_grave_fact_alone_is_red(in_force: Rules, fact: dict[str, float], code: str) -> None:
    judged = judge_one(in_force, **NEAR, **fact)

    assert judged["light"] == "red"
    assert _codes(judged, "triggers") == {code}


def test_a_loan_that_nobody_visited_is_yellow_with_a_data_gap(in_force: Rules) -> None:
    unseen = dict.fromkeys(("days_since_visit", "production_last", "willingness_last", "contact_lost"))

    judged = judge_one(in_force, **NEAR, **unseen)

    assert (judged["light"], judged["data_gap"], judged["top_cause"]) == ("yellow", True, "monitoring")
    assert _codes(judged, "data_gaps") == {"visit"}


def test_sound_production_that_needs_money_is_renewed_first(in_force: Rules) -> None:
    facts = {"production_last": 2.0, "needs_funds_last": 1.0, "income_change_yoy": -0.5}

    judged = judge_one(in_force, **NEAR, **facts)

    assert (judged["light"], judged["top_cause"]) == ("yellow", "income")
    assert judged["top_action"] == "renewal"


def test_poor_production_is_renewed_or_extended_before_it_is_helped(in_force: Rules) -> None:
    judged = judge_one(in_force, **DUE_SOON, production_last=1.0)

    assert judged["light"] == "yellow"
    assert [action["action"] for action in judged["actions"]][:3] == ["renewal", "extension", "extra_help"]


def test_where_renewal_and_extension_want_a_person_extra_help_is_recommended(in_force: Rules) -> None:
    judged = judge_one(in_force, **DUE_SOON, production_last=1.0, times_renewed=1.0, times_extended=1.0)

    by_action = {action["action"]: action["eligibility"] for action in judged["actions"]}
    assert (by_action["renewal"], by_action["extension"]) == ("referred", "referred")
    assert (judged["top_action"], judged["second_person"]) == ("extra_help", True)


def test_an_illness_leads_to_compensation_help_and_extension_in_this_order(in_force: Rules) -> None:
    judged = judge_one(in_force, **NEAR, illness_12m=1.0, shock_loss_to_income_12m=0.3)

    assert (judged["light"], judged["top_cause"]) == ("yellow", "shock")
    assert [action["action"] for action in judged["actions"]][:3] == [
        "compensation",
        "extra_help",
        "extension",
    ]
    assert judged["top_action"] == "extra_help"  # compensation is referred: nothing is overdue yet


def test_an_unwilling_borrower_is_educated_first(in_force: Rules) -> None:
    judged = judge_one(in_force, **NEAR, willingness_last=0.0)

    assert (judged["light"], judged["top_cause"]) == ("red", "willingness")
    assert judged["top_action"] == "credit_education"


def test_stalled_production_wants_a_second_person_and_refers_renewal(in_force: Rules) -> None:
    judged = judge_one(in_force, **NEAR, production_last=0.0)

    renewal = next(action for action in judged["actions"] if action["action"] == "renewal")
    assert judged["second_person"]
    assert renewal["eligibility"] == "referred"
    assert "renewal_production" in renewal["clauses"]


def test_after_maturity_an_extension_is_refused_by_its_clause(in_force: Rules) -> None:
    judged = judge_one(in_force, days_to_maturity=-1.0, principal_days_late=1.0)

    last = judged["actions"][-1]
    assert (last["action"], last["eligibility"]) == ("extension", "refused")
    assert "extension_before_maturity" in last["clauses"]


def test_every_action_names_the_clause_that_allows_it(in_force: Rules) -> None:
    judged = judge_one(in_force, **NEAR)

    assert {a["action"] for a in judged["actions"] if a["clauses"]} == {action.value for action in Action}


@pytest.mark.parametrize("feature", sorted(set(CLEAN) - WORDS))
def test_a_feature_that_is_not_known_stops_no_judgement(in_force: Rules, feature: str) -> None:
    judged = judge_one(in_force, **(NEAR | {feature: None}))

    assert len(judged["actions"]) == len(Action)


def test_every_reason_has_a_sentence_in_both_languages(in_force: Rules) -> None:
    judged = judge_one(in_force, **NEAR, interest_days_late=31.0, production_last=0.0)

    said = [trigger_sentence(hit, in_force) for hit in judged["triggers"]]
    said += [clause_sentence(code, in_force) for action in judged["actions"] for code in action["clauses"]]
    assert all(s.zh and s.en and s.zh != s.en and s.reference for s in said)
    assert set(SECTIONS) <= set(dir(in_force))
