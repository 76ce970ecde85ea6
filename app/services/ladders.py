"""The ladder of a county: its credit households first, then every household's next limit."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from app.domain.frames import Frames
from app.features.base import household_base
from app.features.build import build
from app.policy.rules import Rules
from app.portfolio.book import loan_book
from app.portfolio.ladder import clean_households, household_record, next_limits
from app.scoring.rating import rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every household's next limit (LADDER_COLUMNS), and whence the credit households are known."""

    rows: pl.DataFrame
    credit_by: Literal["rating", "record"]


def ladder_limits(frames: Frames, rules: Rules, *, as_of: date) -> Limits:
    """This function will give next limits; credit households are those with a grade of the pack's rating.

    Where the pack has no rating, they are those that repaid something and never late (*design*). Raises
    SchemeAbsentError where the pack has no ladder.
    """
    book = loan_book(frames, as_of=as_of)
    if rules.parts:
        credit = _graded(frames, rules, as_of)
    else:
        credit = clean_households(household_record(frames, book, as_of=as_of))
    rows = next_limits(frames, book, rules, as_of=as_of, credit_households=credit)
    return Limits(rows=rows, credit_by="rating" if rules.parts else "record")


def _graded(frames: Frames, rules: Rules, as_of: date) -> pl.DataFrame:
    base = household_base(frames, as_of=as_of)
    read = frozenset(indicator.entry.feature for indicator in rules.indicators)
    features = build(frames, base, only=read)
    rated = features.select("household_id").hstack(rate(features, rules).select("rating_grade"))
    return rated.filter(pl.col("rating_grade").is_not_null()).select("household_id")
