"""The order of actions follows what they save where that is known, and the rules elsewhere."""

from typing import Any

import polars as pl
import pytest

from app.domain.effects import GROUP_SCHEMA, MEASURES
from app.domain.groups import GroupEffects, Groups
from app.domain.words import Action
from app.warning.sentences import saving_sentence
from tests.warning.simulated import SMALL, entry, estimates, frame, judge, loan, rules

WEIGHTS = {
    "advice_bad_record": 5_000,
    "advice_failed_continuation": 3_000,
    "advice_visit": 100,
    "advice_cost_credit_education": 200,
    "advice_visits_credit_education": 1,
}
RULES = rules(
    parameters=SMALL["parameters"] | {n: entry({"unit": "yuan"}, value=v) for n, v in WEIGHTS.items()}
)
SAVES = {"lost": (-0.05, -0.06, -0.04)}  # of a balance of 50 000 yuan: 2 500, less cost and visit
UNSURE = {"lost": (-0.05, -0.10, 0.02)}
COSTS = {"lost": (0.03, 0.02, 0.04)}
ONE_GROUP = Groups(
    names=("pd_ppm",), scales=(1e-6,), feature=(-1,), threshold=(0.0,), left=(-1,), right=(-1,)
)


def _groups(**said: dict[str, tuple[float, float, float]]) -> GroupEffects:
    """One group of all loans; actions that nothing is said of cost beyond doubt."""
    rows = []
    for action in Action:
        known = said.get(action.value, {} if action is Action.COLLECT else {"lost": (0.5, 0.4, 0.6)})
        row: dict[str, Any] = {"group": 0, "action": action.value, "n": 500}
        for name in MEASURES:
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), known.get(name, (0.0,) * 3), strict=True))
        rows.append(row)
    return GroupEffects(groups=ONE_GROUP, rows=pl.DataFrame(rows, schema=GROUP_SCHEMA))


def _judged(groups: GroupEffects | None, pd_ppm: int | None = 90_000, **differences: Any) -> dict[str, Any]:
    told = estimates({"pd_ppm": pd_ppm, "shap_timing": 5})
    return judge(frame(loan(**differences)), RULES, estimated=told, groups=groups).row(0, named=True)


def _of(judged: dict[str, Any], action: str) -> dict[str, Any]:
    return next(a for a in judged["actions"] if a["action"] == action)


def test_what_saves_beyond_doubt_comes_first_whatever_the_cause_prefers() -> None:
    judged = _judged(_groups(credit_education=SAVES))

    assert judged["top_action"] == "credit_education"
    assert _of(judged, "credit_education")["saving_fen"] == 220_000
    assert _of(judged, "credit_education")["decided_by"] == "effect"


def test_what_may_save_nothing_is_left_to_the_rules() -> None:
    judged = _judged(_groups(credit_education=UNSURE, extension=UNSURE))

    assert [a["action"] for a in judged["actions"]][:3] == ["extension", "collect", "credit_education"]
    assert _of(judged, "extension")["decided_by"] == "rule"


def test_what_costs_beyond_doubt_comes_after_collecting() -> None:
    judged = _judged(_groups(extension=COSTS))

    assert judged["top_action"] == "collect"
    assert _of(judged, "extension")["decided_by"] == "effect"
    assert _of(judged, "extension")["saving_fen"] == -150_000


def test_of_two_that_save_the_one_that_saves_more_is_first() -> None:
    judged = _judged(_groups(credit_education=SAVES, reschedule={"lost": (-0.2, -0.3, -0.1)}))

    assert [a["action"] for a in judged["actions"]][:2] == ["reschedule", "credit_education"]


def test_a_refused_action_stays_last_however_much_it_saves() -> None:
    judged = _judged(_groups(extension=SAVES), times_extended=1.0)

    assert judged["actions"][-1]["action"] == "extension"


def test_a_green_loan_is_collected_first_even_where_something_saves() -> None:
    judged = _judged(_groups(credit_education=SAVES), pd_ppm=10_000)

    assert (judged["light"], judged["top_action"]) == ("green", "collect")


@pytest.mark.parametrize(("groups", "pd_ppm"), [(None, 90_000), (_groups(credit_education=SAVES), None)])
def test_without_evidence_or_estimate_the_rules_decide(
    groups: GroupEffects | None, pd_ppm: int | None
) -> None:
    judged = _judged(groups, pd_ppm, production_last=1.0, principal_days_late=2.0)

    assert [a["action"] for a in judged["actions"]][:2] == ["extension", "renewal"]
    assert {a["decided_by"] for a in judged["actions"]} == {"rule"}
    assert {a["saving_fen"] for a in judged["actions"]} == {None}


def test_a_pack_without_weights_leaves_the_rules_alone() -> None:
    told = estimates({"pd_ppm": 90_000, "shap_timing": 5})

    judged = judge(frame(loan()), rules(), estimated=told, groups=_groups(credit_education=SAVES))

    assert judged["top_action"].to_list() == ["extension"]


def test_a_continued_loan_counts_its_later_failure_and_a_bad_record_its_weight() -> None:
    change = {"bad_record": (-0.1, -0.1, -0.1), "failed": (0.2, 0.2, 0.2)}

    judged = _judged(_groups(extension=change, reschedule=change))

    assert _of(judged, "extension")["saving_fen"] == 50_000 - 60_000
    assert _of(judged, "reschedule")["saving_fen"] == 50_000


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (SAVES, "the expected loss decided its place"),
        (UNSURE, "that may be nothing, so the rule decided its place"),
        (COSTS, "the expected loss decided its place"),
    ],
)
def test_the_sentence_says_which_decided(said: dict[str, tuple[float, float, float]], words: str) -> None:
    action = _of(_judged(_groups(extension=said)), "extension")

    sentence = saving_sentence(action)

    assert words in sentence.en
    assert ("由规则决定" in sentence.zh) == (said is UNSURE)


def test_without_evidence_the_sentence_names_the_rule() -> None:
    action = _of(_judged(None), "extension")

    assert saving_sentence(action).en == "extension: the rule decided its place."
