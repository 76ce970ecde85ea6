"""Credit standing of groups, villages and townships (乡村组户四信), from their households and loans."""

from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import Final

import polars as pl

from app.domain.errors import NoRulesInForceError
from app.domain.identity import TOWNSHIP_DIGITS
from app.domain.words import CreditMark
from app.policy.rules import Resolved, Rules
from app.policy.schemes import Standing, StandingInForce

CREDIT_POINTS: Final = "credit_household_points"
HOUSEHOLD_COLUMNS: Final = (
    "household_id", "village_code", "village_group", "rated", "rating_grade", "eligible",
)  # fmt: skip
SHARES: Final = (
    "rated_share", "credit_household_share", "clean_borrower_share", "overdue_rate_amount",
    "overdue_rate_change", "credit_group_share", "credit_village_share",
)  # fmt: skip
COUNTS: Final = ("households", "bad_faith_defaults_12m")
PLACE_COLUMNS: Final = (
    "level", "township_code", "village_code", "village_group", *COUNTS, *SHARES, "standing", "rank",
    "unclear",
)  # fmt: skip
_DIGITS: Final = 9  # shares are subtracted to a billionth, so that bounds hold on both sides
_GROUP: Final = ("township_code", "village_code", "village_group")
_VILLAGE: Final = ("township_code", "village_code")
_TOWNSHIP: Final = ("township_code",)
Entries = Sequence[Resolved[Standing, StandingInForce]]


def place_standings(
    households: pl.DataFrame,
    book: pl.DataFrame,
    *,
    before: pl.DataFrame,
    marks: pl.DataFrame,
    as_of: date,
    rules: Rules,
) -> pl.DataFrame:
    """This function will give every group, village and township its measures and standing: PLACE_COLUMNS.

    `households` has HOUSEHOLD_COLUMNS (`rated`: there are points, with or without a grade), `book` is the
    loan book of the day and `before` that of a year earlier, `marks` the credit marks known. Shares are from
    0 to 1 and null where there is nothing to share: no borrower, no rated household, no group. A year before,
    a place that owed nothing had nothing overdue. `standing` is the code with the highest rank that holds,
    `unclear` lists those that cannot be told. A household counts as credit household from the grade that
    begins at the pack's `credit_household_points`. Raises NoRulesInForceError without standings.
    """
    _refuse_without_standings(rules, as_of)
    facts = _facts(households, book, before, _recent_bad_faith(marks, as_of), _credit_grades(rules))
    groups = _judged(_measured(facts.filter(pl.col("village_group").is_not_null()), _GROUP), "group", rules)
    villages = _measured(facts, _VILLAGE, groups, "credit_group_share")
    judged = _judged(villages, "village", rules)
    townships = _judged(_measured(facts, _TOWNSHIP, judged, "credit_village_share"), "township", rules)
    every = pl.concat([groups, judged, townships], how="diagonal")
    return every.select(PLACE_COLUMNS).sort(
        "township_code", "village_code", "village_group", nulls_last=False, maintain_order=True
    )


def _refuse_without_standings(rules: Rules, as_of: date) -> None:
    if not rules.standings:
        raise NoRulesInForceError(
            zh=f"政策包“{rules.policy}”在 {as_of} 没有信用村镇评定规定",
            en=f"the policy pack {rules.policy!r} has no credit standings on {as_of}",
            policy=rules.policy,
            day=as_of.isoformat(),
        )


def _credit_grades(rules: Rules) -> list[str]:
    least = rules.parameters.get(CREDIT_POINTS)
    return [grade.code for grade in rules.grades if least is None or grade.now.at_least >= least]


def _recent_bad_faith(marks: pl.DataFrame, as_of: date) -> pl.DataFrame:
    day = pl.lit(as_of)
    recent = pl.col("marked_on").is_between(day.dt.offset_by("-12mo"), day, closed="right")
    found = marks.filter(recent, pl.col("mark") == CreditMark.BAD_FAITH.value)
    return found.group_by("household_id").agg(pl.len().cast(pl.Int64).alias("bad_faith"))


def _facts(
    households: pl.DataFrame, book: pl.DataFrame, before: pl.DataFrame, bad: pl.DataFrame, credit: list[str]
) -> pl.DataFrame:
    """One row per household: what it owes now and a year before, whether it is clean, its grade."""
    now = _owing(book)
    then = _owing(before).select("household_id", pl.col("owed", "overdue").name.suffix("_before"))
    joined = reduce(lambda rows, more: rows.join(more, on="household_id", how="left"), [now, then, bad],
                    households.select(HOUSEHOLD_COLUMNS))  # fmt: skip
    return joined.with_columns(
        pl.col("village_code").str.head(TOWNSHIP_DIGITS).alias("township_code"),
        pl.col("owed", "overdue", "owed_before", "overdue_before", "bad_faith").fill_null(0),
        (pl.col("rated") & pl.col("rating_grade").is_in(credit)).fill_null(value=False).alias("credit"),
    )


def _owing(book: pl.DataFrame) -> pl.DataFrame:
    late = (pl.col("principal_overdue") > 0) | (pl.col("interest_overdue") > 0)
    return book.filter("active").group_by("household_id").agg(
        pl.col("balance").sum().alias("owed"),
        pl.col("principal_overdue").sum().alias("overdue"),
        (~late.any()).alias("clean"),
    )  # fmt: skip


def _measured(
    facts: pl.DataFrame, by: tuple[str, ...], parts: pl.DataFrame | None = None, share: str = ""
) -> pl.DataFrame:
    """Add up households by place; `parts` are the judged places within, whose standing makes a `share`."""
    sums = facts.group_by(by, maintain_order=True).agg(_SUMS).with_columns(_MEASURES)
    if parts is not None:
        with_standing = pl.col("rank").fill_null(0) > 0
        found = parts.group_by(by).agg(with_standing.mean().alias(share))
        sums = sums.join(found, on=list(by), how="left", maintain_order="left")
    missing = [pl.lit(None, pl.Float64).alias(name) for name in SHARES if name not in sums.columns]
    return sums.with_columns(missing)


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


_SUMS: Final = (
    pl.len().cast(pl.Int64).alias("households"),
    pl.col("eligible").sum().alias("able"),
    (pl.col("eligible") & pl.col("rated")).sum().alias("able_rated"),
    pl.col("rated").sum().alias("with_rating"),
    pl.col("credit").sum().alias("with_credit"),
    pl.col("clean").is_not_null().sum().alias("borrowers"),
    pl.col("clean").sum().alias("clean_borrowers"),
    pl.col("owed", "overdue", "owed_before", "overdue_before").sum(),
    pl.col("bad_faith").sum().alias("bad_faith_defaults_12m"),
)
_MEASURES: Final = (
    _share("able_rated", "able").alias("rated_share"),
    _share("with_credit", "with_rating").alias("credit_household_share"),
    _share("clean_borrowers", "borrowers").alias("clean_borrower_share"),
    _share("overdue", "owed").alias("overdue_rate_amount"),
    (_share("overdue", "owed") - _share("overdue_before", "owed_before").fill_null(0.0))
    .round(_DIGITS)
    .alias("overdue_rate_change"),
)


def _judged(places: pl.DataFrame, level: str, rules: Rules) -> pl.DataFrame:
    entries = sorted((s for s in rules.standings if s.entry.level == level), key=lambda s: s.entry.rank)
    return places.with_columns(
        pl.lit(level).alias("level"), *_highest(entries, rules), _unclear(entries, rules)
    )


def _highest(entries: Entries, rules: Rules) -> tuple[pl.Expr, pl.Expr]:
    standing, rank = pl.lit(None, pl.String), pl.lit(None, pl.Int64)
    for entry in entries:
        holds = entry.now.when.expression(rules.parameters)
        standing = pl.when(holds).then(pl.lit(entry.code)).otherwise(standing)
        rank = pl.when(holds).then(pl.lit(entry.entry.rank, pl.Int64)).otherwise(rank)
    return standing.alias("standing"), rank.alias("rank")


def _unclear(entries: Entries, rules: Rules) -> pl.Expr:
    codes = [
        pl.when(entry.now.when.expression(rules.parameters).is_null()).then(pl.lit(entry.code))
        for entry in entries
    ]
    listed = pl.concat_list(codes).list.drop_nulls() if codes else pl.lit([], pl.List(pl.String()))
    return listed.alias("unclear")
