"""Plain sentences, in Chinese and English, for the codes and values that a judgement holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from app.domain.money import PPM, yuan_text
from app.domain.words import Action, Cause, Light
from app.policy.conditions import Bound, Of
from app.policy.entries import Reference, ReferenceKind
from app.policy.policy import Resolved, Rules
from app.warning.effects import ESTIMATE

SECTIONS: Final = ("triggers", "evidence", "guards", "recorded_causes", "action_rules")
_UNITS: Final = {  # zh, en
    "days": ("天", " days"),
    "times": ("次", " times"),
    "yuan": ("元", " yuan"),
    "months": ("个月", " months"),
    "share": ("%", "%"),
}
_SIDES: Final = {  # zh, en
    "at_least": ("达到", "at least"),
    "above": ("超过", "above"),
    "at_most": ("不高于", "at most"),
    "below": ("低于", "below"),
}
_KINDS: Final = {
    ReferenceKind.CITED: ("依据", "according to"),
    ReferenceKind.DERIVED: ("据以推算", "derived from"),
    ReferenceKind.DESIGN: ("本系统设定，非政策原文", "a design of this system, not printed policy"),
    ReferenceKind.UNVERIFIED: ("未经核实", "unverified"),
}
_BASES: Final = {
    "recorded": ("有记录的事实：", "a recorded fact: "),
    "trigger": ("规则触发：", "a trigger: "),
    "evidence": ("贷后资料缺失或过期：", "evidence missing or stale: "),
}
_CLEAR: Final = ("推高了违约概率估计（不等于查明的原因）", "it raised the estimate (which proves no cause)")
_CLOSE: Final = (
    "推高了违约概率估计，但与其他成因难分主次，须入户核实（不等于查明的原因）",
    "it raised the estimate, yet not clearly more than others: ask on a visit (it proves no cause)",
)
_EVIDENCE: Final = {  # what an expected effect rests on, where that must be said: zh, en
    "simulation": (
        "（依据{n}笔模拟贷款估计，并非真实贷款）",
        " (estimated from {n} simulated loans, no real ones)",
    )
}
_STATES: Final = {"missing": ("没有记录", "there is none on record"), "stale": ("已过期", "it is stale")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence in both languages and the reference behind it, if it has one."""

    zh: str
    en: str
    reference: Reference | None = None


def trigger_sentence(hit: Mapping[str, Any], rules: Rules) -> Sentence:
    """This function will say what a trigger saw, against which bound, and the light that follows."""
    found = _found(rules, "triggers", hit["code"])
    if found is None:
        return _bare(hit["code"])
    light = Light(hit["light"])  # type: ignore[call-arg]  # by value
    bound = found.now.red if light is Light.RED else found.now.yellow
    zh, en = _compared(hit["value"], bound, found.entry.unit, rules.parameters)
    return Sentence(
        zh=f"{found.entry.zh}{zh}：{light.zh}。",
        en=f"{_english(found)}{en}: {light.value}.",
        reference=found.now.reference,
    )


def evidence_sentence(gap: Mapping[str, Any], rules: Rules) -> Sentence:
    """This function will say which evidence is missing or stale, and how old it may be."""
    found = _found(rules, "evidence", gap["code"])
    if found is None:
        return _bare(gap["code"])
    zh, en = _STATES[gap["state"]]
    if gap["age_days"] is not None:
        zh, en = f"{zh}，距今{_number(gap['age_days'])}天", f"{en}, {_number(gap['age_days'])} days old"
    return Sentence(
        zh=f"{found.entry.zh}{zh}（最长{gap['max_age_days']}天），不能评为绿灯。",
        en=f"{_english(found)}: {en} ({gap['max_age_days']} days at most), so the light is not green.",
        reference=found.now.reference,
    )


def guard_sentence(guard: Mapping[str, Any], rules: Rules) -> Sentence:
    """This function will say which guard keeps the light on, and whether a second person must look."""
    found = _found(rules, "guards", guard["code"])
    if found is None:
        return _bare(guard["code"])
    light = found.now.at_least
    zh, en = ("，须双人复核", ", and a second person looks") if found.now.second_person else ("", "")
    return Sentence(
        zh=f"{found.entry.zh}：至少为{light.zh}{zh}。",
        en=f"{_english(found)}: {light.value} at least{en}.",
        reference=found.now.reference,
    )


def model_sentence(*, pd_ppm: int | None, threshold_ppm: int | None) -> Sentence:
    """This function will say what the learned opinion estimates, and which threshold that met."""
    if pd_ppm is None:
        zh, en = "不在估计范围内，只由规则判断。", "Outside the range of the estimate: only the rules speak."
        return Sentence(zh=zh, en=en)
    zh, en = f"违约概率估计为{_per_cent(pd_ppm)}", f"The probability of default is put at {_per_cent(pd_ppm)}"
    if threshold_ppm is not None:
        zh, en = f"{zh}，达到界限{_per_cent(threshold_ppm)}", f"{en}, at or above {_per_cent(threshold_ppm)}"
    return Sentence(zh=f"{zh}。", en=f"{en}.")


def cause_sentence(cause: Mapping[str, Any], rules: Rules, *, sure: bool = True) -> Sentence:
    """This function will name a cause and what speaks for it; the estimate is no proof of a cause.

    A cause that is not `sure` is said to be hard to tell from others.
    """
    label, english = Cause(cause["cause"]).zh, cause["cause"].replace("_", " ")  # type: ignore[call-arg]
    if cause["basis"] == ESTIMATE:
        zh, en = _CLEAR if sure else _CLOSE
        return Sentence(zh=f"{label}：{zh}。", en=f"{english}: {en}.")
    section = {"recorded": "recorded_causes", "trigger": "triggers", "evidence": "evidence"}[cause["basis"]]
    found = _found(rules, section, cause["code"])
    zh, en = _BASES[cause["basis"]]
    said = (found.entry.zh, _english(found)) if found else (cause["code"], cause["code"])
    reference = found.now.reference if found else None
    return Sentence(zh=f"{label}：{zh}{said[0]}。", en=f"{english}: {en}{said[1]}.", reference=reference)


def clause_sentence(code: str, rules: Rules) -> Sentence:
    """This function will say what a rule on an action asks for, with the clause behind it."""
    found = _found(rules, "action_rules", code)
    if found is None:
        return _bare(code)
    effect = found.now.effect
    return Sentence(
        zh=f"{found.entry.zh}（{effect.zh}）。",
        en=f"{_english(found)} ({effect.value}).",
        reference=found.now.reference,
    )


def effect_sentence(action: Mapping[str, Any]) -> Sentence:
    """This function will say what an action is expected to change, or that no evidence speaks."""
    label = Action(action["action"]).zh  # type: ignore[call-arg]
    name = action["action"].replace("_", " ")
    if action["pd_ppm"] is None:
        return Sentence(
            zh=f"{label}：没有效果数据，由规则决定。",
            en=f"{name}: there is no evidence of its effect; the rule decided.",
        )
    chance, loss = _per_cent(action["pd_ppm"]), yuan_text(action["loss_fen"])
    low, high = (
        _per_cent(action[c]) if action[c] is not None else "?" for c in ("pd_low_ppm", "pd_high_ppm")
    )
    zh, en = (said.format(n=action["n"]) for said in _EVIDENCE.get(action["basis"], ("", "")))
    return Sentence(
        zh=f"{label}：违约概率预计{chance}（{low}至{high}），预计损失{loss}元{zh}。",
        en=f"{name}: default is expected at {chance} ({low} to {high}), the loss at {loss} yuan{en}.",
    )


def saving_sentence(action: Mapping[str, Any]) -> Sentence:
    """This function will say whether what an action saves, or the rule, decided its place."""
    label, name = Action(action["action"]).zh, action["action"].replace("_", " ")  # type: ignore[call-arg]
    if action["action"] == Action.COLLECT.value or action.get("saving_fen") is None:
        return Sentence(zh=f"{label}：次序由规则决定。", en=f"{name}: the rule decided its place.")
    low, point, high = (yuan_text(action[c]) for c in ("saving_low_fen", "saving_fen", "saving_high_fen"))
    zh = f"{label}：与到期收回相比，预计少损失{point}元（{low}至{high}）"
    en = f"{name}: against collecting it is expected to save {point} yuan ({low} to {high})"
    if action["decided_by"] == "effect":
        return Sentence(zh=f"{zh}，次序由预计损失决定。", en=f"{en}; the expected loss decided its place.")
    return Sentence(
        zh=f"{zh}，区间含零，次序由规则决定。",
        en=f"{en}; that may be nothing, so the rule decided its place.",
    )


def reference_sentence(reference: Reference) -> Sentence:
    """This function will say where a value comes from, and plainly so where no document states it."""
    zh, en = _KINDS[reference.kind]
    source = " ".join(part for part in (reference.document, reference.clause) if part)
    if not source:
        return Sentence(zh=f"{zh}。", en=f"{en}.", reference=reference)
    return Sentence(zh=f"{zh}：{source}。", en=f"{en}: {source}.", reference=reference)


@cache
def _index(rules: Rules) -> Mapping[tuple[str, str], Resolved[Any, Any]]:
    return {(section, entry.code): entry for section in SECTIONS for entry in getattr(rules, section)}


def _found(rules: Rules, section: str, code: str) -> Resolved[Any, Any] | None:
    return _index(rules).get((section, code))


def _bare(code: str) -> Sentence:
    """A code that these rules do not know is shown as it is: an old assessment stays readable."""
    return Sentence(zh=code, en=code)


def _english(found: Resolved[Any, Any]) -> str:
    label: str = found.entry.en or found.entry.zh
    return label


def _compared(
    value: float | None, bound: Bound | None, unit: str, parameters: Mapping[str, float]
) -> tuple[str, str]:
    """What was seen and the sides of the bound; nothing for a flag, whose label says it all."""
    if value is None or bound is None or not unit:
        return "", ""
    seen_zh, seen_en = _with_unit(value, unit)
    sides = [
        (text, getattr(bound, side)) for side, text in _SIDES.items() if getattr(bound, side) is not None
    ]
    numbers = [(text, _with_unit(_resolved(side, parameters), unit)) for text, side in sides]
    zh = "且".join(f"{text[0]}{number[0]}" for text, number in numbers)
    en = " and ".join(f"{text[1]} {number[1]}" for text, number in numbers)
    return f"{seen_zh}，{zh}", f" {seen_en}, {en}"


def _resolved(operand: float | Of, parameters: Mapping[str, float]) -> float:
    return parameters[operand.parameter] if isinstance(operand, Of) else operand


def _with_unit(value: float, unit: str) -> tuple[str, str]:
    zh, en = _UNITS.get(unit, (unit, f" {unit}"))
    number = _number(value * 100) if unit == "share" else _number(value)
    return f"{number}{zh}", f"{number}{en}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _per_cent(ppm: int) -> str:
    return f"{100 * ppm / PPM:.1f}%"
