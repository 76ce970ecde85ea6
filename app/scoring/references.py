"""What an artefact keeps of the loans it was made from, so that drift can be watched. Training only."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from app.features.feature import Stage
from app.scoring.drift import SCORE, Histogram, Reference, reference_of
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.spec import TrainingSpec
from app.scoring.training_rows import matrix

_FORMAL: Final = 30  # days before maturity at which loans are compared, or the landmark nearest to it


def training_reference(
    rows: pl.DataFrame, tables: ExplanationTables, spec: TrainingSpec, *, test_from: date
) -> Reference:
    """Describe training rows, those restructured too, since nobody knows of a live loan whether it will be.

    Features as of the loans that mature before `test_from`; margins as of the later ones, on which the
    tables were not fitted and speak as they will in service.
    """
    landmark = _landmark(spec)
    seen = rows if landmark is None else rows.filter(_days_before() == landmark)
    learnt, later = (
        matrix(part, tables.features)
        for part in (seen.filter(pl.col("ends_on") < test_from), seen.filter(pl.col("ends_on") >= test_from))
    )
    margin = tables.to_log_odds(tables.contributions(later)[1])
    found = reference_of(learnt, tables.features, np.empty(0), landmark_days=landmark)
    return Reference(
        landmark_days=landmark, rows=found.rows, histograms={**found.histograms, SCORE: Histogram.of(margin)}
    )


def _landmark(spec: TrainingSpec) -> int | None:
    if spec.stage is not Stage.MATURITY:
        return None
    return min(spec.landmarks, key=lambda days: (abs(days - _FORMAL), days))


def _days_before() -> pl.Expr:
    return (pl.col("ends_on") - pl.col("as_of")).dt.total_days()
