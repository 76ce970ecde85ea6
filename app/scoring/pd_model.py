"""The learned opinion, served from tables: features in, probability with interval, causes and reasons out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.errors import ArtefactError, XindengError
from app.domain.words import Cause
from app.scoring.calibration import Calibration, RatingRates
from app.scoring.drift import Reference
from app.scoring.explanation import REASON, REASONS_SHOWN, ScoredFeature, by_cause, reasons
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.scorecard import Scorecard

SHAP_COLUMNS: Final = tuple(f"shap_{cause.value}" for cause in Cause)
ESTIMATE_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "row": pl.UInt32(),
        **dict.fromkeys(("margin_fixed", "pd_ppm", "pd_low_ppm", "pd_high_ppm", *SHAP_COLUMNS), pl.Int64()),
        "reasons": pl.List(REASON),
    }
)


# What one challenger makes of one row; where it failed, no numbers but why, without a value of any row.
SHADOW: Final = pl.Struct(
    {"artefact_id": pl.String(), "margin_fixed": pl.Int64(), "pd_ppm": pl.Int64(), "failure": pl.String()}
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimator:
    """One trained artefact, ready to serve. It needs NumPy and tables, no learning library.

    `landmark_days` are the fewest and the most days to maturity between which it speaks; None for
    applications, which have no maturity yet. `trained_on` is "simulation" or "ledger". `reference` tells what
    it learnt from, None where that was not kept. `cause_lead` (fixed point) is by how much a cause must lead
    the next one to be named as the first: less could be chance.
    """

    artefact_id: str
    name: str
    trained_on: str
    landmark_days: tuple[int, int] | None
    features: tuple[ScoredFeature, ...]
    tables: ExplanationTables
    calibration: Calibration
    scorecard: Scorecard
    rating_rates: RatingRates | None
    manifest: Mapping[str, Any]
    reference: Reference | None = None
    cause_lead: int = 0

    def estimate(self, features: pl.DataFrame) -> pl.DataFrame:
        """Estimate every row of a features frame, in its order: the columns of ESTIMATE_SCHEMA.

        Probabilities in ppm; margin and `shap_<cause>` are log-odds in fixed point (2**-fraction_bits). Rows
        outside the landmarks' range get nulls. `reasons` holds the largest adverse contributions.
        """
        spoken = features.filter(self._within())
        values = self.matrix(spoken)
        contributions, margin = self.tables.contributions(values)
        pd, low, high = self.calibration.apply(margin, self._days(spoken))
        frame = pl.DataFrame(
            {
                "row": spoken["row"],
                "margin_fixed": margin,
                "pd_ppm": pd,
                "pd_low_ppm": low,
                "pd_high_ppm": high,
            }
            | by_cause(contributions, self.features)
            | {"reasons": reasons(values, contributions, self.features, REASONS_SHOWN)}
        )
        return features.select("row").join(frame, on="row", how="left", maintain_order="left")

    def opinion(self, features: pl.DataFrame) -> pl.DataFrame:
        """Give row, margin_fixed and pd_ppm only, of the rows within the landmarks' range."""
        spoken = features.filter(self._within())
        _, margin = self.tables.contributions(self.matrix(spoken))
        return spoken.select("row").with_columns(
            pl.Series("margin_fixed", margin),
            pl.Series("pd_ppm", self.calibration.apply(margin, self._days(spoken))[0]),
        )

    def contributions(self, features: pl.DataFrame) -> pl.DataFrame:
        """Give every feature's SHAP value: row and one Int64 column per feature, log-odds in fixed point."""
        found, _ = self.tables.contributions(self.matrix(features))
        columns = {feature.name: found[:, i] for i, feature in enumerate(self.features)}
        return features.select("row").with_columns(
            pl.Series(name, values) for name, values in columns.items()
        )

    def matrix(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Bring the estimator's columns into its order: (n, F) float64, NaN where not known."""
        missing = [feature.name for feature in self.features if feature.name not in features.columns]
        if missing:
            raise _lacking(missing)
        wanted = features.select(pl.col(feature.name).cast(pl.Float64) for feature in self.features)
        return np.ascontiguousarray(wanted.fill_null(np.nan).to_numpy())

    def _days(self, spoken: pl.DataFrame) -> NDArray[np.int64] | None:
        if self.landmark_days is None:
            return None
        return spoken["days_to_maturity"].cast(pl.Int64).to_numpy()

    def _within(self) -> pl.Expr:
        if self.landmark_days is None:
            return pl.lit(value=True)
        return pl.col("days_to_maturity").is_between(*self.landmark_days)


def estimate(features: pl.DataFrame, estimator: Estimator | None) -> pl.DataFrame:
    """Estimate with an estimator, or give the same columns all null where there is none."""
    if estimator is not None:
        return estimator.estimate(features)
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in ESTIMATE_SCHEMA.items() if name != "row"]
    return features.select("row").with_columns(empty)


def shadow(features: pl.DataFrame, challengers: Sequence[Estimator]) -> pl.DataFrame:
    """Give what challengers make of every row: row and `shadow`, a list of SHADOW; nobody is shown it.

    A challenger that fails says so in `failure` and stops neither the champion nor the others.
    """
    told = [_watched(features, each) for each in challengers]
    parts = pl.concat([pl.DataFrame(schema={"row": features.schema["row"], "s": SHADOW}), *told])
    lists = parts.group_by("row", maintain_order=True).agg(pl.col("s").alias("shadow"))
    return features.select("row").join(lists, on="row", how="left", maintain_order="left")


def _watched(features: pl.DataFrame, challenger: Estimator) -> pl.DataFrame:
    try:
        return _as_shadow(challenger.opinion(features), challenger, failure=None)
    except Exception as error:  # noqa: BLE001 - whoever is only watched must not stop who speaks
        # texts of other errors may quote values
        failure = error.problem.en if isinstance(error, XindengError) else type(error).__name__
        silent = features.select("row", margin_fixed=None, pd_ppm=None)
        return _as_shadow(silent, challenger, failure=failure)


def _as_shadow(said: pl.DataFrame, challenger: Estimator, *, failure: str | None) -> pl.DataFrame:
    named = said.with_columns(artefact_id=pl.lit(challenger.artefact_id), failure=pl.lit(failure, pl.String))
    return named.select("row", pl.struct(field.name for field in SHADOW.fields).cast(SHADOW).alias("s"))


def _lacking(names: list[str]) -> ArtefactError:
    listed = ", ".join(names)
    return ArtefactError(
        zh=f"特征表缺少模型需要的列：{listed}。",
        en=f"The features frame lacks columns of the model: {listed}.",
    )
