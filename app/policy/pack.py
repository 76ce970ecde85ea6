"""A whole pack: every section that it may have."""

from pydantic import Field

from app.policy.entries import Name, Strict
from app.policy.schema import (
    ActionRule,
    CauseAdvice,
    Evidence,
    GradeEntry,
    Guard,
    Indicator,
    Lag,
    Parameter,
    Part,
    RecordedCause,
    Regime,
    Reminder,
    Rule,
    Situation,
    Trigger,
)
from app.policy.schemes import (
    ClassEntry,
    Course,
    Duty,
    Figure,
    Finding,
    Fund,
    Identity,
    LadderStep,
    Merit,
    Stake,
    Standing,
    Subsidy,
    Way,
)


class Pack(Strict):
    """A whole pack as written: its sections, each a mapping of entries."""

    name: Name
    zh: str
    en: str
    extends: Name | None = None
    county_codes: tuple[str, ...] = ()  # division codes, whole or their beginning, that the pack speaks for
    regimes: dict[Name, Regime] = Field(default_factory=dict)
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
    ladder: dict[str, LadderStep] = Field(default_factory=dict)
    stakes: dict[Name, Stake] = Field(default_factory=dict)
    standings: dict[Name, Standing] = Field(default_factory=dict)
    courses: dict[Name, Course] = Field(default_factory=dict)
    findings: dict[Name, Finding] = Field(default_factory=dict)
    ways: dict[Name, Way] = Field(default_factory=dict)
    subsidies: dict[Name, Subsidy] = Field(default_factory=dict)
    funds: dict[Name, Fund] = Field(default_factory=dict)
    claim_rules: dict[Name, Rule] = Field(default_factory=dict)
    draw_rules: dict[Name, Rule] = Field(default_factory=dict)
    classes: dict[Name, ClassEntry] = Field(default_factory=dict)
    duties: dict[Name, Duty] = Field(default_factory=dict)
    figures: dict[Name, Figure] = Field(default_factory=dict)
    identities: dict[Name, Identity] = Field(default_factory=dict)
    merits: dict[Name, Merit] = Field(default_factory=dict)


SECTIONS = tuple(
    name for name in Pack.model_fields if name not in {"name", "zh", "en", "extends", "county_codes"}
)
