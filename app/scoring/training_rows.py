"""Training rows: features at landmarks with what became of the loan, and weights for who was restructured."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.errors import TrainingError
from app.domain.frames import Frames
from app.domain.words import LoanKind
from app.features.base import landmark_base, origination_base
from app.features.build import build
from app.features.catalogue import BY_NAME, modelled, refused_as
from app.features.context import Context
from app.features.feature import Stage
from app.scoring.labels import DEFAULTED, OPEN, REPAID, RESTRUCTURED, outcomes
from app.scoring.logistic import expit, fit, standardised
from app.scoring.spec import TrainingSpec

HELPED: Final = "helped"  # in place of an outcome that is the medicine's
_TREATED: Final = (RESTRUCTURED, HELPED)
_APPLIED_FOR: Final = (LoanKind.NEW.value, LoanKind.TOP_UP.value)
_WEIGHT_DIGITS: Final = 6  # enough for a weight, too few for the last bits of another machine's algebra
_RIDGE: Final = 10.0


def scored_columns(spec: TrainingSpec) -> tuple[str, ...]:
    """Name the columns to learn from; refused, unknown and rules-only ones are a TrainingError."""
    allowed = tuple(feature.name for feature in modelled(spec.stage))
    chosen = allowed if spec.features is None else spec.features
    for name in chosen:
        _refuse(name)
    wrong = sorted(set(chosen) - set(allowed))
    if wrong:
        raise TrainingError(
            zh=f"这些列不能用于训练：{'、'.join(wrong)}。请只用特征目录中可建模的特征。",
            en=f"These columns cannot be learnt from: {', '.join(wrong)}. Use modelled features.",
        )
    return chosen


def _refuse(name: str) -> None:
    refused = None if name in BY_NAME else refused_as(name)
    if refused is not None:
        raise TrainingError(
            zh=f"列 {name}（{refused.zh}）属于禁用信息，不得用于训练，请删除。",
            en=f"The column {name} is refused: {refused.why}. Leave it out.",
        )


def training_rows(counties: Sequence[Frames], spec: TrainingSpec) -> pl.DataFrame:
    """Gather all counties' rows: the features frame, county, ends_on, group, outcome, bad, near and weight.

    `group` numbers households over all counties. Treated loans (restructured, helped) stay in, with weight 0
    and bad null; the others are weighted by one over the probability, given the same features, of not being
    treated. `near` marks loans that were repaid, but late: more than the spec's `late_days`.
    """
    parts = [_county_rows(frames, spec, number) for number, frames in enumerate(counties)]
    rows = pl.concat(parts).with_columns(
        pl.struct("county", "household_id").rank("dense").cast(pl.Int64).alias("group"),
        (pl.col("outcome") == DEFAULTED).cast(pl.Float64).alias("bad"),
        (pl.col("late") & (pl.col("outcome") == REPAID)).alias("near"),
    )
    if rows.is_empty():
        raise TrainingError(
            zh="没有已到期且结果已知的贷款，请导入更早的台账。",
            en="No loan has matured with a known outcome; import an older ledger.",
        )
    return rows.with_columns(pl.Series("weight", censoring_weights(rows, scored_columns(spec), spec)))


def _county_rows(frames: Frames, spec: TrainingSpec, number: int) -> pl.DataFrame:
    told = outcomes(
        frames, default_days=spec.default_days, known_until=spec.known_until, late_days=spec.late_days
    )
    told = told.filter(pl.col("outcome") != OPEN)
    base = _landmarks(frames, told, spec) if spec.stage is Stage.MATURITY else _originations(frames, told)
    days = base["as_of"].unique().to_list()
    features = build(frames, base, context=Context.of(frames, days) if spec.context else None)
    medicine = pl.col("helped") & (pl.col("outcome") != RESTRUCTURED)
    outcome = pl.when(medicine).then(pl.lit(HELPED)).otherwise("outcome").alias("outcome")
    known = told.select("loan_id", pl.col("matures_on").alias("ends_on"), outcome, "late")
    joined = features.join(known, on="loan_id", maintain_order="left")
    return joined.with_columns(pl.lit(number).alias("county"))


def _landmarks(frames: Frames, told: pl.DataFrame, spec: TrainingSpec) -> pl.DataFrame:
    days = pl.DataFrame({"before": spec.landmarks})
    at = told.join(days, how="cross").with_columns(
        (pl.col("matures_on") - pl.duration(days="before")).cast(pl.Date).alias("as_of")
    )
    return landmark_base(
        frames, at.filter(pl.col("as_of") >= pl.col("disbursed_on")).select("loan_id", "as_of")
    )


def _originations(frames: Frames, told: pl.DataFrame) -> pl.DataFrame:
    return origination_base(frames, told.filter(pl.col("kind").is_in(_APPLIED_FOR))["loan_id"].to_list())


def matrix(rows: pl.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
    """Give columns as (n, F) float64, NaN where not known."""
    return np.ascontiguousarray(rows.select(columns).cast(pl.Float64).fill_null(np.nan).to_numpy())


def censoring_weights(rows: pl.DataFrame, columns: Sequence[str], spec: TrainingSpec) -> NDArray[np.float64]:
    """Weigh rows by the inverse probability of not being restructured, capped, with mean one; 0 if they were.

    The probability comes from a ridge logistic regression of "was restructured" on the same features
    (Robins, Rotnitzky and Zhao 1994, doi 10.1080/01621459.1994.10476818).
    """
    treated = rows["outcome"].is_in(_TREATED).to_numpy()
    if not treated.any() or treated.all():
        return np.where(treated, 0.0, 1.0)
    x = np.hstack([np.ones((rows.height, 1)), standardised(matrix(rows, columns))])
    ridge = np.r_[0.0, np.full(x.shape[1] - 1, _RIDGE)]
    beta = fit(x, treated.astype(np.float64), np.ones(rows.height), ridge, np.zeros(x.shape[1]))
    staying = 1.0 - expit(np.einsum("ij,j->i", x, beta))
    weight = np.where(treated, 0.0, np.minimum(1.0 / staying, spec.censoring_weight_cap))
    return np.asarray(np.round(weight * (~treated).sum() / weight.sum(), _WEIGHT_DIGITS))
