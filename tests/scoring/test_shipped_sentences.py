"""What the models that ship say in sentences, on rows at and around every threshold that they know."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.bootstrap import estimators
from app.features.catalogue import BY_NAME, REFUSED, modelled
from app.features.feature import Sign, Stage
from app.scoring.explanation import REASONS_SHOWN, reason_sentences, reasons
from app.scoring.pd_model import Estimator
from app.settings import ROOT

SHIPPED = estimators(ROOT / "models")
ROWS = 60
SIDES = {Sign.RAISES_RISK: ("，高于", ", above"), Sign.LOWERS_RISK: ("，低于", ", below")}


def rows(estimator: Estimator, seed: int) -> NDArray[np.float64]:
    """Random rows: values at thresholds, one bit beside them, usual, extreme or missing."""
    rng, tables = np.random.default_rng(seed), estimator.tables
    columns = []
    for place, feature in enumerate(estimator.features):
        asked = tables.threshold[tables.feature == place]
        usual = 0.0 if feature.typical is None else feature.typical
        kinds = [*asked, *np.nextafter(asked, np.inf), usual, usual * 0.5, usual * 2 + 1, 0.0, -1.0, 1e9]
        columns.append(rng.choice([*kinds, math.nan], ROWS))
    return np.column_stack(columns)


def told(estimator: Estimator, values: NDArray[np.float64]) -> list[list[dict[str, Any]]]:
    found, _ = estimator.tables.contributions(values)
    return list(reasons(values, found, estimator.features, REASONS_SHOWN).to_list())


@pytest.mark.parametrize("stage", Stage)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_sentence_of_a_shipped_model_contradicts_a_sign(stage: Stage, seed: int) -> None:
    estimator = SHIPPED[stage]
    values = rows(estimator, seed)
    _, margins = estimator.tables.contributions(values)
    names = [feature.name for feature in estimator.features]
    said = [(at, reason) for at, listed in enumerate(told(estimator, values)) for reason in listed]
    signed = [(at, reason) for at, reason in said if BY_NAME[reason["feature"]].sign in SIDES]

    assert len(signed) > ROWS / 2
    for at, reason in signed:
        feature = BY_NAME[reason["feature"]]
        zh, en = reason_sentences(reason)
        assert reason["contribution"] > 0
        assert "推高" in zh
        assert "raises" in en
        if reason["value"] is None or reason["typical"] is None:
            continue
        others = {side for sign, sides in SIDES.items() if sign is not feature.sign for side in sides}
        assert not any(side in zh + en for side in others)
        usual = values[[at]].copy()
        usual[0, names.index(feature.name)] = reason["typical"]
        assert estimator.tables.contributions(usual)[1][0] <= margins[at]


@pytest.mark.parametrize("stage", Stage)
def test_no_refused_feature_is_in_a_shipped_model(stage: Stage) -> None:
    names = {feature.name for feature in SHIPPED[stage].features}

    assert not names & {refused.name for refused in REFUSED}
    assert names <= {feature.name for feature in modelled(stage)}
