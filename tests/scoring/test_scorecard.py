import json

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from app.scoring.measures import auc
from app.scoring.scorecard import Line, Scorecard
from app.scoring.scorecard_fit import fit_scorecard
from app.scoring.splitting import split_by_maturity
from app.scoring.training_rows import scored_columns
from tests.scoring.conftest import SPEC

CARD = Scorecard(
    base=500, points_to_double=20, log_odds_at_base=3.0,
    lines=(Line(name="income_12m_yuan", edges=(100.0, 200.0), points=(-10, 0, 15), missing=-3),),
)  # fmt: skip


def test_points_change_at_the_edge_and_missing_values_have_their_own() -> None:
    frame = pl.DataFrame({"income_12m_yuan": [99.0, 100.0, 199.0, 200.0, None]})

    assert CARD.points(frame).tolist() == [490, 500, 500, 515, 497]


def test_a_card_survives_being_written() -> None:
    assert Scorecard.from_dict(json.loads(json.dumps(CARD.to_dict()))) == CARD


def test_points_of_a_signed_feature_go_one_way(rows: pl.DataFrame) -> None:
    card = fit_scorecard(split_by_maturity(rows, SPEC).parts["earlier"], scored_columns(SPEC))
    lines = {line.name: line.points for line in card.lines}

    assert list(lines["interest_days_late_max_12m"]) == sorted(
        lines["interest_days_late_max_12m"], reverse=True
    )
    assert list(lines["interest_on_time_share_24m"]) == sorted(lines["interest_on_time_share_24m"])


def test_auc_is_the_one_that_everybody_computes() -> None:
    rng = np.random.default_rng(1)
    risk, bad, weight = (
        rng.integers(0, 9, 500).astype(float),
        (rng.random(500) < 0.3).astype(float),
        rng.random(500),
    )

    assert auc(risk, bad, weight) == round(roc_auc_score(bad, risk, sample_weight=weight), 6)
    assert auc(risk, np.zeros(500)) is None
