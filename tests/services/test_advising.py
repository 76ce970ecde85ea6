"""Policies on a small simulated county: laws that hold whatever is advised."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from app.assessment import Basis
from app.bootstrap import effects, estimators
from app.domain.errors import InvalidValueError
from app.domain.words import Action, Eligibility
from app.features.feature import Stage
from app.policy.policy import load
from app.services.advising import (
    ORACLE,
    OURS,
    POLICIES,
    AdvisedCounty,
    Evaluation,
    Stakes,
    evaluate_advice,
    put_at_stake,
)
from app.services.formal import formally_assessed
from app.services.visiting import Capacity, Wish, choose
from app.settings import ROOT
from app.simulation import CountySpec, expected_outcomes, frames, simulate
from app.warning.recommendation import situation_places

UNTIL = date(2025, 9, 30)
SPEC = CountySpec(seed=77, loans=1_500, until=UNTIL, regime="drought")
MODELS = ROOT / "models"
COLLECT, EXTENSION, HELP = (
    tuple(Action).index(a) for a in (Action.COLLECT, Action.EXTENSION, Action.EXTRA_HELP)
)


@pytest.fixture(scope="module")
def basis() -> Basis:
    known = effects(MODELS)
    return Basis(policy=load("yanchi"), estimator=estimators(MODELS)[Stage.MATURITY], effects=known)


@pytest.fixture(scope="module")
def county() -> AdvisedCounty:
    simulated = simulate(SPEC)
    return AdvisedCounty(
        frames=frames(simulated, {}),
        expected=expected_outcomes(SPEC, times=6),
        outcomes=simulated.outcomes,
        origin={"seed": SPEC.seed, "regime": SPEC.regime},
        loans=1_000,
    )


@pytest.fixture(scope="module")
def found(county: AdvisedCounty, basis: Basis) -> Evaluation:
    return evaluate_advice(county, basis, UNTIL)


@pytest.fixture(scope="module")
def stakes(county: AdvisedCounty, basis: Basis) -> Stakes:
    judged = formally_assessed(county.frames, basis, UNTIL).sort("loan_id").head(county.loans)
    return put_at_stake(judged, county.expected, basis.policy.at(UNTIL), basis)


@pytest.fixture(scope="module")
def chosen(stakes: Stakes) -> Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    return {n: choose(wish(stakes), stakes.eligible, stakes.capacity) for n, wish in POLICIES.items()}


def test_no_policy_loses_less_than_the_oracle(found: Evaluation) -> None:
    losses = {each.policy: each.loss for each in found.outcomes}

    assert set(losses) == set(POLICIES)
    assert all(losses[ORACLE] <= loss for loss in losses.values())
    assert losses[ORACLE] < losses["never_restructure"]


def test_ours_loses_less_than_the_rules_alone(found: Evaluation) -> None:
    losses = {each.policy: each.loss for each in found.outcomes}

    assert losses[OURS] < losses["triage"]
    assert losses[OURS] < losses["always_extend"]
    assert losses[OURS] < losses["always_renew"]


def test_every_policy_takes_allowed_actions_only(stakes: Stakes, chosen: Mapping[str, pl.Series]) -> None:
    said = stakes.judged.select("actions").explode("actions").unnest("actions")
    refused = said.filter(pl.col("eligibility") != Eligibility.ALLOWED.value)

    assert refused.height > 0
    for actions in chosen.values():
        assert stakes.eligible[np.arange(len(actions)), actions].all()


def test_all_policies_make_the_same_visits_and_advice_uses_no_more(
    stakes: Stakes, found: Evaluation, chosen: Mapping[str, pl.Series]
) -> None:
    assert len({each.visits for each in found.outcomes}) == 1
    for actions in chosen.values():
        used = np.bincount(stakes.capacity.cell, weights=stakes.capacity.visits[actions])
        assert (used <= stakes.capacity.most).all()
    assert any(each.used > 0 for each in found.outcomes)


def test_the_same_run_gives_the_same_numbers(county: AdvisedCounty, basis: Basis, found: Evaluation) -> None:
    again = evaluate_advice(replace(county, expected=expected_outcomes(SPEC, times=6)), basis, UNTIL)

    assert again.to_dict() == found.to_dict()


def test_the_way_is_nought_for_the_rules_and_one_for_the_oracle(found: Evaluation) -> None:
    way = {each.policy: each.way for each in found.outcomes}

    assert way["triage"] == (0.0, 0.0, 0.0)
    assert way[ORACLE] == (1.0, 1.0, 1.0)
    assert way[OURS][1] <= way[OURS][0] <= way[OURS][2]


def test_the_rules_alone_follow_the_first_situation_that_holds(stakes: Stakes) -> None:
    places = situation_places(stakes.judged, stakes.rules)
    in_time = stakes.judged["principal_days_late"].fill_null(0.0).to_numpy() < 1
    weak = in_time & (stakes.judged["willingness_last"].fill_null(2.0).to_numpy() <= 1)

    assert weak.any()
    assert (places[weak].argmin(axis=1) == tuple(Action).index(Action.CREDIT_EDUCATION)).all()


def test_effects_are_not_tried_on_the_county_they_came_from(county: AdvisedCounty, basis: Basis) -> None:
    own = basis.effects.manifest["counties"][0]
    same = replace(county, origin={"seed": own["seed"], "regime": own["regime"]})

    with pytest.raises(InvalidValueError, match="another seed"):
        evaluate_advice(same, basis, UNTIL)


def _capacity(most: int, count: int) -> Capacity:
    visits = np.array([int(a is Action.EXTRA_HELP) for a in Action])
    return Capacity(cell=np.zeros(count, dtype=np.int64), most=np.array([most]), visits=visits, price=1.0)


def test_visits_go_where_they_save_most_beyond_doing_without() -> None:
    savings = np.zeros((3, len(Action)))
    savings[:, HELP] = [50.0, 90.0, 70.0]
    savings[1, EXTENSION] = 80.0
    places = np.argsort(np.argsort(-savings, axis=1, kind="stable"), axis=1)

    best = choose(
        Wish(places=places, savings=savings), np.full(savings.shape, fill_value=True), _capacity(1, 3)
    )

    assert best.tolist() == [COLLECT, EXTENSION, HELP]


def test_without_visits_nobody_is_helped() -> None:
    places = np.tile(np.array([int(a is not Action.EXTRA_HELP) for a in Action]), (4, 1))
    eligible = np.full(places.shape, fill_value=True)

    first = np.arange(4, dtype=np.float64)

    none = choose(Wish(places=places, first=first), eligible, _capacity(0, 4))
    two = choose(Wish(places=places, first=first), eligible, _capacity(2, 4))

    assert (none != HELP).all()
    assert (two == HELP).tolist() == [False, False, True, True]
