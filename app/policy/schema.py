"""What a policy pack may say; unknown keys, gaps and overlaps are errors (design §5).

Every section is a mapping of entries. What never changes of an entry stands in it; what is dated
stands in its list `in_force`, each item with `from`, perhaps `to` (the last day it holds), and a
reference.
"""

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from app.domain.words import Action, Cause, Eligibility, Light
from app.policy.conditions import Bound, Condition
from app.policy.entries import Entry, InForce, Name, ReferenceKind, Strict
from app.policy.mistakes import mistake


class RegimeInForce(InForce):
    """The name that the scheme goes by in a period."""

    title_zh: str
    title_en: str


class Regime(Entry[RegimeInForce]):
    """A scheme and its periods; outside them a pack has no rules in force."""


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
            raise mistake(
                zh="分档界限必须递增，且只有最后一档不写界限",
                en="bands rise, and only the last one has no bound",
            )
        return self

    @model_validator(mode="after")
    def _missing_brings_no_more_than_the_best(self) -> Self:
        if self.missing != "refer" and not 0 <= self.missing <= self.best:
            raise mistake(
                zh="缺失值的得分不得高于最高档", en="a missing value brings no more than the best band"
            )
        return self

    @property
    def best(self) -> int:
        """This function will give the most points that the indicator can bring."""
        return max(band.points for band in self.points)


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
    """A grade: from how many points, how much may be granted (yuan), and what it takes off the rate.

    `rate_discount` is in percentage points a year below the cap on the rate.
    """

    at_least: int
    limit: int = Field(ge=0)
    rate_discount: float = Field(default=0, ge=0)


class GradeEntry(Entry[GradeInForce]):
    """A grade of a rating."""


class RuleInForce(InForce):
    """A rule that speaks when its condition holds, or always; only hard, cited clauses refuse.

    A rule whose effect is *allowed* decides nothing: it names the clause that allows.
    """

    when: Condition | None = None
    effect: Eligibility
    missing: Literal["refer", "ignore"] = "refer"

    @model_validator(mode="after")
    def _only_cited_rules_refuse(self) -> Self:
        if self.effect is Eligibility.REFUSED and self.reference.kind is not ReferenceKind.CITED:
            raise mistake(
                zh="只有引用了条款的硬性规定才能拒绝；软性或未核实的规定应转人工",
                en="only a cited clause refuses; a soft or unverified rule refers",
            )
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

    @model_validator(mode="after")
    def _turns_a_light(self) -> Self:
        if self.yellow is None and self.red is None:
            raise mistake(zh="触发规则至少要写 yellow 或 red", en="a trigger names yellow, red or both")
        return self


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
