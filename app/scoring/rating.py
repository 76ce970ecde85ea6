"""The published rating: points, grade and limit as a pack says; one row or a million."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

from app.domain.money import FEN_PER_YUAN
from app.policy.entries import Reference
from app.policy.rules import Resolved, Rules
from app.policy.schema import Indicator, IndicatorInForce

AMOUNT_CAP: Final = "amount_cap"
InForceIndicator = Resolved[Indicator, IndicatorInForce]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorText:
    """What an answer says of an indicator beside its value and points."""

    code: str
    zh: str
    en: str
    unit: str
    feature: str
    part: str
    part_zh: str
    part_en: str
    most_points: int
    reference: Reference


def rate(features: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will rate every row by the rules in force.

    Gives `row`; `rating_points`; `rating_grade` (null below the lowest grade); `rating_limit` (fen, of the
    grade, 0 below the lowest); `limit_granted` (the same, within the cap in force); `rating_refer` (a value
    that the rating needs is missing: points, grade and limits are then null); `rating_parts` (points by
    part); `rating_indicators` (by code: `value`, `points`). Rules without a rating give nulls.
    """
    if not rules.parts:
        return features.select("row", *_NO_RATING)
    values, single, total, presented = _stages(rules)
    return features.select("row", *values).with_columns(*single).with_columns(total).select("row", *presented)


def citations(rules: Rules) -> tuple[IndicatorText, ...]:
    """This function will give the texts and references of all indicators, in the order of the pack."""
    parts = {part.code: part.entry for part in rules.parts}
    return tuple(
        IndicatorText(
            code=i.code,
            zh=i.entry.zh,
            en=i.entry.en,
            unit=i.entry.unit,
            feature=i.entry.feature,
            part=i.entry.part,
            part_zh=parts[i.entry.part].zh,
            part_en=parts[i.entry.part].en,
            most_points=i.now.best,
            reference=i.now.reference,
        )
        for i in rules.indicators
    )


@cache
def _stages(rules: Rules) -> tuple[list[pl.Expr], list[pl.Expr], pl.Expr, tuple[pl.Expr, ...]]:
    values = [pl.col(i.entry.feature).alias(_value(i.code)) for i in rules.indicators]
    return values, [points(i) for i in rules.indicators], _total(rules), _presented(rules)


def _value(code: str) -> str:
    return f"value_{code}"


def _presented(rules: Rules) -> tuple[pl.Expr, ...]:
    limit = _by_grade(rules, [g.now.limit * FEN_PER_YUAN for g in rules.grades], pl.lit(0, dtype=pl.Int64))
    return (
        pl.col("rating_points"),
        _by_grade(rules, [g.code for g in rules.grades], pl.lit(None, dtype=pl.String)).alias("rating_grade"),
        limit.alias("rating_limit"),
        _capped(limit, rules).alias("limit_granted"),
        pl.col("rating_points").is_null().alias("rating_refer"),
        _parts(rules).alias("rating_parts"),
        _indicators(rules).alias("rating_indicators"),
    )


_NO_RATING: Final = (
    pl.lit(None, dtype=pl.Int64).alias("rating_points"),
    pl.lit(None, dtype=pl.String).alias("rating_grade"),
    pl.lit(None, dtype=pl.Int64).alias("rating_limit"),
    pl.lit(None, dtype=pl.Int64).alias("limit_granted"),
    pl.lit(value=False).alias("rating_refer"),
    pl.lit(None, dtype=pl.Struct({})).alias("rating_parts"),
    pl.lit(None, dtype=pl.Struct({})).alias("rating_indicators"),
)


def points(indicator: InForceIndicator) -> pl.Expr:
    """This function will build the points of an indicator; null where its value is missing and refers."""
    value, last = pl.col(_value(indicator.code)), indicator.now.points[-1]
    found = _points(last.points)
    for band in reversed(indicator.now.points[:-1]):
        found = pl.when(value < band.below).then(_points(band.points)).otherwise(found)
    missing = _points(None if indicator.now.missing == "refer" else indicator.now.missing)
    return pl.when(value.is_null()).then(missing).otherwise(found).alias(indicator.code)


def _points(number: int | None) -> pl.Expr:
    return pl.lit(number, dtype=pl.Int64)


def _sum(indicators: Iterable[InForceIndicator]) -> pl.Expr:
    return pl.sum_horizontal([i.code for i in indicators])


def _total(rules: Rules) -> pl.Expr:
    needed = [pl.col(i.code).is_null() for i in rules.indicators if i.now.missing == "refer"]
    total = _sum(rules.indicators)
    return (pl.when(~pl.any_horizontal(needed)).then(total) if needed else total).alias("rating_points")


def _by_grade(rules: Rules, given: Sequence[str | int], below: pl.Expr) -> pl.Expr:
    total, found = pl.col("rating_points"), below
    pairs = sorted(zip(rules.grades, given, strict=True), key=lambda pair: pair[0].now.at_least)
    for grade, value in pairs:
        found = pl.when(total >= grade.now.at_least).then(pl.lit(value)).otherwise(found)
    return pl.when(total.is_not_null()).then(found)


def _capped(limit: pl.Expr, rules: Rules) -> pl.Expr:
    cap = rules.parameters.get(AMOUNT_CAP)
    return limit if cap is None else limit.clip(upper_bound=int(cap * FEN_PER_YUAN))


def _parts(rules: Rules) -> pl.Expr:
    by_part = {p.code: [i for i in rules.indicators if i.entry.part == p.code] for p in rules.parts}
    return pl.struct(_sum(indicators).alias(code) for code, indicators in by_part.items())


def _indicators(rules: Rules) -> pl.Expr:
    return pl.struct(
        pl.struct(pl.col(_value(i.code)).alias("value"), pl.col(i.code).alias("points")).alias(i.code)
        for i in rules.indicators
    )
