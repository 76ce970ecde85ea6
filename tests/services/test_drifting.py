from datetime import date

import polars as pl
import pytest

from app.policy.policy import load
from app.scoring.drift import SCORE
from app.services.drifting import NO_PAST, Compared, compared
from app.services.matured import told_outcomes
from app.simulation import CountySpec
from app.workbench.bench import facts_of, shipped

DAY = date(2025, 9, 30)
LOANS = 2_500


def _compared(seed: int, *, regime: str = "ordinary", loans: int = LOANS, townships: int = 12) -> Compared:
    spec = CountySpec(seed=seed, loans=loans, until=DAY, regime=regime, townships=townships)
    frames, rules = facts_of(None, spec), load("yanchi").at(DAY)
    told = told_outcomes(frames, rules, as_of=DAY)
    return compared(frames, told, shipped(), rules, as_of=DAY)


def _year(found: Compared) -> pl.DataFrame:
    return found.features.filter(pl.col("loans") == found.features["loans"].max())


@pytest.mark.parametrize("seed", [501, 502])
def test_a_county_that_goes_on_as_ever_has_hardly_a_drift(seed: int) -> None:
    year = _year(_compared(seed))

    assert year.height > 50
    assert year.filter(pl.col("column") == SCORE)["verdict"].to_list() == ["stable"]
    assert (year["verdict"] == "drifted").sum() <= 1  # of 63


def test_a_collapse_of_prices_is_found_by_the_features_that_tell_prices() -> None:
    year = _year(_compared(502, regime="price_collapse"))

    drifted = year.filter(pl.col("verdict") == "drifted")["column"].to_list()
    assert len(drifted) >= 3
    assert [name for name in drifted if not name.startswith("price_")] == []


def test_a_county_of_one_township_is_compared_as_any_other() -> None:
    found = _compared(503, loans=900, townships=1)

    assert found.scores["loans"].sum() == found.apart["loans"].max()
    assert found.features.height > 0


def test_a_ledger_too_young_to_have_a_past_says_so() -> None:
    found = _compared(504, loans=150)

    assert found.notes == (NO_PAST,)
    assert found.features.is_empty()
    assert found.scores["verdict"].unique().to_list() == ["too_few"]


def test_a_ledger_without_a_loan_is_nothing_to_compare() -> None:
    spec = CountySpec(seed=505, loans=20, until=date(2016, 12, 31))
    frames, rules = facts_of(None, spec), load("yanchi").at(DAY)
    told = told_outcomes(frames, rules, as_of=DAY)

    found = compared(frames, told, shipped(), rules, as_of=DAY)

    assert (found.scores.height, found.features.height, found.apart.height) == (0, 0, 0)
