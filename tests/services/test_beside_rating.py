from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from app.domain.errors import InvalidValueError
from app.policy.policy import load
from app.scoring.calibration import RatingRates
from app.services.beside_rating import BesideRating, beside_rating
from app.simulation import CountySpec
from app.workbench.bench import facts_of, shipped

DAY = date(2025, 9, 30)


@pytest.fixture(scope="module")
def found() -> BesideRating:
    county = facts_of(None, CountySpec(seed=31, loans=2_500, until=DAY))
    return beside_rating(county, shipped(), load("yanchi").at(DAY), as_of=DAY)


def test_both_opinions_are_measured_on_the_same_loans_with_intervals(found: BesideRating) -> None:
    rows = found.figures

    assert 0 < found.defaults < found.loans
    assert set(rows["measure"]) == {"caught", "auc", "ks", "brier", "logloss"}
    assert rows.select((pl.col("low") <= pl.col("high")).all()).item()
    better = rows.filter(pl.col("measure").is_in(["auc", "caught"]))
    assert better.select((pl.col("gain") - pl.col("learned") + pl.col("rating")).abs().max()).item() < 1e-12


def test_the_verdict_says_what_the_interval_says(found: BesideRating) -> None:
    auc = found.figures.row(by_predicate=pl.col("measure") == "auc", named=True)

    won, lost = auc["low"] > 0, auc["high"] < 0
    said = found.verdict.en
    assert ("beats the 631" in said, "631 beats" in said) == (won, lost)
    assert f"{auc['gain']:+.3f}" in said
    assert f"{auc['gain']:+.3f}" in found.verdict.zh


def test_a_county_without_a_default_has_nothing_to_compare() -> None:
    county = facts_of(None, CountySpec(seed=31, loans=12, until=DAY))

    with pytest.raises(InvalidValueError, match="nothing to compare"):
        beside_rating(county, shipped(), load("yanchi").at(DAY), as_of=DAY)


def test_an_artefact_without_rates_of_the_631_says_what_to_do() -> None:
    county = facts_of(None, CountySpec(seed=31, loans=900, until=DAY))
    bare = replace(shipped(), rating_rates=None)

    assert isinstance(shipped().rating_rates, RatingRates)
    with pytest.raises(InvalidValueError, match="train it again"):
        beside_rating(county, bare, load("yanchi").at(DAY), as_of=DAY)
