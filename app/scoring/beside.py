"""What stands beside a training's figures: the other opinions on the same loans, and what moved the estimate.

Training only; loans count once, on the day of their formal assessment.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.catalogue import BY_NAME
from app.scoring.comparison import caught, draws, with_ends
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.measures import auc

FloatVector = NDArray[np.float64]
_DIGITS: Final = 6
_TOP: Final = 15
_CLEAR: Final = 0.5  # rank correlation from which a feature moves the estimate one way
VISITED: Final = (0.05, 0.1, 0.2, 0.3)
LEARNED: Final = "learned"


def strongest(tables: ExplanationTables, values: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Give the features of the largest mean |SHAP| over rows (n, F), in log-odds, and which way they move it.

    `way` is 1 where more means more risk, -1 where less does, 0 where neither is plain.
    """
    shap = tables.to_log_odds(tables.contributions(values)[0])
    mean = np.abs(shap).mean(axis=0)
    order = [j for j in np.argsort(-mean, kind="stable")[:_TOP] if mean[j] > 0]
    return [
        {"name": tables.features[j], "mean": round(float(mean[j]), _DIGITS)}
        | {"way": BY_NAME[tables.features[j]].sign.monotone or way(values[:, j], shap[:, j])}
        for j in order
    ]


def way(values: FloatVector, shap: FloatVector) -> int:
    """Tell by the rank correlation of known values (n,) and SHAP values whether more means more risk."""
    known = ~np.isnan(values)
    if len(np.unique(values[known])) < 2 or np.ptp(shap[known]) == 0:
        return 0
    found = float(np.corrcoef(_ranks(values[known]), _ranks(shap[known]))[0, 1])
    return int(np.sign(found)) if abs(found) >= _CLEAR else 0


def _ranks(values: FloatVector) -> FloatVector:
    """Give every value the middle rank of its ties."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - times / 2)[place])


def beside(loans: pl.DataFrame, risks: Mapping[str, FloatVector]) -> dict[str, Any]:
    """Hold opinions on loans (bad, weight, group) beside the learned one; a risk is NaN where none was given.

    `ranks` is the AUC and `minus_learned` its difference, paired, both with 95 % intervals (households drawn
    with replacement); `caught` is the share of defaults among the riskiest 5, 10, 20 and 30 % of loans; all
    on the loans that all rate.
    """
    known = np.all([~np.isnan(risk) for risk in risks.values()], axis=0)
    bad, weight = (loans[name].to_numpy()[known] for name in ("bad", "weight"))
    if bad.min(initial=1) == bad.max(initial=0):
        return {"loans": int(known.sum()), "defaults": int(bad.sum()), "opinions": {}}
    said = {name: risk[known] for name, risk in risks.items()}
    drawn = [weight * each for each in draws(loans["group"].to_numpy()[known], bad)]
    ranks = {name: np.array([_auc(risk, bad, w) for w in (weight, *drawn)]) for name, risk in said.items()}
    opinions = {
        name: {"auc": round(float(ranks[name][0]), _DIGITS), "ranks": _with_ends(ranks[name])}
        | {"caught": [round(caught(risk, bad, weight, share), _DIGITS) for share in VISITED]}
        | {"minus_learned": _with_ends(ranks[name] - ranks[LEARNED])}
        for name, risk in said.items()
    }
    return {
        "loans": int(known.sum()), "defaults": int(bad.sum()), "visited": list(VISITED),
        "opinions": opinions,
    }  # fmt: skip


def _auc(risk: FloatVector, bad: FloatVector, weight: FloatVector) -> float:
    return auc(risk, bad, weight) or 0.0


def _with_ends(found: FloatVector) -> dict[str, float]:
    """Give what was found on the loans themselves, and its ends over the draws that follow."""
    return with_ends(float(found[0]), found[1:].tolist())
