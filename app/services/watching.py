"""Watching the learned opinion: drift before and after outcomes, and where two opinions differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from app.assessment import thresholds
from app.domain.errors import ArtefactError, Problem
from app.domain.words import Light
from app.features.feature import Stage
from app.policy.policy import Rules
from app.scoring.cohorts import COHORTS, cohorts
from app.scoring.labels import DEFAULTED, REPAID
from app.scoring.pd_model import Estimator
from app.scoring.swaps import disagreement, swap_set
from app.services.desk import Desk
from app.services.drifting import compared
from app.services.matured import formal_days, told_outcomes

RATING: Final = "631"
# the estimator's part of what an assessment names as its artefacts, whatever effects stood beside it
_SPEAKER: Final = pl.col("artefact_id").str.split("+").list.first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far loans are from those before them, and how estimates did where outcomes have come.

    All STABILITY: `scores` by place and month, pooled upward, and `apart`, the features of the county's
    last year, both beside what was learnt from; `features` and the score beside the county's own past.
    `performance` is by cohort and artefact; `notes` say what could not be compared.
    """

    artefact_id: str
    scores: pl.DataFrame
    features: pl.DataFrame
    apart: pl.DataFrame
    performance: pl.DataFrame
    notes: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Two opinions, by 631 or artefact id: the matrix of their bands, and whom each alone would flag."""

    first: str
    second: str
    matrix: pl.DataFrame
    swaps: pl.DataFrame


def drift(desk: Desk, rules: Rules, *, as_of: date) -> Drift:
    """This function will watch the maturity champion on the loans of the last year as of a day.

    Each loan, of the years before too, is seen on the day of its formal assessment and as known then.
    """
    champion = _champion(desk)
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=as_of)
        said, shadows = work.watching.said(as_of), work.watching.shadows(as_of)
    told = told_outcomes(frames, rules, as_of=as_of)
    found = compared(frames, told, champion, rules, as_of=as_of)
    return Drift(
        artefact_id=champion.artefact_id, scores=found.scores, features=found.features, apart=found.apart,
        performance=_performance(_by_artefact(said, shadows, rules), told, rules), notes=found.notes,
    )  # fmt: skip


def swaps(desk: Desk, rules: Rules, *, as_of: date) -> list[Swap]:
    """This function will compare the 631 with the champion, and the champion with every challenger.

    On what was said of each loan at its formal assessment; each opinion flags as many loans as the
    champion's threshold of yellow does.
    """
    champion, bounds = _champion(desk), thresholds(rules)
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=as_of)
        said, shadows = work.watching.said(as_of), work.watching.shadows(as_of)
    told = told_outcomes(frames, rules, as_of=as_of).filter(pl.col("outcome").is_in([REPAID, DEFAULTED]))
    bad = told.select("loan_id", (pl.col("outcome") == DEFAULTED).alias("bad"))
    formal = _formal(said.filter(_SPEAKER.eq(champion.artefact_id)), rules).join(
        bad, on="loan_id", how="left"
    )
    rated = formal.with_columns(_rating_ppm(formal, champion).alias("first_ppm"), second_ppm="pd_ppm")
    found = [_swap(RATING, champion.artefact_id, rated, bounds, by="second_ppm")]
    for artefact_id, rows in _shadowed(shadows):
        both = formal.join(rows, on=["loan_id", "as_of", "inputs_hash"], suffix="_shadow")
        named = both.with_columns(first_ppm="pd_ppm", second_ppm="pd_ppm_shadow")
        found.append(_swap(champion.artefact_id, artefact_id, named, bounds, by="first_ppm"))
    return found


def _swap(first: str, second: str, rows: pl.DataFrame, bounds: Mapping[Light, int], *, by: str) -> Swap:
    flagged = int((rows.drop_nulls(["first_ppm", "second_ppm"])[by] >= bounds[Light.YELLOW]).sum())
    matrix, parts = disagreement(rows, bounds), swap_set(rows, flagged=flagged)
    return Swap(first=first, second=second, matrix=matrix, swaps=parts)


def _champion(desk: Desk) -> Estimator:
    found = desk.estimators.get(Stage.MATURITY.value)
    if found is None:
        raise ArtefactError(zh="没有在用的到期违约模型。", en="No maturity estimator is in service.")
    return found


def _rating_ppm(rows: pl.DataFrame, champion: Estimator) -> pl.Series:
    points = rows["rating_points"]
    if champion.rating_rates is None or rows.is_empty():
        return pl.Series([None] * rows.height, dtype=pl.Int64)
    rates = pl.Series("rate", champion.rating_rates.of(points.fill_null(0).to_numpy())[0])
    return pl.select(pl.when(points.is_not_null()).then(rates)).to_series()


def _formal(said: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Of each loan, take the last estimate up to its formal day, or the first one after it."""
    days = formal_days(rules)
    spoken = said.filter(pl.col("pd_ppm").is_not_null(), pl.col("days_to_maturity") >= 0)
    early = pl.col("days_to_maturity") >= days
    away = (
        pl.when(early)
        .then(pl.col("days_to_maturity") - days)
        .otherwise(pl.col("days_to_maturity").max() + days - pl.col("days_to_maturity"))
    )
    ordered = spoken.with_columns(away.alias("away")).sort("loan_id", "away")
    return ordered.unique("loan_id", keep="first", maintain_order=True).drop("away")


def _shadowed(shadows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for rows in shadows.partition_by("artefact_id", maintain_order=True):
        yield str(rows["artefact_id"][0]), rows.drop("artefact_id", "margin_fixed")


def _by_artefact(said: pl.DataFrame, shadows: pl.DataFrame, rules: Rules) -> dict[str, pl.DataFrame]:
    """Part by estimator what each made of loans, whether it spoke or was only watched."""
    watched = said.drop("pd_ppm", "artefact_id").join(
        shadows.drop("margin_fixed"), on=["loan_id", "as_of", "inputs_hash"]
    )
    everything = pl.concat([said.with_columns(_SPEAKER.alias("artefact_id")), watched.select(said.columns)])
    parts = everything.partition_by("artefact_id", maintain_order=True)
    return {str(rows["artefact_id"][0]): _formal(rows, rules) for rows in parts if rows["artefact_id"][0]}


def _performance(spoken: Mapping[str, pl.DataFrame], told: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    ended = told.filter(pl.col("outcome").is_in([REPAID, DEFAULTED])).select(
        "loan_id", "household_id", (pl.col("outcome") == DEFAULTED).cast(pl.Float64).alias("bad")
    )
    least = rules.parameters["drift_least_defaults"]
    parts = [
        cohorts(rows.join(ended, on="loan_id"), least_defaults=least).with_columns(
            pl.lit(name).alias("artefact_id")
        )
        for name, rows in spoken.items()
    ]
    schema = {**COHORTS, "artefact_id": pl.String()}
    return pl.concat([pl.DataFrame(schema=schema), *parts])
