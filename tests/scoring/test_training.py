import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from app.domain.errors import TrainingError
from app.domain.frames import Frames
from app.features.catalogue import BY_NAME
from app.features.feature import Stage
from app.scoring.artifact import load
from app.scoring.explanation_tables import FRACTION_BITS
from app.scoring.labels import RESTRUCTURED
from app.scoring.learning import learn
from app.scoring.measures import auc
from app.scoring.pd_model import Estimator
from app.scoring.scorecard import Scorecard
from app.scoring.spec import Kind
from app.scoring.splitting import split_by_maturity
from app.scoring.training import Artefact, train, train_rows
from app.scoring.training_rows import HELPED, censoring_weights, matrix, scored_columns, training_rows
from tests.scoring.conftest import SPEC

COLUMNS = scored_columns(SPEC)


def test_the_same_ledger_and_spec_give_the_same_bytes(rows: pl.DataFrame, artefact: Artefact) -> None:
    again = train_rows(rows, COLUMNS, SPEC)

    assert again.files == artefact.files
    assert again.manifest == artefact.manifest


def test_every_part_matures_after_the_part_before_it(rows: pl.DataFrame) -> None:
    parts = list(split_by_maturity(rows, SPEC).parts.values())
    ends = [part["ends_on"] for part in parts]

    assert all(a.max() < b.min() for a, b in pairwise(ends))  # type: ignore[operator]
    loans = [set(part["loan_id"]) for part in parts]
    assert sum(map(len, loans)) == len(set().union(*loans))


def test_restructured_loans_are_left_out_and_those_like_them_weigh_more(rows: pl.DataFrame) -> None:
    restructured = rows.filter(pl.col("outcome") == RESTRUCTURED)
    helped = rows.filter(pl.col("outcome") == HELPED)
    others = rows.filter(~pl.col("outcome").is_in([RESTRUCTURED, HELPED]))

    assert restructured.height > 0
    assert helped.height > 0
    assert (restructured["weight"] == 0).all()
    assert (helped["weight"] == 0).all()
    assert others["weight"].mean() == pytest.approx(1.0, abs=1e-6)
    assert others["weight"].n_unique() > 10


def test_weights_make_the_rest_look_like_all_where_treatment_depends_on_a_feature() -> None:
    rng = np.random.default_rng(5)
    poor = rng.random(4000) < 0.5
    treated = rng.random(4000) < np.where(poor, 0.6, 0.1)
    rows = pl.DataFrame(
        {"income_12m_yuan": np.where(poor, 1.0, 2.0), "outcome": np.where(treated, RESTRUCTURED, "repaid")}
    )

    weight = censoring_weights(rows, ["income_12m_yuan"], SPEC)

    assert (weight * poor).sum() / weight.sum() == pytest.approx(poor.mean(), abs=0.02)


def test_the_trees_keep_the_signs_of_the_catalogue(rows: pl.DataFrame) -> None:
    split = split_by_maturity(rows, SPEC)
    bag = learn(split.before_test, COLUMNS, SPEC, Kind.BOOSTED)
    values = matrix(split.parts["test"], COLUMNS)
    late = COLUMNS.index("interest_days_late_max_12m")
    worse = values.copy()
    worse[:, late] = np.nan_to_num(values[:, late]) + 60.0
    better = values.copy()
    better[:, late] = np.nan_to_num(values[:, late])

    apart = (bag.margins(worse) - bag.margins(better)) / 2.0**FRACTION_BITS
    assert apart.min() > -1e-9  # contributions are rounded one by one
    assert apart.max() > 0.01


def test_the_learned_opinion_ranks_better_than_chance_out_of_time(artefact: Artefact) -> None:
    test = artefact.metrics["test"]

    assert test["learned"]["auc"] > 0.65
    assert test["scorecard"]["auc"] > 0.55
    assert test["rating"]["auc"] > 0.5
    assert artefact.metrics["test_at_30_days"]["n"] < test["n"]


def test_the_card_warns_that_the_counties_were_simulated(artefact: Artefact, rows: pl.DataFrame) -> None:
    real = train_rows(rows, COLUMNS, replace(SPEC, trained_on="ledger"))

    assert "simulated" in artefact.files["MODEL_CARD.md"].decode()
    assert "simulated" not in real.files["MODEL_CARD.md"].decode()


def test_an_application_is_judged_by_what_was_known_before_the_loan(county: Frames) -> None:
    spec = replace(SPEC, stage=Stage.APPLICATION)

    found = training_rows([county], spec)
    artefact = train([county], spec)

    assert (found["as_of"] < found["ends_on"]).all()
    assert found["loan_id"].n_unique() == found.height
    assert artefact.manifest["landmark_days"] is None
    assert "rating_rates.json" not in artefact.files


@pytest.mark.parametrize("column", ["village_code", "sex", "低保"])
def test_a_refused_column_stops_training_with_its_reason(column: str) -> None:
    with pytest.raises(TrainingError, match="refused"):
        scored_columns(replace(SPEC, features=("income_12m_yuan", column)))


@pytest.mark.parametrize("column", ["principal_days_late", "no_such_feature"])
def test_a_column_that_may_not_be_modelled_stops_training(column: str) -> None:
    with pytest.raises(TrainingError, match=column):
        scored_columns(replace(SPEC, features=("income_12m_yuan", column)))


def test_too_few_loans_say_how_many_are_needed(rows: pl.DataFrame) -> None:
    few = rows.filter(pl.col("ends_on") < date(2018, 6, 1))

    with pytest.raises(TrainingError, match="100 and 10"):
        train_rows(few, COLUMNS, SPEC)


def test_a_few_hundred_loans_are_left_to_the_scorecard_with_a_plain_message(
    rows: pl.DataFrame, tmp_path: Path
) -> None:
    few = rows.filter(pl.col("ends_on") < date(2020, 1, 1))

    artefact = train_rows(few, COLUMNS, replace(SPEC, least_loans=few.height))
    artefact.save(tmp_path / "few")
    told = few.filter(pl.col("days_to_maturity").is_between(1, 180))
    served = load(tmp_path / "few").estimate(told)

    card = Scorecard.from_dict(json.loads(artefact.files["scorecard.json"]))
    margin = -card.log_odds_at_base - (card.points(told) - card.base) * np.log(2) / card.points_to_double
    assert artefact.manifest["kind"] == "scorecard"
    assert "scorecard" in artefact.metrics["note"]["en"]
    assert "评分卡" in artefact.files["report.html"].decode()
    assert np.allclose(served["margin_fixed"].to_numpy() / 2.0**FRACTION_BITS, margin, atol=1e-9)


def test_the_scorecard_can_be_asked_for(rows: pl.DataFrame) -> None:
    artefact = train_rows(rows, COLUMNS, replace(SPEC, kind=Kind.SCORECARD))

    assert artefact.manifest["kind"] == "scorecard"
    assert "note" not in artefact.metrics
    test = artefact.metrics["test"]
    assert test["learned"]["auc"] == pytest.approx(test["scorecard"]["auc"], abs=1e-3)


def test_the_later_loans_calibrate_by_margins_that_have_not_seen_them(rows: pl.DataFrame) -> None:
    split = split_by_maturity(rows, SPEC)

    learned = learn(split.before_test, COLUMNS, SPEC, Kind.BOOSTED)

    later = split.parts["later"]
    seen = learned.margins(matrix(later, COLUMNS)) / 2.0**FRACTION_BITS
    unseen = learned.unseen[-later.height :]
    bad = later["bad"].to_numpy()
    assert (auc(seen, bad) or 0.0) > (auc(unseen, bad) or 0.0) > 0.5


def test_the_report_draws_reliability_and_tells_townships_and_years(artefact: Artefact) -> None:
    page = artefact.files["report.html"].decode()
    told = artefact.metrics["reliability"]

    assert page.count('r="4.5"') == 10
    assert "http" not in page
    assert sum(group["loans"] for group in told["by_year"].values()) == sum(
        decile["loans"] for decile in told["deciles"]
    )
    assert {"deciles_held", "low", "high"} == set(told["interval"])


def test_one_outcome_only_stops_training(rows: pl.DataFrame) -> None:
    repaid = rows.with_columns(pl.lit(0.0).alias("bad"))

    with pytest.raises(TrainingError, match="0 defaults"):
        train_rows(repaid, COLUMNS, SPEC)
    with pytest.raises(TrainingError, match="only one outcome"):
        train_rows(repaid, COLUMNS, replace(SPEC, card_defaults=0, least_defaults=0))


def test_a_ledger_without_a_known_outcome_says_so(county: Frames) -> None:
    with pytest.raises(TrainingError, match="older ledger"):
        training_rows([county], replace(SPEC, known_until=date(2014, 1, 1)))


def test_the_manifest_names_features_in_order_with_units_signs_and_medians(artefact: Artefact) -> None:
    listed = artefact.manifest["features"]

    assert tuple(feature["name"] for feature in listed) == COLUMNS
    assert all(set(feature) == {"name", "unit", "cause", "sign", "typical"} for feature in listed)
    assert json.dumps(artefact.manifest, allow_nan=False)


def test_what_leads_a_cause_must_have_is_learnt_and_served(artefact: Artefact, estimator: Estimator) -> None:
    lead = estimator.tables.to_log_odds(np.array([estimator.cause_lead]))[0]

    assert artefact.manifest["cause_lead"] == estimator.cause_lead
    assert 0.01 < lead < 2.0


def test_the_report_holds_other_opinions_and_the_strongest_features_beside(artefact: Artefact) -> None:
    page, beside = artefact.files["report.html"].decode(), artefact.metrics["beside"]

    apart = beside["opinions"]["scorecard"]["minus_learned"]
    aucs = {name: told["auc"] for name, told in beside["opinions"].items()}
    assert apart["value"] == pytest.approx(aucs["scorecard"] - aucs["learned"], abs=2e-6)
    assert apart["low"] <= apart["value"] <= apart["high"]
    assert beside["strongest"][0]["mean"] >= beside["strongest"][-1]["mean"] > 0
    assert BY_NAME[beside["strongest"][0]["name"]].zh in page
    assert not [sign for sign in ("src=", "href=", "<script", "url(", "http") if sign in page]


def test_a_scorecard_speaks_where_it_is_asked_for_beside_trees(rows: pl.DataFrame) -> None:
    asked = replace(SPEC, kind=Kind.SCORECARD)

    found = train_rows(rows, scored_columns(asked), asked)

    assert (found.manifest["kind"], found.metrics["kind"]) == ("scorecard", "scorecard")
    assert "note" not in found.metrics
    assert {"learned", "trees"} <= set(found.metrics["beside"]["opinions"])
    assert not [name for name in found.files if name.startswith("model_")]
