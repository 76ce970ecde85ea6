"""What the lights of a whole county look like, and that one broken loan stops no other."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from functools import cache

import polars as pl

from app.assessment import Basis
from app.bootstrap import estimators
from app.domain.frames import Frames
from app.features.context import Context
from app.policy.policy import load
from app.scoring.pd_model import Estimator
from app.services.sweeping import judge
from app.settings import ROOT
from app.simulation import CountySpec, frames, simulate
from app.warning.effects import EffectTable

DAY = date(2025, 9, 30)


@cache
def _county(visits: str) -> Frames:
    lags = {lag.code: lag.now.days for lag in load("yanchi").at(DAY).knowledge}
    return frames(simulate(CountySpec(seed=21, loans=1_500, until=DAY, visits=visits)), lags)


def _basis(county: Frames) -> Basis:
    return Basis(
        policy=load("yanchi"),
        estimator=estimators(ROOT / "models")["maturity"],
        effects=EffectTable.of(None),
        context=Context.of(county, [DAY]),
    )


def _shares(visits: str) -> Mapping[str, float]:
    county = _county(visits)
    lights = judge(county, as_of=DAY, basis=_basis(county)).assessments["light"].to_list()
    return {light: count / len(lights) for light, count in Counter(lights).items()}


def test_an_ordinary_county_is_mostly_green() -> None:
    shares = _shares("ordinary")

    print(f"ordinary visits: {shares}")
    assert shares["green"] > 0.5
    assert shares["red"] < 0.2


def test_a_county_where_nobody_visits_is_not_mostly_green() -> None:
    shares = _shares("none")

    print(f"no visits: {shares}")
    assert shares["green"] < 0.25
    assert shares["yellow"] > 0.5


class Faulty(Estimator):
    """An estimator that cannot bear one household, as a defect of ours might."""

    def estimate(self, features: pl.DataFrame) -> pl.DataFrame:
        if VICTIM in features["household_id"]:
            raise ZeroDivisionError
        return Estimator.estimate(self, features)


VICTIM = "H00000013"


def test_a_loan_that_makes_the_pipeline_fail_is_isolated_with_a_reason() -> None:
    county = _county("ordinary")
    basis = _basis(county)
    expected = judge(county, as_of=DAY, basis=basis).assessments
    sound = {field.name: getattr(basis.estimator, field.name) for field in fields(Estimator)}

    judged = judge(county, as_of=DAY, basis=replace(basis, estimator=Faulty(**sound)))

    others = expected.filter(pl.col("household_id") != VICTIM)
    columns = ["assessment_id", "light", "payload"]
    assert others.height < expected.height
    assert judged.quarantined["reason"].unique().to_list() == ["研判失败（ZeroDivisionError）"]
    assert judged.quarantined.height == expected.height - others.height
    assert judged.assessments.sort("loan_id").select(columns).equals(others.sort("loan_id").select(columns))
