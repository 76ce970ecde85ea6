"""What a feature is: one number about a loan or an application, from facts known on its day."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from app.domain.words import Cause


class Sign(StrEnum):
    """Which way a larger value may move the learned opinion."""

    RAISES_RISK = "raises_risk"
    LOWERS_RISK = "lowers_risk"
    FREE = "free"

    @property
    def monotone(self) -> int:
        """Give +1, -1 or 0, as monotone constraints write it."""
        return {"raises_risk": 1, "lowers_risk": -1, "free": 0}[self.value]


class Stage(StrEnum):
    """When a subject is judged: as an application, or as a loan on its way to maturity."""

    APPLICATION = "application"
    MATURITY = "maturity"


class Source(StrEnum):
    """Which facts a feature's expression aggregates, one group per row."""

    BASE = "base"
    LOANS = "loans"
    DUES = "dues"
    VISITS = "visits"
    USES = "uses"
    INCOMES = "incomes"
    DEBTS = "debts"
    SURVEYS = "surveys"
    ANSWERS = "answers"
    LINES = "lines"
    GROUPS = "groups"
    SOCIETIES = "societies"
    MEMBERS = "members"
    REGISTRATIONS = "registrations"
    MARKS = "marks"
    SHOCKS = "shocks"
    INSURANCE = "insurance"
    PRICES = "prices"
    CONTEXT = "context"
    DERIVED = "derived"  # from the base columns and the features before it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moved:
    """Another feature that moves with a change: `becomes` may read any column, and `by`, how far it went."""

    name: str
    becomes: pl.Expr


BY: Final = "by"  # how far a change moved its own feature, never negative


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """What people can do about a feature from now on: never a wish, never the past.

    `direction` is -1 or +1, `limit` where it ends (in the feature's unit). With a `step` it goes so far at a
    time, without one all the way at once; `unseen` may be done too where the value is not known.
    """

    code: str
    zh: str
    en: str
    direction: int
    limit: pl.Expr
    step: float | None = None
    unseen: bool = False
    moves: tuple[Moved, ...] = ()


BOTH: Final = (Stage.APPLICATION, Stage.MATURITY)
LOAN_ONLY: Final = (Stage.MATURITY,)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feature:
    """One feature. `expr` aggregates the rows of `source`; `absent` is its value when there are none.

    A feature that is not `modelled` is for rules only: training and estimates leave it out. `changeable` says
    what can be done about it; nobody can do anything about one without: age, past lateness, a shock.
    Values are Float64 (flags 1.0 or 0.0, money in yuan) and null when not known; `text` ones are strings.
    """

    name: str
    zh: str
    en: str
    unit: str
    cause: Cause
    source: Source
    expr: pl.Expr
    sign: Sign = Sign.FREE
    stages: tuple[Stage, ...] = BOTH
    modelled: bool = True
    absent: float | None = None
    text: bool = False
    changeable: Change | None = None

    @property
    def column(self) -> pl.Expr:
        """Give the expression with the feature's name and type."""
        return self.expr.cast(pl.String() if self.text else pl.Float64()).alias(self.name)
