"""What is said of causes: one is named as the first only where it leads by more than chance."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessment import Basis
from app.bootstrap import estimators
from app.domain.words import Cause
from app.features.feature import Stage
from app.policy.policy import load
from app.scoring.explanation_tables import FRACTION_BITS
from app.services import opinions
from app.settings import ROOT
from app.warning.effects import EffectTable

DAY = date(2024, 6, 1)
UNIT = 2**FRACTION_BITS
PACK = load("national")
RULES = PACK.at(DAY)
ESTIMATOR = replace(estimators(ROOT / "models")[Stage.MATURITY], cause_lead=UNIT // 2)
BASIS = Basis(policy=PACK, estimator=ESTIMATOR, effects=EffectTable.of(None))
NAMES = [cause.value for cause in Cause]


def told(*weights: float, artefact: str = ESTIMATOR.artefact_id, recorded: str | None = None) -> list[Any]:
    facts = [{"cause": recorded, "basis": "recorded", "weight": None, "code": "illness"}] if recorded else []
    named = [
        {"cause": name, "basis": "estimate", "weight": round(weight * UNIT), "code": None}
        for name, weight in zip(NAMES, weights, strict=False)
    ]
    return opinions.causes({"artefact_id": artefact}, {"causes": [*facts, *named]}, RULES, BASIS)


@pytest.mark.parametrize(
    ("weights", "sure"),
    [
        ((1.0, 0.4), [True, True]),
        ((1.0, 0.5), [True, True]),
        ((1.0, 0.6), [False, False]),
        ((1.0, 0.9, 0.45), [False, False, True]),
        ((0.6,), [True]),
        ((0.4,), [False]),
        ((), []),
    ],
)
def test_a_cause_is_first_only_where_it_leads_by_enough(weights: tuple[float, ...], sure: list[bool]) -> None:
    assert [cause["sure"] for cause in told(*weights)] == sure


def test_a_cause_that_is_unsure_says_so_and_asks_for_a_visit() -> None:
    close, clear = told(1.0, 0.9)[0], told(1.0, 0.1)[0]

    assert "难分主次" in close["sentence_zh"]
    assert "ask on a visit" in close["sentence_en"]
    assert "难分主次" not in clear["sentence_zh"]


def test_a_recorded_fact_is_sure_whatever_the_estimate_says() -> None:
    first, *others = told(1.0, 0.9, recorded="shock")

    assert first["sure"]
    assert not any(cause["sure"] for cause in others)


def test_without_the_estimator_at_hand_nothing_is_doubted() -> None:
    assert all(cause["sure"] for cause in told(1.0, 0.9, artefact="another"))


@given(st.lists(st.floats(0.01, 3), max_size=9).map(lambda w: sorted(w, reverse=True)))
def test_at_most_one_cause_leads_and_doubt_is_never_alone_beside_a_lead(weights: list[float]) -> None:
    sure = [cause["sure"] for cause in told(*weights)]

    if sure and sure[0]:
        assert all(sure)
    elif sure:
        assert sure == sorted(sure)
