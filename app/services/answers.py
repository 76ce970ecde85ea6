"""Answers in words: one row of the assessments becomes what callers are told, every code explained."""

import json
from collections.abc import Mapping
from typing import Any, Final

from app.assessment import Basis
from app.domain.money import PPM
from app.domain.words import Action, Eligibility
from app.policy.policy import Rules
from app.services import opinions
from app.services.clauses import clause, clauses, find, word_of
from app.warning.recommendation import BY_RULE, SAVINGS
from app.warning.sentences import (
    Sentence,
    effect_sentence,
    evidence_sentence,
    guard_sentence,
    saving_sentence,
    trigger_sentence,
)

Told = dict[str, Any]
Row = Mapping[str, Any]


def application_answer(row: Row, rules: Rules, basis: Basis) -> Told:
    """This function will tell an appraised application: rating, estimate, eligibility, reasons."""
    payload = json.loads(row["payload"])
    return {
        "application_id": row["application_id"],
        **_shared(row, payload, rules, basis),
        "eligibility": _eligibility(row, payload, rules),
    }


def loan_answer(row: Row, rules: Rules, basis: Basis) -> Told:
    """This function will tell an assessed loan: light, reasons, causes and what to do."""
    payload = json.loads(row["payload"])
    return {
        "assessment_id": row["assessment_id"],
        "loan_id": row["loan_id"],
        **{name: row[name] for name in ("amount", "balance", "data_gap")},
        "days_to_maturity": int(row["days_to_maturity"]),
        "matures_on": row["matures_on"].isoformat(),
        **{name: row[name] for name in ("light", "trigger_light", "model_light")},
        "evidence": [_evidence(gap, rules) for gap in payload["data_gaps"]],
        "triggers": [_trigger(trigger, rules) for trigger in payload["triggers"]],
        "guards": [_guard(guard, rules) for guard in payload["guards"]],
        **_shared(row, payload, rules, basis),
        "actions": [_action(action, rules) for action in payload["actions"]],
        "top_action": row["top_action"] or None,
        "second_person": payload["second_person"],
        "reminders": [_reminder(step, rules) for step in payload["reminders"]],
        "next_change_on": row["next_change_on"] and row["next_change_on"].isoformat(),
    }


def _shared(row: Row, payload: Row, rules: Rules, basis: Basis) -> Told:
    return {
        "household_id": row["household_id"],
        "as_of": row["as_of"].isoformat(),
        "rating": opinions.rating(row, payload, rules),
        "pd": opinions.estimate(row, basis),
        "agreement": opinions.agreement(row, payload),
        "causes": opinions.causes(row, payload, rules, basis),
        "reasons": opinions.reasons(payload),
        "versions": opinions.versions(row, basis),
    }


def _eligibility(row: Row, payload: Row, rules: Rules) -> Told:
    spoke = [_rule(code, rules) for code in payload["eligibility_spoke"]]
    unclear = [_rule(code, rules, Eligibility.REFERRED) for code in payload["eligibility_unclear"]]
    return {"result": row["eligibility"], "rules": [*spoke, *unclear]}


def _rule(code: str, rules: Rules, effect: Eligibility | None = None) -> Told:
    found = find(rules, "eligibility", code)
    own = Eligibility.REFERRED if found is None else found.now.effect
    return {**clause(rules, "eligibility", code), "effect": (effect or own).value}


def _trigger(trigger: Row, rules: Rules) -> Told:
    found = find(rules, "triggers", trigger["code"])
    seen = {name: trigger[name] for name in ("light", "cause", "value", "threshold")}
    unit = "" if found is None else found.entry.unit
    said = trigger_sentence(trigger, rules)
    return {**clause(rules, "triggers", trigger["code"]), **_sentences(said), **seen, "unit": unit}


def _evidence(gap: Row, rules: Rules) -> Told:
    seen = {name: gap[name] for name in ("state", "age_days", "max_age_days")}
    return {**clause(rules, "evidence", gap["code"]), **_sentences(evidence_sentence(gap, rules)), **seen}


def _guard(guard: Row, rules: Rules) -> Told:
    said = _sentences(guard_sentence(guard, rules))
    return {**clause(rules, "guards", guard["code"]), **said, "light": guard["light"]}


def _sentences(sentence: Sentence) -> Told:
    return {"sentence_zh": sentence.zh, "sentence_en": sentence.en}


def _reminder(step: Row, rules: Rules) -> Told:
    labels = clause(rules, "reminders", step["code"])
    del labels["reference"]
    return {**labels, "due_on": step["due_on"], "formal": step["formal"]}


def _action(action: Row, rules: Rules) -> Told:
    return {
        "action": action["action"],
        "zh": word_of(Action, action["action"]).zh,
        "eligibility": action["eligibility"],
        "rank": action["rank"],
        "clauses": clauses(rules, "action_rules", action["clauses"]),
        "effect": _effect(action),
    }


_SHARES: Final = (("pd", "pd_ppm"), ("pd_low", "pd_low_ppm"), ("pd_high", "pd_high_ppm"))
_SAVINGS: Final = tuple((name.removesuffix("_fen"), name) for name in SAVINGS)
_LOSSES: Final = (("loss", "loss_fen"), ("loss_low", "loss_low_fen"), ("loss_high", "loss_high_fen"))


def _effect(action: Row) -> Told:
    known = action["pd_ppm"] is not None
    shares = {name: action[ppm] / PPM if known else None for name, ppm in _SHARES}
    losses = {name: action[fen] for name, fen in _LOSSES}
    said = _sentences(effect_sentence(action))
    return {
        **shares,
        **losses,
        "basis": action["basis"],
        "n": action["n"],
        **said,
        **{name: action.get(fen) for name, fen in _SAVINGS},
        "decided_by": action.get("decided_by", BY_RULE),
        **{f"decided_{name}": words for name, words in _sentences(saving_sentence(action)).items()},
    }
