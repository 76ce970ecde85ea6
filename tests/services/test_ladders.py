"""Next limits of a simulated county: credit households by rating where there is one."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from app.domain.frames import Frames
from app.policy.policy import load
from app.services.ladders import ladder_limits
from app.simulation import CountySpec, frames, simulate
from tests.portfolio.packs import HEAD

DAY = date(2024, 6, 30)
LADDER = """
ladder:
  first: {zh: 一级, in_force: [{from: 2015-09-25, limit: 20000, years_on_time: 0, reference: {kind: design}}]}
"""


@pytest.fixture(scope="module", name="county")
def _county() -> Frames:
    lags = {lag.code: lag.now.days for lag in load("fengjie").at(DAY).knowledge}
    return frames(simulate(CountySpec(seed=5, loans=300, until=DAY)), lags)


def test_without_a_rating_those_who_always_repaid_on_time_are_credit_households(county: Frames) -> None:
    limits = ladder_limits(county, load("fengjie").at(DAY), as_of=DAY)

    credit = limits.rows.filter("credit_household")
    assert limits.credit_by == "record"
    assert 0 < credit.height < limits.rows.height
    assert credit.select((pl.col("years_on_time") > 0).all()).item()
    assert limits.rows.get_column("household_id").is_unique().all()
    assert limits.rows.select((pl.col("limit") <= 5_000_000).all()).item()


def test_with_a_rating_those_with_a_grade_are_credit_households(county: Frames, tmp_path: Path) -> None:
    head = HEAD.replace("extends: national", "extends: yanchi")
    (tmp_path / "pack.yaml").write_text(head + LADDER, encoding="utf-8")

    limits = ladder_limits(county, load(tmp_path).at(DAY), as_of=DAY)

    assert limits.credit_by == "rating"
    assert 0 < limits.rows.get_column("credit_household").sum() < limits.rows.height
