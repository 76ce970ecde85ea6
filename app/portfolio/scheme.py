"""What a portfolio function says when a pack has no rules of the kind that it needs."""

from datetime import date
from typing import Any

from app.domain.errors import PolicyError
from app.policy.rules import Resolved, Rules


class SchemeAbsentError(PolicyError):
    """A policy pack says nothing on a scheme on a day."""

    code = "scheme_absent"


def section(rules: Rules, name: str, *, as_of: date) -> tuple[Resolved[Any, Any], ...]:
    """This function will give a section's rules in force; raises SchemeAbsentError where there are none."""
    found: tuple[Resolved[Any, Any], ...] = getattr(rules, name)
    if not found:
        raise _absent(rules, name, as_of)
    return found


def parameter(rules: Rules, name: str, *, as_of: date) -> float:
    """This function will give a plain number of the pack; raises SchemeAbsentError where there is none."""
    if name not in rules.parameters:
        raise _absent(rules, f"parameters.{name}", as_of)
    return rules.parameters[name]


def _absent(rules: Rules, what: str, day: date) -> SchemeAbsentError:
    return SchemeAbsentError(
        zh=f"政策包“{rules.policy}”在 {day} 没有 {what} 的规定",
        en=f"the policy pack {rules.policy!r} says nothing on {what} on {day}",
        policy=rules.policy,
        day=day.isoformat(),
        section=what,
    )
