"""Moves a calibration to the base rate of the latest matured cohorts, where that differs for certain.

The rate comes from loans that have matured and were judged, each once: the stock of overdue loans would
count what nobody has repaid for years again and again (Saerens, Latinne and Decaestecker 2002 correct the
prior likewise, doi 10.1162/089976602753284446). Training only.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.money import PPM
from app.scoring.calibration import Calibration
from app.scoring.logistic import expit, logit

FloatVector = NDArray[np.float64]
_COHORT: Final = 0.25  # share of the slice's loans, the latest to mature, that make up the latest cohorts
_CERTAIN: Final = 2.576  # standard errors: a base rate that has not moved is corrected once in a hundred
_STEPS: Final = 60
_FURTHEST: Final = 3.0  # log-odds that a correction may reach


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorShift:
    """What the latest cohorts show: defaults seen and expected, standard errors apart, and the correction.

    `log_odds` is 0.0 where the difference is not certain.
    """

    matured_from: date
    loans: int
    observed: float
    expected: float
    errors_apart: float
    log_odds: float

    def to_dict(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        return asdict(self) | {"matured_from": self.matured_from.isoformat()}


def measure_shift(rows: pl.DataFrame, pd_ppm: NDArray[np.int64]) -> PriorShift:
    """Compare the latest cohorts of calibration rows (county, loan_id, ends_on, bad, weight) with their pd.

    A loan's rows count as one: their mean probability against its outcome.
    """
    loans = _loans(rows, pd_ppm)
    first = loans["ends_on"].sort()[int((1.0 - _COHORT) * loans.height)]
    latest = loans.filter(pl.col("ends_on") >= first)
    pd, bad, weight = (latest[name].to_numpy() for name in ("pd", "bad", "weight"))
    error = float(np.sqrt((weight**2 * pd * (1.0 - pd)).sum()))
    observed, expected = float((weight * bad).sum()), float((weight * pd).sum())
    apart = (observed - expected) / error
    return PriorShift(
        matured_from=first,
        loans=latest.height,
        observed=round(observed, 4),
        expected=round(expected, 4),
        errors_apart=round(apart, 4),
        log_odds=round(_moved(pd, weight, observed), 6) if abs(apart) > _CERTAIN else 0.0,
    )


def _loans(rows: pl.DataFrame, pd_ppm: NDArray[np.int64]) -> pl.DataFrame:
    inside = np.clip(pd_ppm / PPM, 1e-6, 1 - 1e-6)
    each = rows.select("county", "loan_id", "ends_on", "bad", "weight").with_columns(pl.Series("pd", inside))
    by = each.group_by("county", "loan_id", maintain_order=True)
    return by.agg(pl.col("ends_on", "bad").first(), pl.col("pd", "weight").mean())


def _moved(pd: FloatVector, weight: FloatVector, observed: float) -> float:
    """Find the log-odds whose addition makes the expected defaults those observed, by halving."""
    low, high = -_FURTHEST, _FURTHEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        enough = float((weight * expit(logit(pd) + middle)).sum()) >= observed
        low, high = (low, middle) if enough else (middle, high)
    return (low + high) / 2


def shifted(calibration: Calibration, log_odds: float) -> Calibration:
    """Move a calibration and its interval by log-odds; 0.0 leaves it as it is."""
    if log_odds == 0.0:
        return calibration
    said = f"{calibration.method}; moved by {log_odds:+.3f} log-odds to the latest matured cohorts"
    return replace(
        calibration,
        method=said,
        pd_ppm=_shift(calibration.pd_ppm, log_odds),
        low_ppm=_shift(calibration.low_ppm, log_odds),
        high_ppm=_shift(calibration.high_ppm, log_odds),
    )


def _shift(ppm: NDArray[np.int64], log_odds: float) -> NDArray[np.int64]:
    inside = np.clip(ppm / PPM, 0.1 / PPM, 1 - 0.1 / PPM)
    return np.asarray(np.rint(expit(logit(inside) + log_odds) * PPM).astype(np.int64))
