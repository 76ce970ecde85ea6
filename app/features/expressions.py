"""The small words that feature expressions are made of.

Every sum is of integers and every choice has one answer, so that a row's value has the same bits alone
and among others. `on` is the day a fact happened, `since_12m` the row's as_of less twelve months.
"""

from enum import StrEnum
from typing import Final

import polars as pl

from app.domain.words import Word

_STEP: Final = 16  # more than any choice has words
YUAN: Final = 100
DAYS_PER_MONTH: Final = 30.4375


def recent(months: int) -> pl.Expr:
    """Tell whether the fact happened within so many months before the row's as_of."""
    return pl.col("on") > pl.col(f"since_{months}m")


def sum_if(value: str | pl.Expr, condition: pl.Expr) -> pl.Expr:
    """Add up the values of the rows that fulfil a condition; 0 when none does."""
    return pl.when(condition).then(_column(value)).sum()


def max_if(value: str | pl.Expr, condition: pl.Expr) -> pl.Expr:
    """Give the largest value of the rows that fulfil a condition; null when none does."""
    return pl.when(condition).then(_column(value)).max()


def any_of(condition: pl.Expr) -> pl.Expr:
    """Tell whether any row fulfils a condition; null counts as no."""
    return condition.fill_null(value=False).any()


def yuan(fen: pl.Expr) -> pl.Expr:
    """Turn fen into yuan."""
    return divided(fen, YUAN)


def divided(number: pl.Expr, by: int) -> pl.Expr:
    """Divide an integer exactly rounded: 43500 by 10000 is 4.35.

    Polars divides by a constant by multiplying with its inverse, which gives 4.3500000000000005.
    """
    return number / (number - number + by)


def ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Divide; null where the whole is not positive."""
    return pl.when(whole > 0).then(part / whole)


def is_word(column: str, *words: StrEnum) -> pl.Expr:
    """Tell whether a choice is one of the words; null where it is not known."""
    return pl.col(column).is_in([word.value for word in words])


def code_of(column: str, *worst_to_best: Word) -> pl.Expr:
    """Turn a choice into 0, 1, 2 … in the order given; null for what is not listed."""
    codes = {word.value: code for code, word in enumerate(worst_to_best)}
    return pl.col(column).replace_strict(codes, default=None, return_dtype=pl.Int64)


def latest(code: pl.Expr, on: str = "on") -> pl.Expr:
    """Give the small code (below 16) of the latest fact that has one."""
    return (pl.col(on).cast(pl.Int32).cast(pl.Int64) * _STEP + code).max() % _STEP


def of_largest(code: pl.Expr, size: str) -> pl.Expr:
    """Give the small code (below 16) of the largest fact; of equals the smallest code."""
    return (_STEP - 1) - (pl.col(size) * _STEP + (_STEP - 1 - code)).max() % _STEP


def days_between(earlier: str, later: str) -> pl.Expr:
    """Count the days from one date to another; negative when the order is reversed."""
    return pl.col(later).cast(pl.Int32) - pl.col(earlier).cast(pl.Int32)


def months_between(earlier: str, later: str) -> pl.Expr:
    """Count the whole months, rounded, from one date to another."""
    days = (pl.col(later) - pl.col(earlier)).dt.total_days()
    return (days / DAYS_PER_MONTH).round(0).cast(pl.Int64)


def month_number(column: str) -> pl.Expr:
    """Number the months since year 0, so that their differences count months."""
    return pl.col(column).dt.year() * 12 + pl.col(column).dt.month().cast(pl.Int32)


def _column(value: str | pl.Expr) -> pl.Expr:
    return pl.col(value) if isinstance(value, str) else value
