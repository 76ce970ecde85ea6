"""What the entries of the common sections say, in plain words: rating, eligibility, warning, actions."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from app.domain.words import Light, Word
from app.policy.conditions import Bound, Condition
from app.policy.phrases import NO, YES, YES_NO_UNITS, Phrases, Say, Text, amount, joined, named, plain
from app.policy.rules import Resolved
from app.policy.schema import Band

_NOTHING: Final = Text("", "")
_ALWAYS: Final = Text("一律", "always")
_UNKNOWN: Final = {  # what a rule does where it cannot tell
    "refer": Text("无资料时转人工", "referred where it is not known"),
    "ignore": Text("无资料时不适用", "silent where it is not known"),
}

_REMINDED: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "borrower": Text("借款人", "borrower"),
        "township": Text("乡镇", "township"),
        "village": Text("村", "village"),
        "bank": Text("银行", "bank"),
        "county": Text("县", "county"),
        "list": Text("到期清单", "list"),
        "notice": Text("到期提示", "notice"),
        "written_notice": Text("书面通知", "written notice"),
        "visit": Text("上门走访", "visit"),
        "assessment": Text("研判", "assessment"),
        "urging": Text("督促催收", "urging"),
    }
)


def rule_text(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    """This function will say a rule: its condition, what follows, and what follows where it is not known."""
    now = resolved.now
    effect = named(now.effect)
    when = _ALWAYS if now.when is None else phrases.condition(now.when)
    unknown = _NOTHING if now.when is None else _UNKNOWN[now.missing]
    return joined([Text(f"{when.zh} → {effect.zh}", f"{when.en} → {effect.en}"), unknown])


def condition_text(condition: Condition | None, phrases: Phrases) -> Text:
    """This function will say a condition; nothing where there is none."""
    return _NOTHING if condition is None else phrases.condition(condition)


def sequence(words: Iterable[Word]) -> Text:
    """This function will name words in order."""
    return joined((named(word) for word in words), " → ", " → ")


def _regime(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    return Text(resolved.now.title_zh, resolved.now.title_en)


def _parameter(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    return amount(resolved.now.value, resolved.entry.unit)


def _lag(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    if not resolved.now.days:
        return Text("发生当天视为已知", "taken as known on the day it happened")
    days = amount(resolved.now.days, "days")
    return Text(f"发生后{days.zh}视为已知", f"taken as known {days.en} after it happened")


def _part(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    return Text(f"最高{resolved.now.points}分", f"at most {resolved.now.points} points")


def _indicator(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    label = phrases.label(resolved.entry.feature)
    unit = resolved.entry.unit or label.unit
    bands = joined(_band(band, unit) for band in resolved.now.points)
    missing = resolved.now.missing
    unknown = _UNKNOWN["refer"] if missing == "refer" else Text(f"缺失 {missing}分", f"not known {missing}")
    said = joined([bands, unknown])
    return Text(f"{label.zh}：{said.zh}", f"{label.en}: {said.en}")


def _band(band: Band, unit: str) -> Text:
    points = amount(band.points, "points")
    if unit in YES_NO_UNITS:
        answer = YES if band.below is None else NO
        return Text(f"{answer.zh} {points.zh}", f"{answer.en} {points.en}")
    if band.below is None:
        return Text(f"其余 {points.zh}", f"else {points.en}")
    bound = amount(band.below, unit)
    return Text(f"低于{bound.zh} {points.zh}", f"below {bound.en} {points.en}")


def _grade(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    now = resolved.now
    least, limit, off = plain(now.at_least), plain(now.limit), plain(now.rate_discount)
    said = Text(f"{least}分起，额度{limit}元", f"from {least} points, up to {limit} yuan")
    if not now.rate_discount:
        return said
    return joined([said, Text(f"利率低{off}个百分点", f"rate lower by {off} percentage points")], "，", ", ")


def _trigger(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    now, entry = resolved.now, resolved.entry
    label = phrases.label(entry.feature)
    unit = entry.unit or label.unit
    bounds: Mapping[Light, Bound | None] = {Light.RED: now.red, Light.YELLOW: now.yellow}
    lights = joined(
        Text(f"{label.zh}{said.zh} → {light.zh}", f"{label.en}: {said.en} → {light.value}")
        for light, bound in bounds.items()
        if bound is not None
        for said in [phrases.bound(bound, unit)]
    )
    return _narrowed(lights, now.when, phrases)


def _narrowed(said: Text, when: Condition | None, phrases: Phrases) -> Text:
    if when is None:
        return said
    only = phrases.condition(when)
    return Text(f"{said.zh}（仅限：{only.zh}）", f"{said.en} (only where {only.en})")


def _evidence(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    days = resolved.now.max_age_days
    return _narrowed(
        Text(f"须有且不早于{days}天前", f"required, at most {days} days old"), resolved.now.when, phrases
    )


def _reminder(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    now = resolved.now
    said = Text(f"到期前{now.days_before}天", f"{now.days_before} days before maturity")
    who, form = (_REMINDED.get(code, Text(code, code)) for code in (now.addressee, now.form))
    formal = Text("正式研判", "the assessment of record") if now.formal else _NOTHING
    return joined([said, who, form, formal], "，", ", ")


def _situation(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    return _then(condition_text(resolved.now.when, phrases), sequence(resolved.now.order))


def _then(when: Text, what: Text) -> Text:
    if not when.zh:
        return Text(f"其余：{what.zh}", f"otherwise: {what.en}")
    return Text(f"{when.zh}：{what.zh}", f"{when.en}: {what.en}")


def _recorded_cause(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    return _then(phrases.condition(resolved.now.when), named(resolved.entry.cause))


def _cause_advice(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    cause, first = named(resolved.entry.cause), sequence(resolved.now.prefer)
    if not first.zh:
        return Text(f"{cause.zh}：不改变顺序", f"{cause.en}: no change of the order")
    return Text(f"{cause.zh}：优先{first.zh}", f"{cause.en}: first {first.en}")


def _guard(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    now = resolved.now
    light, when = now.at_least, phrases.condition(now.when)
    said = Text(f"{when.zh} → 至少{light.zh}", f"{when.en} → at least {light.value}")
    second = Text("须第二人复核", "a second person must look")
    return joined([said, second if now.second_person else _NOTHING])


ENTRY_TEXTS: Final[Mapping[str, Say]] = MappingProxyType(
    {
        "regimes": _regime,
        "parameters": _parameter,
        "knowledge": _lag,
        "parts": _part,
        "indicators": _indicator,
        "grades": _grade,
        "eligibility": rule_text,
        "triggers": _trigger,
        "evidence": _evidence,
        "reminders": _reminder,
        "action_rules": rule_text,
        "situations": _situation,
        "recorded_causes": _recorded_cause,
        "cause_advice": _cause_advice,
        "guards": _guard,
    }
)
