"""What stands behind a code of a policy pack: labels and where the rule comes from."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar

from app.domain.words import Word
from app.policy.policy import Resolved, Rules

Told = dict[str, Any]
W = TypeVar("W", bound=Word)


def word_of(words: type[W], value: str) -> W:
    """This function will find a fixed word by its code."""
    return next(word for word in words if word.value == value)


@lru_cache(maxsize=64)
def _by_code(rules: Rules, section: str) -> dict[str, Resolved[Any, Any]]:
    return {resolved.code: resolved for resolved in getattr(rules, section)}


def find(rules: Rules, section: str, code: str) -> Resolved[Any, Any] | None:
    """This function will find an entry in force; None when the pack no longer has it."""
    return _by_code(rules, section).get(code)


def clause(rules: Rules, section: str, code: str) -> Told:
    """This function will tell a rule: its code, labels and reference."""
    found = find(rules, section, code)
    if found is None:
        return {"code": code, "zh": code, "en": code, "reference": None}
    reference = found.now.reference.model_dump(mode="json")
    return {"code": code, "zh": found.entry.zh, "en": found.entry.en or code, "reference": reference}


def clauses(rules: Rules, section: str, codes: Iterable[str]) -> list[Told]:
    """This function will tell several rules of one section."""
    return [clause(rules, section, code) for code in codes]
