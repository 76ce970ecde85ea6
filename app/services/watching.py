"""Watching the learned opinion: drift before and after outcomes, and where two opinions differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from app.assessment import thresholds
from app.domain.errors import ArtefactError, Problem
from app.domain.frames import Frames
from app.domain.words import Light
from app.features.feature import Stage
from app.policy.policy import Rules
from app.scoring.cohorts import COHORTS, cohorts
from app.scoring.drift import SCORE, Histogram, Reference, pooled, stability
from app.scoring.labels import DEFAULTED, REPAID
from app.scoring.pd_model import Estimator
from app.scoring.swaps import disagreement, swap_set
from app.services.desk import Desk
from app.services.matured import formal_days, seen_rows, told_outcomes

_WINDOW: Final = 365  # days of maturities that are watched
RATING: Final = "631"
# the estimator's part of what an assessment names as its artefacts, whatever effects stood beside it
_SPEAKER: Final = pl.col("artefact_id").str.split("+").list.first()
STABILITY: Final = pl.Schema(
    {
        "place": pl.String(), "period": pl.String(), "rest": pl.Boolean(), "column": pl.String(),
        "loans": pl.Int64(), "psi": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
        "noise": pl.Float64(), "verdict": pl.String(),
    }
)  # fmt: skip
NO_REFERENCE: Final = Problem(
    zh="在用工件没有保存训练时的分布（reference.json），不能比较漂移；重新训练即可。",
    en="The champion keeps no reference of its training (reference.json), so drift cannot be compared; "
    "train it again.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far loans are from those learnt from, and how estimates did where outcomes have come.

    `scores` by place and month, pooled upward, and `features` by quarter of the county (STABILITY, both
    empty with a `note` where the artefact keeps no reference); `performance` by cohort and artefact.
    """

    artefact_id: str
    scores: pl.DataFrame
    features: pl.DataFrame
    performance: pl.DataFrame
    note: Problem | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Two opinions, by 631 or artefact id: the matrix of their bands, and whom each alone would flag."""

    first: str
    second: str
    matrix: pl.DataFrame
    swaps: pl.DataFrame


def drift(desk: Desk, rules: Rules, *, as_of: date) -> Drift:
    """This function will watch the maturity champion on the loans of the last year as of a day.

    Each loan is seen on the day of its formal assessment, like those in the reference.
    """
    champion = _champion(desk)
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=as_of)
        said, shadows = work.watching.said(as_of), work.watching.shadows(as_of)
    told = told_outcomes(frames, rules, as_of=as_of)
    scores = features = pl.DataFrame(schema=STABILITY)
    if champion.reference is not None:
        scores, features = _stabilities(frames, told, champion, champion.reference, rules, as_of)
    return Drift(
        artefact_id=champion.artefact_id, scores=scores, features=features,
        performance=_performance(_by_artefact(said, shadows, rules), told, rules),
        note=NO_REFERENCE if champion.reference is None else None,
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


def _stabilities(
    frames: Frames, told: pl.DataFrame, champion: Estimator, reference: Reference, rules: Rules, as_of: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    days = reference.landmark_days or formal_days(rules)
    last = as_of + timedelta(days=days)  # whose day of assessment has come
    due = told.filter(pl.col("matures_on").is_between(last - timedelta(days=_WINDOW), last))
    rows = seen_rows(frames, due["loan_id"], champion, days_before=days)
    rows = rows.drop("row").with_row_index("row")
    said = champion.opinion(rows)
    margin = pl.Series(SCORE, champion.tables.to_log_odds(said["margin_fixed"].to_numpy()))
    scored = rows.join(said.select("row"), on="row", how="semi").with_columns(margin)
    grouped = pooled(scored, least=rules.parameters["drift_least_loans"])
    quarters = grouped.with_columns(
        pl.col("village_code").str.head(6).alias("place"), _QUARTER, pl.lit(value=False).alias("rest")
    )
    kept = {n: h for n, h in reference.histograms.items() if n in quarters.columns and n != SCORE}
    return (
        _table(grouped, {SCORE: reference.histograms[SCORE]}, rules),
        _table(quarters, kept, rules),
    )


_QUARTER: Final = pl.format(
    "{}-Q{}", pl.col("matures_on").dt.year(), pl.col("matures_on").dt.quarter()
).alias("period")


def _table(rows: pl.DataFrame, histograms: Mapping[str, Histogram], rules: Rules) -> pl.DataFrame:
    parts = rows.partition_by("place", "period", maintain_order=True)
    told = [_row(part, name, h, rules) for part in parts for name, h in histograms.items()]
    return pl.DataFrame(told, schema=STABILITY).sort("period", "place", "column")


def _row(part: pl.DataFrame, name: str, histogram: Histogram, rules: Rules) -> dict[str, Any]:
    values = part[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    found, bounds = stability(histogram.count(values), histogram.counts), rules.parameters
    verdict = found.verdict(
        least=bounds["drift_least_loans"], watch=bounds["drift_watch"], act=bounds["drift_act"]
    )
    return {
        "place": part["place"][0], "period": part["period"][0], "rest": part["rest"][0], "column": name,
        "loans": found.n, "psi": found.psi, "low": found.low, "high": found.high, "noise": found.noise,
        "verdict": verdict,
    }  # fmt: skip
