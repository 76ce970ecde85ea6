"""The rules of a pack that are in force in one stretch of time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from app.policy import schema, schemes
from app.policy.entries import Entry, InForce
from app.policy.pack import SECTIONS, Pack
from app.policy.schema import (
    ActionRule,
    CauseAdvice,
    Evidence,
    GradeEntry,
    Guard,
    Indicator,
    Lag,
    Part,
    RecordedCause,
    Regime,
    Reminder,
    Rule,
    Situation,
    Trigger,
)

E_co = TypeVar("E_co", bound=Entry[Any], covariant=True)
D_co = TypeVar("D_co", bound=InForce, covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Resolved(Generic[E_co, D_co]):
    """An entry with the one value of it that is in force; equal only to itself, so quick to look up."""

    code: str
    entry: E_co
    now: D_co


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """What a pack says from `since` to the day before `until`, in the order of its files.

    `parameters` holds plain numbers by code: money in yuan, rates in per cent. Two days without a
    change between them share one object, so that what is built from it can be kept.
    """

    policy: str
    zh: str
    en: str
    content_hash: str
    since: date
    until: date | None
    parameters: Mapping[str, float]
    parameter_entries: tuple[Resolved[schema.Parameter, schema.ParameterInForce], ...]
    regimes: tuple[Resolved[Regime, schema.RegimeInForce], ...]
    knowledge: tuple[Resolved[Lag, schema.LagInForce], ...]
    parts: tuple[Resolved[Part, schema.PartInForce], ...]
    indicators: tuple[Resolved[Indicator, schema.IndicatorInForce], ...]
    grades: tuple[Resolved[GradeEntry, schema.GradeInForce], ...]
    eligibility: tuple[Resolved[Rule, schema.RuleInForce], ...]
    triggers: tuple[Resolved[Trigger, schema.TriggerInForce], ...]
    evidence: tuple[Resolved[Evidence, schema.EvidenceInForce], ...]
    reminders: tuple[Resolved[Reminder, schema.ReminderInForce], ...]
    action_rules: tuple[Resolved[ActionRule, schema.RuleInForce], ...]
    situations: tuple[Resolved[Situation, schema.SituationInForce], ...]
    recorded_causes: tuple[Resolved[RecordedCause, schema.RecordedCauseInForce], ...]
    cause_advice: tuple[Resolved[CauseAdvice, schema.CauseAdviceInForce], ...]
    guards: tuple[Resolved[Guard, schema.GuardInForce], ...]
    ladder: tuple[Resolved[schemes.LadderStep, schemes.LadderStepInForce], ...]
    stakes: tuple[Resolved[schemes.Stake, schemes.StakeInForce], ...]
    standings: tuple[Resolved[schemes.Standing, schemes.StandingInForce], ...]
    courses: tuple[Resolved[schemes.Course, schemes.CourseInForce], ...]
    findings: tuple[Resolved[schemes.Finding, schemes.FindingInForce], ...]
    ways: tuple[Resolved[schemes.Way, schemes.WayInForce], ...]
    subsidies: tuple[Resolved[schemes.Subsidy, schemes.SubsidyInForce], ...]
    funds: tuple[Resolved[schemes.Fund, schemes.FundInForce], ...]
    claim_rules: tuple[Resolved[Rule, schema.RuleInForce], ...]
    draw_rules: tuple[Resolved[Rule, schema.RuleInForce], ...]
    classes: tuple[Resolved[schemes.ClassEntry, schemes.ClassInForce], ...]
    duties: tuple[Resolved[schemes.Duty, schemes.DutyInForce], ...]
    figures: tuple[Resolved[schemes.Figure, schemes.FigureInForce], ...]
    identities: tuple[Resolved[schemes.Identity, schemes.IdentityInForce], ...]
    merits: tuple[Resolved[schemes.Merit, schemes.MeritInForce], ...]


def resolve(pack: Pack, day: date) -> dict[str, tuple[Resolved[Any, Any], ...]]:
    """This function will give, section by section, the entries of a pack that are in force on a day."""
    return {section: tuple(_in_force(getattr(pack, section), day)) for section in SECTIONS}


def numbers(parameters: Iterable[Resolved[schema.Parameter, schema.ParameterInForce]]) -> Mapping[str, float]:
    """This function will map the codes of resolved parameters to their numbers."""
    return MappingProxyType({parameter.code: parameter.now.value for parameter in parameters})


def _in_force(entries: Mapping[str, Entry[Any]], day: date) -> Iterable[Resolved[Any, Any]]:
    for code, entry in entries.items():
        now = entry.at(day)
        if now is not None:
            yield Resolved(code, entry, now)
