"""Recovery and re-lending of a period, against what a scheme asks for."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import LoanKind
from app.features.expressions import ratio
from app.features.facts import Facts
from app.features.household_loans import dues, household_loans, payments
from app.policy.rules import Rules
from app.portfolio.book import loan_book
from app.portfolio.scheme import parameter

RECOVERY_COLUMNS: Final = (
    "due", "recovered_of_due", "recovery_rate", "recovery_met", "recovered", "lent", "lent_again",
    "relending_rate", "relending_met",
)  # fmt: skip
_SUMS: Final = ("due", "recovered_of_due", "recovered", "lent")
_FRESH: Final = (LoanKind.NEW.value, LoanKind.TOP_UP.value)  # renewal and extension pay nothing out


def recovery(
    frames: Frames, *, starts: date, ends: date, as_of: date, rules: Rules, by: str = "township_code"
) -> pl.DataFrame:
    """This function will measure, place by place, what was recovered and lent again in a period.

    One row per `by` (a column of the loan book), then RECOVERY_COLUMNS; sums in fen, as known by `as_of`
    (a day after `ends`, when the books of the last day are closed). `due` is the principal that fell due in
    the period, both days included, of loans that no renewal or extension continues; `recovered_of_due` what
    payments up to its end cover of it, the oldest dues first; `recovery_rate` their ratio. `recovered` is all
    principal paid back in the period, `lent` what new loans and top-ups paid out; `lent_again` is no more
    than was recovered, and `relending_rate` its share of that: what is lent beyond is fresh money. A rate
    of nothing is null and so is whether it is met. Bounds: `least_recovery_rate`, `least_relending_rate`
    (云南 2000, 第十九条、第二十一条). Raises SchemeAbsentError.
    """
    bounds = {name: parameter(rules, f"least_{name}_rate", as_of=ends) for name in ("recovery", "relending")}
    lines = _lines(frames, as_of)
    sums = _sums(Facts.of(frames), lines, starts, ends)
    places = loan_book(frames, as_of=as_of).select("loan_id", by)
    totals = sums.join(places, on="loan_id").group_by(by).agg(pl.col(*_SUMS).sum())
    rated = totals.with_columns(pl.min_horizontal("lent", "recovered").alias("lent_again")).with_columns(
        ratio(pl.col("recovered_of_due"), pl.col("due")).alias("recovery_rate"),
        ratio(pl.col("lent_again"), pl.col("recovered")).alias("relending_rate"),
    )
    met = [(pl.col(f"{name}_rate") >= bound).alias(f"{name}_met") for name, bound in bounds.items()]
    return rated.with_columns(met).select(by, *RECOVERY_COLUMNS).sort(by)


def _lines(frames: Frames, as_of: date) -> pl.DataFrame:
    owners = frames["loans"].select("household_id").unique().sort("household_id")
    keys = owners.with_row_index("row").with_columns(pl.lit(as_of).alias("as_of"))
    return household_loans(Facts.of(frames), keys)


def _sums(facts: Facts, lines: pl.DataFrame, starts: date, ends: date) -> pl.DataFrame:
    """Give each loan what fell due before and within the period, what was paid, and what was lent."""
    principal, within = pl.col("principal"), pl.col("on").is_between(starts, ends)
    fell_due = dues(facts, lines).group_by("line").agg(
        principal.filter(pl.col("on") < starts).sum().alias("due_before"),
        principal.filter(within).sum().alias("due"),
    )  # fmt: skip
    paid = payments(facts, lines).group_by("line").agg(
        principal.filter(pl.col("on") <= ends).sum().alias("paid"),
        principal.filter(within).sum().alias("recovered"),
    ).collect()  # fmt: skip
    joined = lines.join(fell_due, on="line", how="left").join(paid, on="line", how="left")
    counts = pl.col("due_before", "due", "paid", "recovered").fill_null(0)
    return joined.with_columns(counts).with_columns(_of_period(starts, ends)).with_columns(_COVERED)


def _of_period(starts: date, ends: date) -> tuple[pl.Expr, ...]:
    lent = pl.col("kind").is_in(_FRESH) & pl.col("disbursed_on").is_between(starts, ends)
    return (
        pl.when("continued").then(0).otherwise("due").alias("due"),
        pl.when(lent).then("amount").otherwise(0).alias("lent"),
    )


_COVERED: Final = (
    pl.min_horizontal(pl.max_horizontal(pl.col("paid") - pl.col("due_before"), 0), "due")
).alias("recovered_of_due")
