"""Cases beside a pack: what its entries say of small examples, in pairs around every boundary.

A file `cases/<section>.yaml` maps the code of an entry to its cases. A case has a sentence as its name,
the days `on` which it holds, and either the `value` in force or rows of what is `given` (features; null or
left out means missing) and what the entry `says` of it. `figure: quoted` marks a figure that a document
prints; the others are derived.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, Self

import polars as pl
from pydantic import ValidationError, model_validator

from app.domain.words import Light
from app.policy.conditions import Condition
from app.policy.entries import Strict
from app.policy.merging import Source, invalid
from app.policy.mistakes import mistake
from app.policy.pack import SECTIONS
from app.policy.policy import Policy
from app.policy.reading import Line, read_yaml
from app.policy.rules import Resolved, Rules
from app.policy.schemes import DutyInForce

Answer = str | int | float | None
Given = dict[str, float | str | None]


class Row(Strict):
    """What is given, and what the entry says of it."""

    given: Given
    says: Answer


class Case(Strict):
    """One sentence about an entry, and the examples that hold it to that."""

    name: str
    on: tuple[date, ...]
    value: Answer | tuple[str, ...] = None
    rows: tuple[Row, ...] = ()
    figure: Literal["quoted", "derived"] = "derived"

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if not self.on or (self.value is None) == (not self.rows):
            raise mistake(zh="案例要有日期，并写 value 或 rows 之一", en="a case has days, and value or rows")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One example of a case under a policy, on a day: what was wanted and what was found."""

    section: str
    code: str
    case: Case
    day: date
    given: Given | None
    wanted: object
    found: object
    line: Line

    @property
    def holds(self) -> bool:
        """This function will tell whether the policy says what the case wants."""
        return self.wanted == self.found


def check_cases(policy: Policy, folder: Path) -> Iterator[Checked]:
    """This function will try all cases in a pack's folder on a policy, one example at a time.

    Raises PolicyError, with file and line, for a case that cannot be read or names no entry.
    """
    for file in sorted((folder / "cases").glob("*.yaml")):
        yield from _check_file(policy, file)


def _check_file(policy: Policy, file: Path) -> Iterator[Checked]:
    written = read_yaml(file)
    source = Source(policy.pack, written.lines)
    if file.stem not in SECTIONS or not isinstance(written.value, dict):
        raise source.line().error(
            zh="案例文件应以所属部分命名，内容为“代码: 案例”", en="a file of cases is named after a section"
        )
    for code, cases in written.value.items():
        for number, content in enumerate(cases):
            case = _case(content, source, code, number)
            yield from _check_case(policy, file.stem, code, case, source.line(code, number))


def _case(content: object, source: Source, code: str, number: int) -> Case:
    try:
        return Case.model_validate(content)
    except ValidationError as error:
        raise invalid(error, source.lines, at=(code, number)) from error


def _check_case(policy: Policy, section: str, code: str, case: Case, line: Line) -> Iterator[Checked]:
    for day in case.on:
        rules = policy.at(day)
        entry = _entry(rules, section, code)
        if entry is None:
            raise line.error(zh=f"{day} 没有“{code}”", en=f"there is no {code!r} on {day}")
        for given, wanted in _examples(case):
            found = _VALUES[section](entry) if given is None else _SAYS[section](entry, given, rules)
            yield Checked(
                section=section,
                code=code,
                case=case,
                day=day,
                given=given,
                wanted=wanted,
                found=found,
                line=line,
            )


def _examples(case: Case) -> Iterable[tuple[Given | None, object]]:
    return [(row.given, row.says) for row in case.rows] or [(None, case.value)]


def _entry(rules: Rules, section: str, code: str) -> Resolved[Any, Any] | None:
    entries = rules.parameter_entries if section == "parameters" else getattr(rules, section)
    return next((entry for entry in entries if entry.code == code), None)


# --- the value in force ---


def _duty(now: DutyInForce) -> str:
    day = f"{now.day}" if now.month is None else f"{now.month}-{now.day}"
    return f"{now.every} {day} x{now.times}"


_VALUES: Final[Mapping[str, Callable[[Resolved[Any, Any]], object]]] = {
    "regimes": lambda entry: entry.now.title_zh,
    "parameters": lambda entry: entry.now.value,
    "knowledge": lambda entry: entry.now.days,
    "parts": lambda entry: entry.now.points,
    "grades": lambda entry: entry.now.limit,
    "evidence": lambda entry: entry.now.max_age_days,
    "reminders": lambda entry: entry.now.days_before,
    "situations": lambda entry: tuple(action.value for action in entry.now.order),
    "cause_advice": lambda entry: tuple(action.value for action in entry.now.prefer),
    "ladder": lambda entry: entry.now.limit,
    "courses": lambda entry: tuple(step.code for step in entry.now.steps),
    "ways": lambda entry: "open" if entry.now.dividend_percent is None else entry.now.dividend_percent,
    "subsidies": lambda entry: entry.now.day_count,
    "funds": lambda entry: tuple(f"{bearer} {share:g}" for bearer, share in entry.now.shares.items()),
    "classes": lambda entry: entry.now.from_days_overdue,
    "duties": lambda entry: _duty(entry.now),
    "figures": lambda entry: entry.now.value,
    "identities": lambda entry: "holds" if entry.now.holds else "fails",
    "merits": lambda entry: entry.now.weight,
}


# --- what an entry says of an example ---


def _test(condition: Condition | None, given: Given, rules: Rules) -> bool | None:
    if condition is None:
        return True
    values = [_column(name, given.get(name), condition) for name in sorted(condition.features())]
    found = pl.DataFrame(values).select(condition.expression(rules.parameters)).item()
    return None if found is None else bool(found)


def _column(name: str, value: float | str | None, condition: Condition | None = None) -> pl.Series:
    text = isinstance(value, str) or (condition is not None and name in _words(condition))
    return pl.Series(name, [value], dtype=pl.String() if text else pl.Float64(), strict=False)


def _words(condition: Condition) -> frozenset[str]:
    own = {condition.feature} if any(isinstance(v, str) for v in condition.is_in or ()) else set()
    return frozenset(name for name in own if name).union(*(_words(inner) for inner in condition.inner))


def _rule(entry: Resolved[Any, Any], given: Given, rules: Rules) -> str:
    held = _test(entry.now.when, given, rules)
    if held is None:
        return "unclear" if entry.now.missing == "refer" else "silent"
    return str(entry.now.effect) if held else "silent"


def _trigger(entry: Resolved[Any, Any], given: Given, rules: Rules) -> str:
    if _test(entry.now.when, given, rules) is False:
        return Light.GREEN
    frame = pl.DataFrame([_column(entry.entry.feature, given.get(entry.entry.feature))])
    bounds = {Light.RED: entry.now.red, Light.YELLOW: entry.now.yellow}
    column = pl.col(entry.entry.feature)
    hits = (
        light
        for light, bound in bounds.items()
        if bound is not None and frame.select(bound.holds(column, rules.parameters)).item()
    )
    return next(hits, Light.GREEN)


def _evidence(entry: Resolved[Any, Any], given: Given, rules: Rules) -> str:
    if _test(entry.now.when, given, rules) is False:
        return "not_required"
    age = given.get(entry.entry.feature)
    return "fresh" if isinstance(age, int | float) and age <= entry.now.max_age_days else "stale"


def _holds(entry: Resolved[Any, Any], given: Given, rules: Rules) -> str:
    return "holds" if _test(entry.now.when, given, rules) else "silent"


def _class(entry: Resolved[Any, Any], given: Given, rules: Rules) -> str:
    late = float(given["days_overdue"] or 0) >= entry.now.from_days_overdue
    return "holds" if late and _test(entry.now.when, given, rules) else "silent"


def _points(entry: Resolved[Any, Any], given: Given, _: Rules) -> Answer:
    value = given.get(entry.entry.feature)
    if not isinstance(value, int | float):
        return str(entry.now.missing) if entry.now.missing == "refer" else int(entry.now.missing)
    below = (band.points for band in entry.now.points if band.below is None or value < band.below)
    return int(next(below))


def _stake(entry: Resolved[Any, Any], given: Given, _: Rules) -> Answer:
    amount = float(given["amount_yuan"] or 0)
    fitting = (b.share for b in entry.now.brackets if b.up_to is None or amount <= b.up_to)
    share: Answer = next(fitting)
    return share


def _grade(entry: Resolved[Any, Any], given: Given, rules: Rules) -> str:
    points = float(given["points"] or 0)
    reached = [grade for grade in rules.grades if points >= grade.now.at_least]
    best = max(reached, key=lambda grade: grade.now.at_least, default=None)
    return "granted" if best is entry else "silent"


_SAYS: Final[Mapping[str, Callable[[Resolved[Any, Any], Given, Rules], Answer]]] = {
    "eligibility": _rule,
    "action_rules": _rule,
    "triggers": _trigger,
    "evidence": _evidence,
    "indicators": _points,
    "grades": _grade,
    "situations": _holds,
    "recorded_causes": _holds,
    "guards": _holds,
    "stakes": _stake,
    "standings": _holds,
    "findings": _holds,
    "claim_rules": _rule,
    "classes": _class,
    "draw_rules": _rule,
    "subsidies": _holds,
}
