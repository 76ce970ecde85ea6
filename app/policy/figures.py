"""A document's printed figures held against its own arithmetic; nothing here feeds a decision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from math import prod
from operator import truediv
from types import MappingProxyType
from typing import Final

from app.policy.entries import Reference
from app.policy.rules import Resolved, Rules
from app.policy.schemes import Figure, FigureInForce, Identity, IdentityInForce

Figures = Mapping[str, Resolved[Figure, FigureInForce]]
_ONE: Final = Decimal(1)
# A ratio divides its first term by each of the others in turn.
_OPERATIONS: Final[Mapping[str, Callable[[Sequence[Decimal]], Decimal]]] = MappingProxyType(
    {
        "sum": lambda terms: sum(terms, Decimal(0)),
        "product": lambda terms: prod(terms, start=_ONE),
        "ratio": lambda terms: reduce(truediv, terms),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityValue:
    """What an identity gives, rounded to its unit, beside the figure that the document prints."""

    code: str
    zh: str
    en: str
    unit: str
    computed: Decimal
    printed: Decimal
    holds: bool
    reference: Reference

    @property
    def difference(self) -> Decimal:
        """This function will tell by how much the printed figure is larger than the computed one."""
        return self.printed - self.computed


def identity_values(rules: Rules) -> tuple[IdentityValue, ...]:
    """This function will compute every identity in force from the figures in force, in decimal arithmetic.

    `holds` is what the arithmetic says; a pack whose own `holds` says otherwise does not load.
    """
    figures = {figure.code: figure for figure in rules.figures}
    return tuple(identity_value(identity, figures) for identity in rules.identities)


def identity_findings(rules: Rules) -> tuple[IdentityValue, ...]:
    """This function will list the identities that fail: documents whose parts do not add up."""
    return tuple(value for value in identity_values(rules) if not value.holds)


def identity_value(identity: Resolved[Identity, IdentityInForce], figures: Figures) -> IdentityValue:
    """This function will compute one identity from figures by code; halves round away from zero."""
    now, total = identity.now, figures[identity.now.equals]
    terms = [_number(figures[term].now.value if isinstance(term, str) else term) for term in now.terms]
    computed = _rounded(_OPERATIONS[now.op](terms), _number(now.to_the))
    printed = _number(total.now.value)
    return IdentityValue(
        code=identity.code,
        zh=identity.entry.zh,
        en=identity.entry.en,
        unit=total.entry.unit,
        computed=computed,
        printed=printed,
        holds=computed == printed,
        reference=now.reference,
    )


def _number(value: float) -> Decimal:
    return Decimal(str(value))  # as it is written, not as binary holds it


def _rounded(value: Decimal, unit: Decimal) -> Decimal:
    return (value / unit).quantize(_ONE, ROUND_HALF_UP) * unit
