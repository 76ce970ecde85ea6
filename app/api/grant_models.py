"""What whole-village granting answers."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from app.api.answer_models import ReferenceAnswer, RuleAnswer
from app.domain.words import Eligibility, Registration


class IndicatorName(BaseModel):
    """An indicator of the rating."""

    code: str
    zh: str
    en: str


class GrantRow(BaseModel):
    """One household; money in fen, rates in ppm a year."""

    household_id: str
    village_code: str
    village_group: str | None
    registration: Registration | None
    borrower_age: int | None = Field(description="completed years of the head of the household")
    points: int | None
    grade: str | None = Field(description="null below the lowest grade, or where the rating lacks a value")
    grade_limit: int | None = Field(description="the grade's own limit, fen")
    limit: int | None = Field(description="the grade's limit within the cap in force, fen")
    annual_rate: int | None = Field(description="the cap on the rate less the grade's discount, ppm a year")
    term_months: int | None
    line_ends_on: date | None = Field(description="the last day on which the line may be drawn")
    result: Eligibility
    limit_offered: int = Field(description="the limit where the result is allowed, else 0; fen")
    rating_says: Literal["below_lowest_grade", "not_known"] | None = Field(
        description="why the rating refers to a person"
    )
    rules: list[RuleAnswer] = Field(description="the rules that decide the result")
    missing: list[IndicatorName] = Field(description="indicators that the rating needs and does not know")


class GrantPage(BaseModel):
    """整村授信: one page by household id; `next_cursor` is null on the last page."""

    place_code: str
    as_of: date
    policy: str
    policy_hash: str
    watermark: int
    term_months: int | None
    line_ends_on: date | None
    rate_reference: ReferenceAnswer | None = Field(description="where the cap on the rate comes from")
    households: int = Field(description="households of the place in all")
    items: list[GrantRow]
    next_cursor: str | None
