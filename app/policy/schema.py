"""What a policy pack may say; unknown keys, gaps and overlaps are errors (design §5).

Every section is a mapping of entries. What never changes of an entry stands in it; what is dated
stands in its list `in_force`, each item with `from`, perhaps `to` (the last day it holds), and a
reference.
"""

from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.words import Action, Cause, Eligibility, Light
from app.policy.conditions import Bound, Condition

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Strict(BaseModel):
    """A frozen value that accepts no key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ReferenceKind(StrEnum):
    """How sure we are of where a value comes from."""

    CITED = "cited"  # printed in a document we read
    DERIVED = "derived"  # computed from printed figures
    DESIGN = "design"  # ours, because no document states it
    UNVERIFIED = "unverified"  # remembered, not seen


class Reference(Strict):
    """Where a value comes from; `document` and `clause` for cited and derived ones."""

    kind: ReferenceKind
    document: str = ""
    clause: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _names_its_source(self) -> Self:
        if self.kind in {ReferenceKind.CITED, ReferenceKind.DERIVED} and not self.document:
            message = f"a {self.kind} value names its document"
            raise ValueError(message)
        return self


class InForce(Strict):
    """The dated part of an entry."""

    from_: date = Field(alias="from")
    to: date | None = None
    reference: Reference


Dated = TypeVar("Dated", bound=InForce)


class Entry(Strict, Generic[Dated]):
    """One thing a pack says, with all its dated values, oldest first, without gap or overlap."""

    zh: str
    en: str = ""
    in_force: tuple[Dated, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_value_a_day(self) -> Self:
        for before, after in pairwise(self.in_force):
            if before.to is None or before.to >= after.from_:
                message = f"values overlap on {after.from_}"
                raise ValueError(message)
            if before.to + timedelta(days=1) != after.from_:
                message = f"no value between {before.to} and {after.from_}"
                raise ValueError(message)
        return self

    def at(self, day: date) -> Dated | None:
        """This function will find the value in force on a day; None where there is none."""
        return next((v for v in self.in_force if v.from_ <= day and (v.to is None or day <= v.to)), None)


class ParameterInForce(InForce):
    """A plain number; money in yuan, rates in per cent, lengths in the entry's unit."""

    value: int | float


class Parameter(Entry[ParameterInForce]):
    """A number with a unit."""

    unit: str


class LagInForce(InForce):
    """Days from the day a fact happens to the day it is assumed known."""

    days: int = Field(ge=0)


class Lag(Entry[LagInForce]):
    """The lag of one kind of fact; the entry's code is the ledger table's name."""


class Band(Strict):
    """Points below a bound; the last band has none and takes the rest."""

    below: float | None = None
    points: int = Field(ge=0)


class IndicatorInForce(InForce):
    """The points of an indicator; a missing value gets points, or refers to a person."""

    points: tuple[Band, ...] = Field(min_length=1)
    missing: int | Literal["refer"]

    @model_validator(mode="after")
    def _bands_rise(self) -> Self:
        bounds = [band.below for band in self.points[:-1]]
        rising = all(a is not None and b is not None and a < b for a, b in pairwise(bounds))
        if None in bounds or not rising or self.points[-1].below is not None:
            message = "bands rise, and only the last one has no bound"
            raise ValueError(message)
        return self


class Indicator(Entry[IndicatorInForce]):
    """One indicator of a rating, read from one feature."""

    part: Name
    feature: Name
    unit: str = ""


class PartInForce(InForce):
    """The most points that a part of a rating can bring."""

    points: int = Field(gt=0)


class Part(Entry[PartInForce]):
    """A part of a rating (诚信度, 家庭收入, 基本情况)."""


class GradeInForce(InForce):
    """A grade: from how many points, and how much may be granted (yuan)."""

    at_least: int
    limit: int = Field(ge=0)


class GradeEntry(Entry[GradeInForce]):
    """A grade of a rating."""


class RuleInForce(InForce):
    """A rule that speaks when its condition holds; only hard, cited clauses refuse."""

    when: Condition
    effect: Eligibility
    missing: Literal["refer", "ignore"] = "refer"

    @model_validator(mode="after")
    def _only_cited_rules_refuse(self) -> Self:
        if self.effect is Eligibility.REFUSED and self.reference.kind is not ReferenceKind.CITED:
            message = "only a cited clause refuses; a soft or unverified rule refers"
            raise ValueError(message)
        return self


class Rule(Entry[RuleInForce]):
    """A condition on a household, application or loan, and what follows."""


class ActionRule(Rule):
    """A rule on one action."""

    action: Action


class TriggerInForce(InForce):
    """From which observed value a light turns; `when` narrows the loans it speaks of."""

    yellow: Bound | None = None
    red: Bound | None = None
    when: Condition | None = None


class Trigger(Entry[TriggerInForce]):
    """A warning trigger on one feature, and the cause it speaks for."""

    feature: Name
    unit: str = ""
    cause: Cause


class EvidenceInForce(InForce):
    """How old evidence may be (days) before a loan counts as unseen."""

    max_age_days: int = Field(ge=0)
    when: Condition | None = None


class Evidence(Entry[EvidenceInForce]):
    """Evidence that is required; `feature` is its age in days, missing when there is none."""

    feature: Name


class ReminderInForce(InForce):
    """A step of the reminder calendar."""

    days_before: int
    addressee: str
    form: str
    formal: bool = False  # the assessment of record


class Reminder(Entry[ReminderInForce]):
    """A step before maturity (T-60, T-30, T-20)."""


class SituationInForce(InForce):
    """What to try, in order, in a situation; the first situation whose condition holds is taken."""

    when: Condition | None = None
    order: tuple[Action, ...] = Field(min_length=1)


class Situation(Entry[SituationInForce]):
    """A row of the action table."""

    priority: int


class RecordedCauseInForce(InForce):
    """A recorded fact that names a cause before any estimate does."""

    when: Condition


class RecordedCause(Entry[RecordedCauseInForce]):
    """A recorded fact that outranks SHAP when a cause is named."""

    cause: Cause
    priority: int


class CauseAdviceInForce(InForce):
    """Actions that a cause puts first, in order."""

    prefer: tuple[Action, ...] = ()


class CauseAdvice(Entry[CauseAdviceInForce]):
    """How a cause refines the action table."""

    cause: Cause


class GuardInForce(InForce):
    """When a loan must keep a light and a second person must look (anti-evergreening)."""

    when: Condition
    at_least: Light
    second_person: bool


class Guard(Entry[GuardInForce]):
    """A guard against renewal or extension that hides a bad loan."""


class Pack(Strict):
    """A whole pack as written: its sections, each a mapping of entries."""

    name: Name
    zh: str
    en: str
    extends: Name | None = None
    county_codes: tuple[str, ...] = ()
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    knowledge: dict[Name, Lag] = Field(default_factory=dict)
    parts: dict[Name, Part] = Field(default_factory=dict)
    indicators: dict[Name, Indicator] = Field(default_factory=dict)
    grades: dict[str, GradeEntry] = Field(default_factory=dict)
    eligibility: dict[Name, Rule] = Field(default_factory=dict)
    triggers: dict[Name, Trigger] = Field(default_factory=dict)
    evidence: dict[Name, Evidence] = Field(default_factory=dict)
    reminders: dict[Name, Reminder] = Field(default_factory=dict)
    action_rules: dict[Name, ActionRule] = Field(default_factory=dict)
    situations: dict[Name, Situation] = Field(default_factory=dict)
    recorded_causes: dict[Name, RecordedCause] = Field(default_factory=dict)
    cause_advice: dict[Name, CauseAdvice] = Field(default_factory=dict)
    guards: dict[Name, Guard] = Field(default_factory=dict)
