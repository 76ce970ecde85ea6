"""Numbers, bounds and conditions of a pack in plain words, Chinese and English side by side."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.domain.words import Word
from app.policy.conditions import Bound, Condition, Of, Scalar
from app.policy.rules import Resolved, Rules
from app.policy.schema import Parameter, ParameterInForce


class Text(NamedTuple):
    """The same words in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a column that conditions read is called, its unit, and the words that it holds if it holds any."""

    zh: str
    en: str
    unit: str = ""
    words: type[Word] | None = None


Labels = Mapping[str, Label]
NO_LABELS: Final[Labels] = MappingProxyType({})

_UNITS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "days": Text("天", " days"),
        "months": Text("个月", " months"),
        "years": Text("年", " years"),
        "yuan": Text("元", " yuan"),
        "fen": Text("分钱", " fen"),
        "times": Text("次", " times"),
        "points": Text("分", " points"),
        "households": Text("户", " households"),
        "persons": Text("人", " persons"),
        "people": Text("人", " people"),
        "loans": Text("笔", " loans"),
        "villages": Text("个村", " villages"),
        "mu": Text("亩", " mu"),
        "sources": Text("项", " sources"),
        "%": Text("%", "%"),
        "% a year": Text("%/年", " % a year"),
        "permille": Text("‰", " ‰"),
        "years of age": Text("岁", " years"),
        "times the fund": Text("倍", " times the fund"),
        "times the mean": Text("倍（相对均值）", " times the mean"),
        "visits": Text("次走访", " visits"),
        "letters": Text("个字", " letters"),
        "yuan a year": Text("元/年", " yuan a year"),
        "societies": Text("个", " societies"),
    }
)
_PLAIN: Final = frozenset(  # numbers that stand alone
    {"", "code", "count", "level", "answer", "flag", "difference", "slope", "index", "AUC"}
)
YES_NO_UNITS: Final = frozenset({"flag", "answer"})
_PARTS: Final = frozenset({"share", "ratio"})  # parts of one, shown in per cent
_DAY: Final = "yyyymmdd"
_YEAR: Final = "year"
_SIDES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "at_least": Text("不低于", "at least"),
        "above": Text("大于", "above"),
        "at_most": Text("不超过", "at most"),
        "below": Text("低于", "below"),
    }
)
YES: Final = Text("是", "yes")
NO: Final = Text("否", "no")
# Which answer a bound on a flag lets through, where it lets one through only.
_ANSWERS: Final[Mapping[tuple[str, float], Text]] = MappingProxyType(
    {
        ("at_least", 1): YES,
        ("above", 0): YES,
        ("equals", 1): YES,
        ("at_most", 0): NO,
        ("below", 1): NO,
        ("equals", 0): NO,
    }
)


def named(word: Word) -> Text:
    """This function will name a fixed word."""
    return Text(word.zh, word.value.replace("_", " "))


def joined(texts: Iterable[Text], zh: str = "；", en: str = "; ") -> Text:
    """This function will put texts after each other, leaving out empty ones."""
    parts = [text for text in texts if text.zh or text.en]
    return Text(zh.join(text.zh for text in parts), en.join(text.en for text in parts))


def plain(number: float) -> str:
    """This function will write a number with separated thousands and no needless zeros.

    >>> plain(50000), plain(0.125), plain(4.350)
    ('50,000', '0.125', '4.35')
    """
    return f"{number:,.0f}" if number == round(number) else f"{number:,.6f}".rstrip("0").rstrip(".")


def amount(number: float, unit: str = "") -> Text:
    """This function will write a number with its unit; a share from 0 to 1 in per cent, a day as a day."""
    if unit == _DAY:
        day = f"{number:.0f}"
        return Text(*(2 * (f"{day[:4]}-{day[4:6]}-{day[6:]}",)))
    if unit == _YEAR:
        return Text(f"{number:.0f}年", f"{number:.0f}")
    if unit in _PARTS:
        return Text(*(2 * (f"{plain(round(number * 100, 9))}%",)))
    after = Text("", "") if unit in _PLAIN else _UNITS.get(unit, Text(f" {unit}", f" {unit}"))
    english = after.en.removesuffix("s") if number == 1 else after.en
    return Text(plain(number) + after.zh, plain(number) + english)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Words for the rules of a day: what columns are called, and what parameters are worth."""

    labels: Labels
    parameters: Mapping[str, Resolved[Parameter, ParameterInForce]]

    @classmethod
    def of(cls, rules: Rules, labels: Labels) -> "Phrases":
        """This function will make the words for the rules in force on a day."""
        return cls(labels=labels, parameters={entry.code: entry for entry in rules.parameter_entries})

    def label(self, column: str) -> Label:
        """This function will find what a column is called; one without label is called by its name."""
        plain_name = column.replace("_", " ")
        return self.labels.get(column, Label(zh=column, en=plain_name))

    def column(self, name: str) -> Text:
        """This function will name a column."""
        found = self.label(name)
        return Text(found.zh, found.en)

    def condition(self, condition: Condition, *, inside: bool = False) -> Text:
        """This function will write a condition out; combined ones in brackets where they stand `inside`."""
        if condition.feature is not None:
            return self._test(condition, condition.feature)
        parts = [self.condition(part, inside=len(condition.inner) > 1) for part in condition.inner]
        zh, en = ("且", " and ") if condition.all_of is not None else ("或", " or ")
        whole = joined(parts, zh if inside else f"，{zh}", en)
        if condition.none_of is not None:
            return Text(f"并非（{whole.zh}）", f"not ({whole.en})")
        return Text(f"（{whole.zh}）", f"({whole.en})") if inside and len(parts) > 1 else whole

    def bound(self, bound: Bound, unit: str = "") -> Text:
        """This function will write the sides of a bound, without what is bounded."""
        if unit in YES_NO_UNITS and (answer := _answer(bound)) is not None:
            return Text(f"为{answer.zh}", answer.en)
        if bound.at_least is not None and bound.at_least == bound.at_most:
            exact = self._operand(bound.at_least, unit)
            return Text(f"为{exact.zh}", exact.en)
        sides = [
            Text(words.zh + value.zh, f"{words.en} {value.en}")
            for side, words in _SIDES.items()
            if (operand := getattr(bound, side)) is not None
            for value in [self._operand(operand, unit)]
        ]
        if bound.equals is not None:
            value = _scalar(bound.equals, Label(zh="", en="", unit=unit))
            sides.append(Text(f"为{value.zh}", value.en))
        return joined(sides, "且", " and ")

    def _test(self, condition: Condition, name: str) -> Text:
        label = self.label(name)
        said = self._said(condition, label)
        return Text(f"{label.zh}{said.zh}", f"{label.en}: {said.en}")

    def _said(self, condition: Condition, label: Label) -> Text:
        if condition.is_ is not None:
            return self.bound(condition.is_, label.unit)
        if condition.is_in is not None:
            one_of = joined((_scalar(value, label) for value in condition.is_in), "、", " or ")
            return Text(f"为{one_of.zh}", one_of.en)
        return Text("无资料", "not known") if condition.missing else Text("有资料", "known")

    def _operand(self, operand: float | Of, unit: str) -> Text:
        if not isinstance(operand, Of):
            return amount(operand, unit)
        found = self.parameters[operand.parameter]
        value = amount(found.now.value, found.entry.unit)
        english = found.entry.en or operand.parameter
        return Text(f"“{found.entry.zh}”（{value.zh}）", f"“{english}” ({value.en})")


def _answer(bound: Bound) -> Text | None:
    given = [(side, getattr(bound, side)) for side in (*_SIDES, "equals") if getattr(bound, side) is not None]
    side, value = given[0]
    return _ANSWERS.get((side, value)) if len(given) == 1 and not isinstance(value, Of | str) else None


def _scalar(value: Scalar, label: Label) -> Text:
    if isinstance(value, bool):
        return YES if value else NO
    if not isinstance(value, str):
        return amount(value, label.unit)
    found = next((word for word in label.words or () if word.value == value), None)
    return Text(value, value) if found is None else named(found)


Say = Callable[[Resolved[Any, Any], Phrases], Text]
