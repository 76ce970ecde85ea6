"""Pictures for notebooks: the explanation tables as shap's own object, so that its plots draw them."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.words import Cause
from app.features.catalogue import BY_NAME
from app.scoring.pd_model import Estimator

if TYPE_CHECKING:  # shap loads slowly
    import shap


def by_feature(estimator: Estimator, features: pl.DataFrame) -> "shap.Explanation":
    """This function will give the exact SHAP values (log-odds) of rows, a column per feature."""
    values = estimator.matrix(features)
    found, _ = estimator.tables.contributions(values)
    names = [BY_NAME[feature.name].en for feature in estimator.features]
    return _explanation(estimator, found, values, names)


def by_cause(estimator: Estimator, features: pl.DataFrame) -> "shap.Explanation":
    """This function will give the same values summed by cause, a column per cause."""
    told = estimator.estimate(features)
    found = told.select(f"shap_{cause.value}" for cause in Cause).to_numpy()
    return _explanation(estimator, found, None, [cause.value for cause in Cause])


def _explanation(
    estimator: Estimator, fixed: NDArray[np.int64], data: NDArray[np.float64] | None, names: list[str]
) -> "shap.Explanation":
    import shap  # noqa: PLC0415 - loads slowly

    base = float(estimator.tables.to_log_odds(np.array([estimator.tables.base_fixed]))[0])
    values = estimator.tables.to_log_odds(fixed)
    return shap.Explanation(values, np.full(len(values), base), data=data, feature_names=names)
