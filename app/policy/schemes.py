"""What the schemes of single places add to a pack: ladders, courses, funds, subsidies, findings, statistics.

Conditions here read the columns that `app.policy.vocabulary` lists for their section, not features.
"""

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from app.domain.ledger import FACT_TABLES
from app.domain.scheme_words import ClaimGround, CreditClass
from app.domain.words import FundKind, UseMode
from app.policy.conditions import Condition
from app.policy.entries import Entry, InForce, Name, Strict
from app.policy.mistakes import mistake

_CENT = 1e-9  # shares are written in decimals


class LadderStepInForce(InForce):
    """The limit of a step (yuan), and the years repaid on time that lead to it."""

    limit: int = Field(gt=0)
    years_on_time: int = Field(ge=0)


class LadderStep(Entry[LadderStepInForce]):
    """A step of a rolling ladder (滚动贷款); the entry's code is the step's grade."""


class Bracket(Strict):
    """A share up to an amount (yuan, the amount itself included); the last bracket takes the rest."""

    up_to: float | None = None
    share: float | Literal["refer"]


class StakeInForce(InForce):
    """The helper's stake by amount lent, as a share of it; `refer` where the source is silent."""

    brackets: tuple[Bracket, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _brackets_rise(self) -> Self:
        bounds = [bracket.up_to for bracket in self.brackets[:-1]]
        rising = all(a is not None and b is not None and a < b for a, b in pairwise(bounds))
        if None in bounds or not rising or self.brackets[-1].up_to is not None:
            raise mistake(
                zh="分档界限必须递增，且只有最后一档不写界限",
                en="brackets rise, and only the last one has no bound",
            )
        return self


class Stake(Entry[StakeInForce]):
    """What a helper answers for (推荐责任风险金)."""


class StandingInForce(InForce):
    """When a village group, village or township earns a credit standing."""

    when: Condition


class Standing(Entry[StandingInForce]):
    """A credit standing of a place; the highest `rank` whose condition holds is the place's."""

    level: Literal["group", "village", "township"]
    rank: int = Field(ge=0)


class Step(Strict):
    """A step of a course: who takes it, and within how many days after the step before."""

    code: Name
    zh: str
    en: str
    by: Literal["household", "survey", "group", "village", "township", "bank", "county", "public"]
    within_days: int | None = Field(default=None, ge=0)
    working_days: bool = False
    at_least_days: int | None = Field(default=None, ge=0)  # publicity lasts so long


class CourseInForce(InForce):
    """The steps of a course in order."""

    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _steps_differ(self) -> Self:
        codes = [step.code for step in self.steps]
        if len(set(codes)) < len(codes):
            raise mistake(zh="流程中的环节不得重复", en="the steps of a course have different codes")
        return self


class Course(Entry[CourseInForce]):
    """A course that a case goes through: review, approval, payout, disposal."""


class FindingInForce(InForce):
    """What makes a loan conspicuous; `evidence` names the columns that a finding shows."""

    when: Condition
    evidence: tuple[Name, ...] = Field(min_length=1)


class Finding(Entry[FindingInForce]):
    """A check on loans as they are recorded: an anomaly, a prohibition, or something to watch."""

    kind: Literal["anomaly", "prohibition", "watch"]


class WayInForce(InForce):
    """A way to use a loan: what dividend is due (per cent a year; none: not fixed) and when one is late."""

    dividend_percent: float | None = Field(default=None, ge=0)
    late_after_days: int = Field(default=0, ge=0)


class Way(Entry[WayInForce]):
    """A way to use a loan (户贷户用, 股权量化, 合伙抱团, 资产返租, 户贷企用)."""

    use_mode: UseMode


class SubsidyInForce(InForce):
    """How interest is subsidised, and how its days are counted.

    `flat_year` pays each quarter a quarter of the year's interest; the actual ones count days.
    """

    day_count: Literal["flat_year", "actual_365", "actual_360"]
    rate: Literal["loan", "base"]
    share: float = Field(gt=0, le=1)
    stops_when_overdue: bool
    stops_at_maturity: bool
    when: Condition | None = None


class Subsidy(Entry[SubsidyInForce]):
    """A subsidy of interest."""


class FundInForce(InForce):
    """Who bears what of a loss, and how far the fund carries loans."""

    shares: dict[Name, float] = Field(min_length=1)  # bearer (fund, bank, insurer) to its share of a loss
    leverage: float | None = Field(default=None, gt=0)  # loans carried by one yuan of the fund
    grounds: tuple[ClaimGround, ...] = ()  # empty: the source names none
    profit_return_share: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _shares_make_a_whole(self) -> Self:
        if abs(sum(self.shares.values()) - 1) > _CENT or min(self.shares.values()) < 0:
            raise mistake(zh="分担比例合计应为 1", en="the shares of a loss add up to 1")
        return self


class Fund(Entry[FundInForce]):
    """A fund that answers for losses: compensation, guarantee, insurance."""

    fund: FundKind


class ClassInForce(InForce):
    """From how many days overdue a loan is at best in a class; `when` narrows the loans it speaks of."""

    from_days_overdue: int = Field(ge=0)
    when: Condition | None = None


class ClassEntry(Entry[ClassInForce]):
    """A class of the five-category classification (五级分类)."""

    credit_class: CreditClass


class DutyInForce(InForce):
    """A duty that comes back: every month, quarter or year, on or by a day.

    `shown_by` names the ledger's table whose facts show that it was done; without it nobody can tell.
    """

    every: Literal["month", "quarter", "year"]
    day: int = Field(ge=1, le=31)  # of the month; the last day where a month is shorter
    month: int | None = Field(default=None, ge=1, le=12)  # of the year; for `every: year`
    times: int = Field(default=1, ge=1)  # how often within the period
    by: str
    what: str
    shown_by: Name | None = None

    @model_validator(mode="after")
    def _is_shown_by_a_table_of_the_ledger(self) -> Self:
        if self.shown_by is not None and self.shown_by not in {table.name for table in FACT_TABLES}:
            raise mistake(
                zh=f"台账中没有“{self.shown_by}”表", en=f"the ledger has no table {self.shown_by!r}"
            )
        return self

    @model_validator(mode="after")
    def _a_yearly_duty_has_its_month(self) -> Self:
        if (self.every == "year") != (self.month is not None):
            raise mistake(
                zh="每年一次的事项要写 month，其他不写", en="a yearly duty names its month, others none"
            )
        return self


class Duty(Entry[DutyInForce]):
    """A recurring duty: lists on the 6th, interest by 20 December, monthly statistics."""


class FigureInForce(InForce):
    """A figure that a document prints."""

    value: int | float


class Figure(Entry[FigureInForce]):
    """A printed figure, quoted and never used as a rule."""

    unit: str


class IdentityInForce(InForce):
    """What should hold between printed figures: `terms` by `op` give `equals`, to the unit `to_the`.

    A term is the code of a figure or a plain number. `holds` says whether the document's own figures do.
    """

    op: Literal["sum", "product", "ratio"]  # a ratio divides its first term by the others
    terms: tuple[Name | int | float, ...] = Field(min_length=1)
    equals: Name
    to_the: float = Field(default=1, gt=0)
    holds: bool


class Identity(Entry[IdentityInForce]):
    """An arithmetical check on a document's figures; one that fails is a finding to report."""


class MeritInForce(InForce):
    """The weight of a measure in an appraisal, and which way is better."""

    weight: float = Field(gt=0)
    better: Literal["more", "less"]


class Merit(Entry[MeritInForce]):
    """A measure of the yearly appraisal of townships and banks."""

    measure: Name
