"""The rolling ladder (滚动贷款): from what a household repaid on time to the limit of its next loan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import TOWNSHIP_DIGITS
from app.domain.money import FEN_PER_YUAN, PPM
from app.domain.words import CreditMark, LoanKind
from app.policy.rules import Resolved, Rules
from app.portfolio.scheme import parameter, section

LADDER_COLUMNS: Final = (
    "household_id", "township_code", "village_code", "loans", "active_loans", "years_on_time", "step",
    "step_limit", "last_amount", "credit_household", "uplifted_limit", "limit", "referred", "reasons",
)  # fmt: skip
# What each reason says, in the order in which limits change.
REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no_record": ("没有还清的贷款，从最低一级起", "nothing repaid yet: the lowest step"),
        "on_time": ("按时还款，逐年升级", "repaid on time: a step a year"),
        "late": ("曾逾期还款，此后重新计年", "repaid late: years count anew from there"),
        "overdue": ("有逾期本金，不升级、不上浮，转人工", "principal overdue: no step or uplift; referred"),
        "bad_faith": ("有恶意失信记录，不升级，转人工", "marked for bad faith: no step or uplift; referred"),
        "uplift": ("信用户在上年贷款金额上上浮", "a credit household: above last year's amount"),
        "cap": ("不超过现行贷款上限", "held to the cap in force"),
        "village_lowered": ("村内恶意不还款，全村下调，转人工", "bad faith in the village; referred"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """The numbers of the ladder: fen and ppm; a pack without an uplift or a lowering has 0."""

    steps: tuple[Resolved[Any, Any], ...]
    cap: int
    uplift: int
    lowering: int

    @classmethod
    def of(cls, rules: Rules, as_of: date) -> "_Terms":
        """This function will read them from the rules."""
        steps = section(rules, "ladder", as_of=as_of)
        return cls(
            steps=tuple(sorted(steps, key=lambda step: (step.now.years_on_time, step.now.limit))),
            cap=round(parameter(rules, "amount_cap", as_of=as_of) * FEN_PER_YUAN),
            uplift=round(rules.parameters.get("ladder_uplift_share", 0) * PPM),
            lowering=round(rules.parameters.get("village_lowering_share", 0) * PPM),
        )


def next_limits(
    frames: Frames,
    book: pl.DataFrame,
    rules: Rules,
    *,
    as_of: date,
    credit_households: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """This function will say how much every household known on a day may borrow next, and why.

    `book` is the day's loan book, `credit_households` names those with the credit (household_id). One row per
    household, by its id, with LADDER_COLUMNS; money in fen. A year is on time when some loan was repaid in it
    by its maturity; late repayment and marks of bad faith start the count anew, and who is overdue or in open
    bad faith has none (*design*: the source says only what raises a step). The limit is the step's, or for
    a credit household last year's amount with the uplift if that is more; then within the cap; then lowered
    for a whole village where a household with an open mark of bad faith owes overdue principal. `referred`
    tells that a person decides; `reasons` are codes of REASONS. Raises SchemeAbsentError.
    """
    terms = _Terms.of(rules, as_of)
    record = household_record(frames, book, as_of=as_of)
    credit = (
        pl.DataFrame(schema={"household_id": pl.String()}) if credit_households is None else credit_households
    )
    rows = record.with_columns(
        pl.col("household_id").is_in(credit.get_column("household_id").implode()).alias("credit_household"),
        _step(terms, [step.code for step in terms.steps], pl.String()).alias("step"),
        _step(terms, [step.now.limit * FEN_PER_YUAN for step in terms.steps], pl.Int64()).alias("step_limit"),
    )
    limited = rows.with_columns(_uplifted(terms)).with_columns(_limits(terms)).with_columns(_reasons(terms))
    return limited.with_columns(_REFERRED).select(LADDER_COLUMNS)


def household_record(frames: Frames, book: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """This function will sum up, for every household known on a day, what it repaid on time and what late.

    One row per household, by its id: household_id, township_code, village_code, loans, active_loans, overdue,
    bad_faith (an open mark), late (it ever repaid late), years_on_time, last_amount (fen, of the loan paid
    out last), last_late, village_default (a default in bad faith in its village).
    """
    village = pl.col("village_code")
    homes = frames.as_of(as_of)["households"].filter(pl.col("surveyed_on") <= as_of)
    places = homes.select("household_id", village.str.head(TOWNSHIP_DIGITS).alias("township_code"), village)
    loans, marks = _loans(book, as_of), _marks(frames, as_of)
    joined = places.join(_sums(loans, marks), on="household_id", how="left").join(
        marks, on="household_id", how="left"
    )
    filled = joined.with_columns(
        pl.col("loans", "active_loans", "years_on_time").fill_null(0),
        pl.col("overdue", "late", "last_late", "bad_faith").fill_null(value=False),
    )
    defaulted = (pl.col("overdue") & pl.col("bad_faith")).any().over("village_code")
    return filled.with_columns(defaulted.alias("village_default")).sort("household_id")


def clean_households(record: pl.DataFrame) -> pl.DataFrame:
    """This function will pick from a `household_record` those that repaid something and never late.

    It stands in for credit households (信用户) where no rating tells them: *design*.
    """
    clean = (pl.col("years_on_time") > 0) & ~pl.col("late") & ~pl.col("overdue") & ~pl.col("bad_faith")
    return record.filter(clean).select("household_id")


def _loans(book: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Mark each loan: repaid on time, repaid late, overdue; and the day from which years count anew."""
    repaid_late = (pl.col("repaid_on") > pl.col("matures_on")).fill_null(value=False)
    overdue = pl.col("principal_days_late") > 0
    return book.with_columns(
        (pl.col("repaid_on") <= pl.col("matures_on")).fill_null(value=False).alias("on_time"),
        (repaid_late | overdue).alias("late"),
        overdue.alias("overdue"),
        pl.when(overdue).then(pl.lit(as_of)).when(repaid_late).then("repaid_on").alias("restart"),
    )


def _marks(frames: Frames, as_of: date) -> pl.DataFrame:
    """Give households with marks of bad faith: whether one is open, and the day from which years count."""
    marks = frames.as_of(as_of)["credit_marks"].filter(
        pl.col("mark") == CreditMark.BAD_FAITH.value, pl.col("marked_on") <= as_of
    )
    open_now = pl.col("cleared_on").is_null() | (pl.col("cleared_on") > as_of)
    return marks.group_by("household_id").agg(
        open_now.any().alias("bad_faith"),
        pl.when(open_now).then(pl.lit(as_of)).otherwise("cleared_on").max().alias("marked_until"),
    )


def _sums(loans: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    anew = pl.max_horizontal(pl.col("restart").max().over("household_id"), "marked_until")
    counted = loans.join(marks.drop("bad_faith"), on="household_id", how="left").with_columns(
        anew.alias("anew")
    )
    years = pl.col("repaid_on").filter(
        "on_time", pl.col("anew").is_null() | (pl.col("repaid_on") > pl.col("anew"))
    )
    lent = pl.col("kind") != LoanKind.EXTENSION.value  # an extension pays nothing out
    last = counted.sort("disbursed_on", "loan_id")
    return last.group_by("household_id").agg(
        pl.len().cast(pl.Int64).alias("loans"),
        pl.col("active").sum().cast(pl.Int64).alias("active_loans"),
        pl.col("overdue").any(),
        pl.col("late").last().alias("last_late"),
        pl.col("late").any(),
        years.dt.year().n_unique().cast(pl.Int64).alias("years_on_time"),
        pl.col("amount").filter(lent).last().alias("last_amount"),
    )


def _step(terms: _Terms, values: list[Any], dtype: pl.DataType) -> pl.Expr:
    """The value of the highest step that the years on time reach."""
    found = pl.lit(None, dtype)
    for step, value in zip(terms.steps, values, strict=True):
        reached = pl.col("years_on_time") >= step.now.years_on_time
        found = pl.when(reached).then(pl.lit(value, dtype)).otherwise(found)
    return found


def _uplifted(terms: _Terms) -> pl.Expr:
    clean = pl.col("credit_household") & ~pl.col("overdue") & ~pl.col("bad_faith") & ~pl.col("last_late")
    raised = pl.col("last_amount") * (PPM + terms.uplift) // PPM
    return pl.when(clean & (terms.uplift > 0)).then(raised).alias("uplifted_limit")


def _limits(terms: _Terms) -> tuple[pl.Expr, ...]:
    before = pl.max_horizontal(pl.col("step_limit").fill_null(0), pl.col("uplifted_limit").fill_null(0))
    capped = pl.min_horizontal(before, pl.lit(terms.cap))
    lowered = capped * (PPM - terms.lowering) // PPM
    return before.alias("before_cap"), pl.when("village_default").then(lowered).otherwise(capped).alias(
        "limit"
    )


def _reasons(terms: _Terms) -> pl.Expr:
    said = {
        "no_record": (pl.col("years_on_time") == 0) & ~pl.any_horizontal("late", "bad_faith"),
        "on_time": pl.col("years_on_time") > 0,
        "late": pl.col("late") & ~pl.col("overdue"),
        "overdue": pl.col("overdue"),
        "bad_faith": pl.col("bad_faith"),
        "uplift": pl.col("uplifted_limit").fill_null(0) > pl.col("step_limit").fill_null(0),
        "cap": pl.col("before_cap") > terms.cap,
        "village_lowered": pl.col("village_default") & (terms.lowering > 0),
    }
    texts = [pl.when(holds).then(pl.lit(code)) for code, holds in said.items()]
    return pl.concat_list(texts).list.drop_nulls().alias("reasons")


_REFERRED: Final = pl.any_horizontal("overdue", "bad_faith", "village_default").alias("referred")
