import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from app.domain.errors import ArtefactError
from app.domain.words import Cause
from app.scoring.pd_model import ESTIMATE_SCHEMA, SHAP_COLUMNS, Estimator, estimate


@pytest.fixture(scope="module")
def features(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.head(400).drop("row").with_row_index("row")


@pytest.fixture(scope="module")
def estimated(estimator: Estimator, features: pl.DataFrame) -> pl.DataFrame:
    return estimator.estimate(features)


def test_estimates_have_the_columns_that_are_promised(estimated: pl.DataFrame) -> None:
    assert dict(estimated.schema) == dict(ESTIMATE_SCHEMA)
    assert len(SHAP_COLUMNS) == len(Cause)


def test_the_interval_holds_the_estimate(estimated: pl.DataFrame) -> None:
    said = estimated.drop_nulls("pd_ppm")

    assert said.height > 300
    assert (said["pd_low_ppm"] <= said["pd_ppm"]).all()
    assert (said["pd_ppm"] <= said["pd_high_ppm"]).all()
    assert said["pd_ppm"].is_between(0, 1_000_000).all()


def test_causes_sum_with_the_base_to_the_margin_exactly(
    estimator: Estimator, estimated: pl.DataFrame
) -> None:
    said = estimated.drop_nulls("margin_fixed")
    causes = said.select(pl.sum_horizontal(SHAP_COLUMNS)).to_series()

    assert (causes + estimator.tables.base_fixed).equals(said["margin_fixed"], check_names=False)


def test_one_row_has_the_bits_that_it_has_among_many(
    estimator: Estimator, features: pl.DataFrame, estimated: pl.DataFrame
) -> None:
    alone = [estimator.estimate(features[i]) for i in range(0, 400, 37)]

    assert pl.concat(alone).equals(estimated.gather_every(37))


@pytest.mark.parametrize(("days", "speaks"), [(181, False), (180, True), (1, True), (0, False), (-5, False)])
def test_the_estimate_is_silent_outside_the_range_of_landmarks(
    estimator: Estimator, features: pl.DataFrame, days: int, *, speaks: bool
) -> None:
    row = features.head(1).with_columns(pl.lit(float(days)).alias("days_to_maturity"))

    found = estimator.estimate(row)

    assert (found["pd_ppm"][0] is not None) == speaks
    assert (found["shap_income"][0] is not None) == speaks
    assert (found["reasons"][0] is not None) == speaks


def test_no_rows_give_no_estimates(estimator: Estimator, features: pl.DataFrame) -> None:
    assert dict(estimator.estimate(features.clear()).schema) == dict(ESTIMATE_SCHEMA)


def test_without_an_estimator_everything_is_null(features: pl.DataFrame) -> None:
    found = estimate(features, None)

    assert dict(found.schema) == dict(ESTIMATE_SCHEMA)
    assert found.drop("row").null_count().sum_horizontal()[0] == features.height * (found.width - 1)


def test_a_lacking_column_is_named(estimator: Estimator, features: pl.DataFrame) -> None:
    with pytest.raises(ArtefactError, match="income_12m_yuan"):
        estimator.estimate(features.drop("income_12m_yuan"))


def test_contributions_by_feature_are_those_behind_the_causes(
    estimator: Estimator, features: pl.DataFrame, estimated: pl.DataFrame
) -> None:
    found = estimator.contributions(features)
    income = [f.name for f in estimator.features if f.cause is Cause.INCOME]

    total = found.select(pl.sum_horizontal(income)).to_series().filter(estimated["pd_ppm"].is_not_null())

    assert np.array_equal(total.to_numpy(), estimated["shap_income"].drop_nulls().to_numpy())


def test_serving_needs_no_learning_library() -> None:
    code = (
        "import sys, app.scoring.artifact, app.scoring.explanation;"
        "assert not {'lightgbm', 'sklearn', 'scipy', 'shap', 'numba'} & set(sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
