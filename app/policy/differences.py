"""What two packs say differently: entry by entry, on a day each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.policy.pack import SECTIONS
from app.policy.phrases import NO_LABELS, Labels
from app.policy.policy import Policy
from app.policy.presentation import RuleRow, entries_of, rule_rows
from app.policy.rules import Resolved

Key = tuple[str, str]  # section and code


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An entry that two packs do not share: what each says of it, None where one has no such entry."""

    section: str
    code: str
    before: RuleRow | None
    after: RuleRow | None


def differences(
    before: Policy, day: date, after: Policy, other_day: date, labels: Labels = NO_LABELS
) -> tuple[Difference, ...]:
    """This function will list the entries in force that differ in what they say, in the order of sections.

    A difference only of dates, references or English labels is none. Raises NoRulesInForceError.
    """
    ours, theirs = _contents(before, day), _contents(after, other_day)
    old, new = _rows(before, day, labels), _rows(after, other_day, labels)
    keys = sorted(ours.keys() | theirs.keys(), key=lambda key: (SECTIONS.index(key[0]), key[1]))
    return tuple(
        Difference(section=key[0], code=key[1], before=old.get(key), after=new.get(key))
        for key in keys
        if ours.get(key) != theirs.get(key)
    )


def _rows(policy: Policy, day: date, labels: Labels) -> Mapping[Key, RuleRow]:
    return {(row.section, row.code): row for row in rule_rows(policy, day, labels)}


def _contents(policy: Policy, day: date) -> Mapping[Key, object]:
    rules = policy.at(day)
    return {(s, entry.code): _content(entry) for s in SECTIONS for entry in entries_of(rules, s)}


def _content(resolved: Resolved[Any, Any]) -> tuple[object, object]:
    fixed = resolved.entry.model_dump(exclude={"in_force", "en"})
    dated = resolved.now.model_dump(exclude={"from_", "to", "reference"})
    return fixed, dated
