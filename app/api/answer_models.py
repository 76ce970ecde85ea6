"""What `/score` and `/warning` answer; money in fen, probabilities from 0 to 1."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.domain.words import Action, Cause, Eligibility, Light


class Part(BaseModel):
    """A piece of an answer; holds what is declared and nothing else."""

    model_config = ConfigDict(extra="forbid")


class ReferenceAnswer(Part):
    """Where a rule comes from, and how sure that is."""

    kind: Literal["cited", "derived", "design", "unverified"]
    document: str
    clause: str
    note: str


class Clause(Part):
    """A rule of the policy pack that spoke; `reference` is null when the pack in force no longer has it."""

    code: str
    zh: str
    en: str
    reference: ReferenceAnswer | None


class RuleAnswer(Clause):
    """A rule on eligibility and what it says."""

    effect: Eligibility


class IndicatorAnswer(Clause):
    """An indicator of the rating: the observed value, the points it brought, and the most it can bring."""

    part: str
    value: float | None
    unit: str
    points: int | None
    of: int | None


class PartAnswer(Part):
    """A part of the rating and its points."""

    code: str
    zh: str
    en: str
    points: int | None
    of: int | None


class RatingAnswer(Part):
    """631 评级; `points` is null when a missing value refers to a person."""

    points: int | None
    grade: str | None
    limit: int | None = Field(description="授信额度，含政策上限; fen")
    grade_limit: int | None = Field(description="等级对应额度; fen")
    parts: list[PartAnswer]
    indicators: list[IndicatorAnswer]


class EligibilityAnswer(Part):
    """Whether the policy allows, refers or refuses, and the rules that say so."""

    result: Eligibility
    rules: list[RuleAnswer]


class EstimateAnswer(Part):
    """违约概率; when `value` is null, `why` says plainly why there is no estimate."""

    value: float | None
    low: float | None
    high: float | None
    estimator: str | None
    trained_on: str | None
    why_zh: str | None
    why_en: str | None


class SpokenClause(Clause):
    """A rule that spoke of this loan, and the sentence it spoke."""

    sentence_zh: str
    sentence_en: str


class TriggerAnswer(SpokenClause):
    """A warning trigger that fired."""

    light: Light
    cause: Cause
    value: float | None
    threshold: float | None
    unit: str


class EvidenceAnswer(SpokenClause):
    """Required evidence that is missing or stale (days)."""

    state: Literal["missing", "stale"]
    age_days: float | None
    max_age_days: int


class GuardAnswer(SpokenClause):
    """A guard against renewal or extension that hides a bad loan."""

    light: Light


class CauseAnswer(Part):
    """成因, the first the most important; `weight` in log-odds where the estimate speaks."""

    cause: Cause
    zh: str
    basis: Literal["recorded", "estimate", "trigger", "evidence"]
    weight: float | None
    sure: bool = Field(description="false where the estimate cannot tell it from the next 难分主次")
    sentence_zh: str
    sentence_en: str


class ReasonAnswer(Part):
    """A feature that speaks against the loan; `contribution` in log-odds."""

    code: str
    sentence_zh: str
    sentence_en: str
    feature: str
    cause: Cause
    value: float | None
    typical: float | None = Field(description="the median of the loans it was trained on")
    unit: str
    contribution: float


class AgreementAnswer(Part):
    """How the rating and the estimate relate, and why they differ."""

    word: str
    zh: str
    en: str
    why_zh: str
    why_en: str


class EffectAnswer(Part):
    """What an action is expected to change; without evidence the rule decided, and the words say so."""

    pd: float | None
    pd_low: float | None
    pd_high: float | None
    loss: int | None = Field(description="expected loss, fen")
    loss_low: int | None
    loss_high: int | None
    basis: str = Field(
        description="estimate: the estimate itself; simulation: simulated loans; none: no evidence"
    )
    n: int | None = Field(description="loans behind the effect")
    sentence_zh: str
    sentence_en: str
    saving: int | None = Field(
        default=None, description="fen of the pack's loss that it saves against collecting, its cost counted"
    )
    saving_low: int | None = None
    saving_high: int | None = None
    decided_by: str = Field(
        default="rule", description="effect: the saving gave its place; rule: the pack did"
    )
    decided_sentence_zh: str = ""
    decided_sentence_en: str = ""


class ActionAnswer(Part):
    """处置建议 with its eligibility, the clauses that decide it, and its expected effect."""

    action: Action
    zh: str
    eligibility: Eligibility
    rank: int
    clauses: list[Clause]
    effect: EffectAnswer


class ReminderAnswer(Part):
    """A step of the calendar that has fallen due."""

    code: str
    zh: str
    en: str
    due_on: date
    formal: bool


class Versions(Part):
    """What an answer rests on."""

    policy: str
    policy_hash: str
    artefact_id: str
    code: str
    watermark: int
    trained_on: str | None


class Opinions(Part):
    """The two opinions side by side."""

    household_id: str
    as_of: date
    rating: RatingAnswer
    pd: EstimateAnswer
    agreement: AgreementAnswer
    causes: list[CauseAnswer]
    reasons: list[ReasonAnswer]
    versions: Versions


class ScoreAnswer(Opinions):
    """Rating, estimate and eligibility of an application."""

    decision_id: str
    application_id: str
    eligibility: EligibilityAnswer


class WarningAnswer(Opinions):
    """Light, reasons and recommended actions of a loan."""

    assessment_id: str
    decision_id: str | None = Field(description="null for a stored loan, whose assessment is kept instead")
    loan_id: str
    amount: int
    balance: int
    matures_on: date
    days_to_maturity: int
    light: Light
    trigger_light: Light
    model_light: Light | None
    data_gap: bool
    evidence: list[EvidenceAnswer]
    triggers: list[TriggerAnswer]
    guards: list[GuardAnswer]
    actions: list[ActionAnswer]
    top_action: Action | None
    second_person: bool
    reminders: list[ReminderAnswer]
    next_change_on: date | None


class ScoreAnswers(Part):
    """Answers in the order of the items."""

    items: list[ScoreAnswer]


class WarningAnswers(Part):
    """Answers in the order of the items."""

    items: list[WarningAnswer]


class WarningHistory(Part):
    """All assessments of a loan, the latest first."""

    items: list[WarningAnswer]
