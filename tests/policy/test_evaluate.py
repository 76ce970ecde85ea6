"""Outcomes of rules: the worst decides, what is missing refers, and all that spoke is kept."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.words import Action, Eligibility
from app.policy.evaluate import action_outcomes, outcomes, rules_on
from app.policy.policy import Rules, load
from app.policy.rules import Resolved
from app.policy.schema import Rule, RuleInForce

DAY = date(2023, 6, 1)
RULES = load("yanchi").at(DAY)
WORDS = {"registration"}
READ = sorted(
    frozenset[str]().union(
        *(r.now.when.features() for r in (*RULES.eligibility, *RULES.action_rules) if r.now.when)
    )
)
# A simulated applicant or loan against whom nothing speaks.
CLEAN: dict[str, Any] = dict.fromkeys(READ, 0.0) | {
    "amount_yuan": 50_000.0,
    "term_months": 12.0,
    "annual_rate_pct": 3.0,
    "borrower_age": 40.0,
    "registration": "lifted",
    "has_village": 1.0,
    "days_to_maturity": 30.0,
    "production_last": 2.0,
    "willingness_last": 2.0,
}


def _frame(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {name: pl.String if name in WORDS else pl.Float64 for name in READ}
    return pl.DataFrame([CLEAN | row for row in rows], schema=schema).with_row_index("row")


def _applied(**differences: Any) -> dict[str, Any]:
    return outcomes(RULES.eligibility, _frame(differences), RULES.parameters).row(0, named=True)


def _rule(code: str, effect: Eligibility, **more: Any) -> Resolved[Rule, RuleInForce]:
    reference = {"kind": "cited", "document": "d"}
    value = {"from": DAY, "effect": effect, "reference": reference, **more}
    entry = Rule.model_validate({"zh": code, "in_force": [value]})
    return Resolved(code, entry, entry.in_force[0])


def test_where_no_rule_speaks_the_household_is_admitted() -> None:
    said = _applied()

    assert said == {"eligibility": "allowed", "spoke": [], "unclear": [], "decided_by": []}


def test_the_worst_of_the_rules_decides_and_the_others_are_kept() -> None:
    said = _applied(amount_yuan=50_001.0, active_loans=1.0)

    assert said["eligibility"] == "refused"
    assert said["spoke"] == ["amount", "one_loan"]
    assert said["decided_by"] == ["amount"]


def test_a_missing_feature_refers_and_names_the_rule_that_is_unclear() -> None:
    said = _applied(borrower_age=None)

    assert said["eligibility"] == "referred"
    assert said["spoke"] == []
    assert said["decided_by"] == said["unclear"] == ["age_lower", "age_upper"]


def test_a_rule_that_ignores_what_is_missing_stays_silent() -> None:
    assert _applied(annual_rate_pct=None)["eligibility"] == "allowed"


def test_a_household_of_66_is_refused_by_its_age_and_one_of_65_is_not() -> None:
    assert _applied(borrower_age=65.0)["eligibility"] == "allowed"
    assert _applied(borrower_age=66.0)["decided_by"] == ["age_upper"]


def test_a_firm_may_use_no_loan_after_30_november_2017() -> None:
    frame, policy = _frame({"use_mode_firm": 1.0}), load("national")
    days = (date(2017, 11, 30), date(2017, 12, 1))

    before, after = (outcomes(policy.at(d).eligibility, frame, policy.at(d).parameters) for d in days)

    assert (before["eligibility"].item(), after["eligibility"].item()) == ("allowed", "refused")


def test_a_rule_without_condition_always_speaks() -> None:
    frame = pl.DataFrame({"row": [0, 1, 2]})

    said = outcomes((_rule("named", Eligibility.ALLOWED),), frame, {})

    assert said["spoke"].to_list() == [["named"]] * 3
    assert said["eligibility"].to_list() == ["allowed"] * 3


def test_no_rules_allow_everything() -> None:
    said = outcomes((), pl.DataFrame({"row": [0, 1]}), {})

    assert said["eligibility"].to_list() == ["allowed", "allowed"]


def test_no_rows_have_no_outcomes() -> None:
    assert outcomes(RULES.eligibility, _frame({}).clear(), RULES.parameters).height == 0
    assert action_outcomes(RULES, _frame({}).clear()).height == 0


def test_36_rules_are_told_apart() -> None:
    conditions = [{"feature": f"f{n}", "is": {"at_least": 1}} for n in range(36)]
    rules = tuple(_rule(f"r{n}", Eligibility.REFERRED, when=c) for n, c in enumerate(conditions))
    frame = pl.DataFrame(
        {"row": [0]} | {f"f{n}": [None if n % 3 == 0 else float(n % 3 == 1)] for n in range(36)}
    )
    typed = frame.with_columns(pl.exclude("row").cast(pl.Float64))

    said = outcomes(rules, typed, {}).row(0, named=True)

    assert said["unclear"] == [f"r{n}" for n in range(0, 36, 3)]
    assert said["spoke"] == [f"r{n}" for n in range(1, 36, 3)]


@pytest.mark.parametrize(
    ("differences", "action", "eligibility", "code"),
    [
        ({}, Action.EXTENSION, "allowed", "extension_named"),
        ({"days_to_maturity": -1.0}, Action.EXTENSION, "refused", "extension_before_maturity"),
        ({"days_to_maturity": 0.0}, Action.EXTENSION, "referred", "extension_on_maturity"),
        ({"times_extended": 1.0}, Action.EXTENSION, "referred", "extension_once"),
        ({"term_months": 36.0}, Action.EXTENSION, "referred", "extension_room"),
        ({"use_not_productive": 1.0}, Action.RENEWAL, "refused", "renewal_use"),
        ({"times_renewed": 1.0}, Action.RENEWAL, "referred", "renewal_once"),
        ({"household_balance_yuan": 100_000.0}, Action.TOP_UP, "refused", "top_up_total"),
        (
            {"principal_days_late": 90.0, "illness_12m": 1.0},
            Action.COMPENSATION,
            "allowed",
            "compensation_named",
        ),
        (
            {"principal_days_late": 89.0, "illness_12m": 1.0},
            Action.COMPENSATION,
            "referred",
            "compensation_days",
        ),
        ({"willingness_last": 0.0}, Action.COLLECT, "allowed", "collect_due"),
        ({"principal_days_late": 1.0, "willingness_last": 0.0}, Action.RECOVERY, "allowed", "recovery_named"),
    ],
)
def test_an_action_is_decided_by_its_clause(
    differences: dict[str, Any], action: Action, eligibility: str, code: str
) -> None:
    said = action_outcomes(RULES, _frame(differences)).filter(pl.col("action") == action.value)

    assert said["eligibility"].item() == eligibility
    assert code in said["decided_by"].item()


def test_every_action_has_a_row_for_every_row() -> None:
    said = action_outcomes(RULES, _frame({}, {}))

    assert said["action"].to_list() == [action.value for action in Action for _ in range(2)]


VALUES = st.fixed_dictionaries(
    {
        name: st.sampled_from(["lifted", "ordinary", None])
        if name in WORDS
        else st.sampled_from([None, -1.0, 0.0, 1.0, 2.0, 17.0, 18.0, 66.0, 90.0, 60_000.0, 120_000.0])
        for name in READ
    }
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(VALUES, min_size=1, max_size=6))
def test_many_rows_say_what_each_says_alone(rows: list[dict[str, Any]]) -> None:
    together = outcomes(RULES.eligibility, _frame(*rows), RULES.parameters)
    alone = [outcomes(RULES.eligibility, _frame(row), RULES.parameters) for row in rows]

    assert together.equals(pl.concat(alone))


@settings(max_examples=40, deadline=None)
@given(row=VALUES)
def test_the_rules_on_an_action_say_the_same_in_one_pass_as_alone(row: dict[str, Any]) -> None:
    passed = action_outcomes(RULES, _frame(row))

    for action in Action:
        alone = outcomes(rules_on(RULES, action), _frame(row), RULES.parameters)
        assert passed.filter(pl.col("action") == action.value).drop("action").equals(alone)


def _said_of(rules: Rules, row: dict[str, Any]) -> str:
    return str(outcomes(rules.eligibility, _frame(row), rules.parameters)["eligibility"].item())


@settings(max_examples=40, deadline=None)
@given(row=VALUES, name=st.sampled_from(READ))
def test_a_value_gone_missing_never_admits_a_household_that_was_referred(
    row: dict[str, Any], name: str
) -> None:
    before, after = _said_of(RULES, row), _said_of(RULES, row | {name: None})

    assert not (before == "referred" and after == "allowed") or name in {"annual_rate_pct", "term_months"}
