import numpy as np
import polars as pl
import pytest

from app.features.base import loan_base
from app.features.build import build
from app.simulation import CountySpec
from app.workbench.bench import DAY, facts_of, shipped
from app.workbench.pictures import by_cause, by_feature


@pytest.fixture(scope="module")
def features() -> pl.DataFrame:
    known = facts_of(None, CountySpec(seed=3, loans=120, until=DAY)).as_of(DAY)
    return build(known, loan_base(known, as_of=DAY)).filter(pl.col("days_to_maturity").is_between(1, 180))


# shap's own colours, with a newer matplotlib
@pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning", "ignore:IProgress not found")
def test_pictures_by_feature_and_by_cause_end_at_the_margin(features: pl.DataFrame) -> None:
    estimator = shipped()
    margin = estimator.tables.to_log_odds(estimator.opinion(features)["margin_fixed"].to_numpy())

    ends = [
        e.values.sum(axis=1) + e.base_values
        for e in (by_feature(estimator, features), by_cause(estimator, features))
    ]

    assert len(margin) > 0
    for end in ends:
        np.testing.assert_allclose(end, margin, rtol=0, atol=1e-9)
