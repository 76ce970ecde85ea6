"""How an estimator did, by the month, quarter or year in which its loans matured, once outcomes came."""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.money import PPM
from app.scoring.comparison import interval, rate_interval
from app.scoring.measures import auc

_DIGITS: Final = 6
COHORTS: Final = pl.Schema(
    {
        "period": pl.String(), "loans": pl.Int64(), "defaults": pl.Int64(), "too_few": pl.Boolean(),
        "auc": pl.Float64(), "auc_low": pl.Float64(), "auc_high": pl.Float64(),
        "expected": pl.Float64(), "observed": pl.Float64(), "observed_low": pl.Float64(),
        "observed_high": pl.Float64(), "off": pl.Boolean(),
    }
)  # fmt: skip


def cohorts(rows: pl.DataFrame, *, least_defaults: float) -> pl.DataFrame:
    """Measure matured loans (household_id, matures_on, bad, pd_ppm) by cohort: the columns of COHORTS.

    A month with fewer than `least_defaults` defaults joins the others of its quarter that have too few,
    these, where even together they are too few, those of the year, and what is too few there stands as such.
    `off` says that what was expected lies outside the 95 % interval of what came.
    """
    placed = _placed(rows, least_defaults)
    parts = placed.partition_by("period", maintain_order=True)
    return pl.DataFrame([_measured(part) for part in parts], schema=COHORTS)


def _placed(rows: pl.DataFrame, least: float) -> pl.DataFrame:
    day, parts = pl.col("matures_on"), []
    quarter = pl.format("{}-Q{}", day.dt.year(), day.dt.quarter())
    for period in (day.dt.strftime("%Y-%m"), quarter, day.dt.strftime("%Y")):
        bads = pl.col("bad").sum().over("period")
        named = rows.with_columns(period.alias("period")).with_columns((bads < least).alias("too_few"))
        parts.append(named.filter(~pl.col("too_few")))
        rows = named.filter("too_few")
    return pl.concat([*parts, rows]).sort("matures_on", maintain_order=True)


def _measured(part: pl.DataFrame) -> dict[str, Any]:
    bad, pd = part["bad"].to_numpy().astype(np.float64), part["pd_ppm"].to_numpy()
    defaults, expected = int(bad.sum()), float(pd.mean()) / PPM
    low, high = rate_interval(defaults, len(bad))
    too_few = bool(part["too_few"][0])
    ranks = (None, None, None) if too_few else _ranks(pd, bad, part["household_id"].to_numpy())
    return {
        "period": part["period"][0], "loans": len(bad), "defaults": defaults, "too_few": too_few,
        **dict(zip(("auc", "auc_low", "auc_high"), ranks, strict=True)),
        "expected": round(expected, _DIGITS), "observed": round(defaults / len(bad), _DIGITS),
        "observed_low": low, "observed_high": high, "off": not low <= expected <= high,
    }  # fmt: skip


def _ranks(
    pd: NDArray[np.int64], bad: NDArray[np.float64], groups: NDArray[Any]
) -> tuple[float | None, float | None, float | None]:
    risk = pd.astype(np.float64)
    ends = interval(lambda weight: auc(risk, bad, weight), bad, groups)
    return (auc(risk, bad), *(ends or (None, None)))
