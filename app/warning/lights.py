"""Lights: the worst of triggers, model, missing evidence and guards, with all their reasons (design §7)."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np
import polars as pl

from app.domain.words import Light
from app.policy.policy import Rules
from app.warning.lists import Positions, fired, lists, observed
from app.warning.triggers import LIGHTS

RANKS: Final = {light.value: light.rank for light in Light}


def worst(*lights: pl.Expr) -> pl.Expr:
    """This function will take the worst of lights (codes) in any order; null is no opinion."""
    ranks = [light.replace_strict(RANKS, return_dtype=pl.Int8) for light in lights]
    rank = pl.max_horizontal(*ranks, pl.lit(Light.GREEN.rank, dtype=pl.Int8))
    codes = {place: light for light, place in RANKS.items()}
    return rank.replace_strict(codes, return_dtype=pl.String)


def model_light(pd_ppm: pl.Expr, *, yellow_ppm: int, red_ppm: int) -> pl.Expr:
    """This function will turn a probability of default into a light; null stays null."""
    red, yellow, green = (pl.lit(light.value) for light in (Light.RED, Light.YELLOW, Light.GREEN))
    warns = pl.when(pd_ppm >= red_ppm).then(red).when(pd_ppm >= yellow_ppm).then(yellow)
    return warns.when(pd_ppm.is_not_null()).then(green)


def judge_evidence(features: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will say which required evidence is missing or stale for every loan.

    Gives `row`, `data_gap` and `data_gaps`: `code`, `state` (missing or stale), `age_days` and
    `max_age_days`. Evidence whose `when` cannot be known is required.
    """
    at, which = fired(features, _is_unseen(rules))
    entries = _gaps(features, rules, at, which)
    flag = np.zeros(features.height, dtype=np.bool_)
    flag[at] = True
    column = lists(features.height, at, entries, "data_gaps")
    return features.select("row", pl.Series("data_gap", flag), column)


@cache
def _is_unseen(rules: Rules) -> tuple[pl.Expr, ...]:
    ages = [pl.col(e.entry.feature).cast(pl.Float64) for e in rules.evidence]
    needs = [
        _required(e.now.when.expression(rules.parameters) if e.now.when else None) for e in rules.evidence
    ]
    return tuple(
        (age.is_null() | (age > evidence.now.max_age_days)) & need
        for evidence, age, need in zip(rules.evidence, ages, needs, strict=True)
    )


def _required(when: pl.Expr | None) -> pl.Expr:
    return pl.lit(value=True) if when is None else when.fill_null(value=True)


def _gaps(features: pl.DataFrame, rules: Rules, at: Positions, which: Positions) -> pl.DataFrame:
    table = pl.DataFrame(
        [(e.code, e.now.max_age_days) for e in rules.evidence],
        schema={"code": pl.String, "max_age_days": pl.Int64},
        orient="row",
    )[which]
    age = observed(features, [e.entry.feature for e in rules.evidence], at, which).alias("age_days")
    state = pl.when(age.is_null()).then(pl.lit("missing")).otherwise(pl.lit("stale")).alias("state")
    return table.select("code", state, age, "max_age_days")


def judge_guards(features: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will say which guards against hiding a bad loan speak (design §8).

    Gives `row`, `guard_light`, `guard_second_person` and `guards`: `code` and `light`.
    """
    at, which = fired(features, _guarded(rules))
    table = pl.DataFrame(
        [(g.code, g.now.at_least.value, g.now.at_least.rank, g.now.second_person) for g in rules.guards],
        schema={"code": pl.String, "light": pl.String, "rank": pl.Int8, "second": pl.Boolean},
        orient="row",
    )[which]
    rank = np.zeros(features.height, dtype=np.int8)
    np.maximum.at(rank, at, table["rank"].to_numpy())
    second = np.zeros(features.height, dtype=np.bool_)
    np.logical_or.at(second, at, table["second"].to_numpy())
    return features.select(
        "row",
        LIGHTS.gather(rank).alias("guard_light"),
        pl.Series("guard_second_person", second),
        lists(features.height, at, table.select("code", "light"), "guards"),
    )


@cache
def _guarded(rules: Rules) -> tuple[pl.Expr, ...]:
    return tuple(guard.now.when.expression(rules.parameters) for guard in rules.guards)


def judge_lights(judged: pl.DataFrame, thresholds: Mapping[Light, int]) -> pl.DataFrame:
    """This function will give every loan the worst of its lights.

    `judged` has `row`, `pd_ppm`, `trigger_light`, `data_gap` and `guard_light`. Gives `row`, `light`,
    `light_rank` (0 green to 2 red), `model_light` and `pd_threshold_ppm`, both null without an estimate.
    """
    yellow, red = thresholds[Light.YELLOW], thresholds[Light.RED]
    model = model_light(pl.col("pd_ppm"), yellow_ppm=yellow, red_ppm=red)
    gap = pl.when(pl.col("data_gap")).then(pl.lit(Light.YELLOW.value))
    light = worst(pl.col("trigger_light"), model, gap, pl.col("guard_light"))
    bounds = {Light.RED.value: red, Light.YELLOW.value: yellow}
    threshold = model.replace_strict(bounds, default=None, return_dtype=pl.Int64)
    return judged.select(
        "row",
        light.alias("light"),
        light.replace_strict(RANKS, return_dtype=pl.Int8).alias("light_rank"),
        model.alias("model_light"),
        threshold.alias("pd_threshold_ppm"),
    )
