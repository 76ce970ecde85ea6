"""What the lists answer."""

from datetime import date

from pydantic import BaseModel, Field

from app.domain.words import Action, Agreement, Cause, Industry, Light, LoanKind


class WarningRow(BaseModel):
    """One loan of the list; money in fen, probabilities from 0 to 1."""

    assessment_id: str
    loan_id: str
    household_id: str | None
    township_code: str | None
    village_code: str | None
    bank: str | None
    industry: Industry | None
    kind: LoanKind | None
    amount: int
    balance: int
    disbursed_on: date | None
    matures_on: date
    days_to_maturity: int = Field(description="negative when past")
    as_of: date
    light: Light
    trigger_light: Light
    model_light: Light | None
    data_gap: bool
    pd: float | None
    pd_low: float | None
    pd_high: float | None
    rating_points: int | None
    rating_grade: str | None
    rating_limit: int | None
    agreement: Agreement | None
    top_cause: Cause | None
    top_action: Action | None
    next_change_on: date | None
    policy: str
    policy_hash: str
    artefact_id: str
    watermark: int


class WarningPage(BaseModel):
    """One page, the most urgent first; `next_cursor` is null on the last page."""

    items: list[WarningRow]
    next_cursor: str | None


class SummaryGroup(BaseModel):
    """Loans of one light and one group."""

    light: Light
    township: str | None = None
    village: str | None = None
    bank: str | None = None
    industry: Industry | None = None
    cause: Cause | None = None
    action: Action | None = None
    loans: int
    amount: int = Field(description="fen")
    balance: int = Field(description="fen")


class WarningSummary(BaseModel):
    """Counts and sums by light and by what was asked for."""

    by: list[str]
    groups: list[SummaryGroup]
    loans: int
    amount: int
    balance: int
