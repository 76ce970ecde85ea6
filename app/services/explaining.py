"""Explanations put to the test: how far another half of the households would have explained alike."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from app.domain.frames import Frames
from app.domain.money import PPM
from app.features.catalogue import BY_NAME
from app.features.feature import Stage
from app.policy.policy import Policy
from app.scoring.artifact import scored
from app.scoring.explanation import ScoredFeature
from app.scoring.learning import learn
from app.scoring.proxies import SEX, proxy_report
from app.scoring.spec import TrainingSpec
from app.scoring.splitting import Split, split_by_maturity
from app.scoring.stability import Explainer, Stability, cause_lead, stability
from app.scoring.training_rows import matrix, scored_columns, training_rows
from app.services.desk import Desk

DEFAULT_DAYS: Final = "default_days_after_maturity"


def explanation_stability(
    counties: Sequence[Frames],
    stage: Stage,
    *,
    policy: Policy,
    known_until: date,
    trained_on: str,
    repeats: int,
) -> Stability:
    """This function will train on random halves of the households and compare what they say of later loans.

    The loans compared mature after all that was learnt from. Raises TrainingError as training does.
    """
    spec = _spec(stage, policy, known_until, trained_on)
    return stability_of(split_by_maturity(training_rows(counties, spec), spec), spec, repeats=repeats)


def _spec(stage: Stage, policy: Policy, known_until: date, trained_on: str) -> TrainingSpec:
    said = policy.at(known_until).parameters
    return TrainingSpec(
        stage=stage, trained_on=trained_on, known_until=known_until,
        default_days=int(said[DEFAULT_DAYS]), flagged_ppm=round(said["pd_yellow"] * PPM),
    )  # fmt: skip


def proxies_of(
    counties: Sequence[Frames],
    stage: Stage,
    *,
    policy: Policy,
    known_until: date,
    trained_on: str,
    sexes: pl.DataFrame | None,
) -> dict[str, Any]:
    """This function will report which modelled features give away what is refused; see `proxy_report`."""
    spec = _spec(stage, policy, known_until, trained_on)
    return proxy_report(training_rows(counties, spec), scored_columns(spec), sexes)


def sexes_of(desk: Desk, frames: Frames) -> pl.DataFrame:
    """This function will read borrowers' sex off the 17th digit of their ID numbers: borrower_id, sex.

    For the proxy report alone: odd is male, even female (GB 11643-1999). The caller forgets it afterwards.
    """
    borrowers = frames["loans"]["borrower_id"].unique().sort().to_list()
    digit = pl.col("id_number").str.slice(16, 1).cast(pl.Int64, strict=False)
    with desk.store.read() as work:
        parts = [
            part.select(pl.col("person_id").alias("borrower_id"), (digit % 2).alias(SEX))
            for part in work.people.identities(borrowers)
        ]
    return pl.concat([pl.DataFrame(schema={"borrower_id": pl.String, SEX: pl.Int64}), *parts])


def stability_of(split: Split, spec: TrainingSpec, *, repeats: int) -> Stability:
    """This function will measure the stability of explanations on rows cut by maturity, the last part's."""
    columns = scored_columns(spec)
    *earlier, judged = split.parts.values()

    features, flagged = _scored(columns, judged), spec.flagged_ppm / PPM

    def fit(half: pl.DataFrame) -> Explainer:
        learned = learn(half, columns, spec, spec.kind)
        lead = cause_lead(learned.single, half, features, folds=spec.recipe.folds, flagged=flagged)
        return Explainer(tables=learned.tables, lead=lead)

    train = pl.concat(earlier)
    return stability(train, judged, features, fit, flagged=flagged, repeats=repeats, seed=spec.seed)


def _scored(columns: Sequence[str], rows: pl.DataFrame) -> list[ScoredFeature]:
    known = [column[~np.isnan(column)] for column in matrix(rows, columns).T]
    typical = [float(np.median(column)) if column.size else None for column in known]
    return [scored(BY_NAME[name], typical=middle) for name, middle in zip(columns, typical, strict=True)]
