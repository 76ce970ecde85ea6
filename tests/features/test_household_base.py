from datetime import date

import pytest

from app.domain.frames import Frames
from app.features.base import BASE_COLUMNS, household_base, loan_base
from app.features.build import build
from app.policy.policy import load
from app.simulation import CountySpec, frames, simulate
from tests.features.ledger import AS_OF, HOUSEHOLD, ledger

DAY = date(2024, 6, 1)


@pytest.fixture(scope="module", name="county")
def _county() -> Frames:
    lags = {lag.code: lag.now.days for lag in load("national").at(DAY).knowledge}
    return frames(simulate(CountySpec(seed=5, loans=200, until=DAY)), lags)


def _answer(value: float, day: date, item: str = "sound_project") -> dict[str, object]:
    return {"household_id": "H1", "item": item, "value": value, "asked_on": day}


def test_every_household_known_on_the_day_stands_once_with_its_head(county: Frames) -> None:
    base = household_base(county, as_of=DAY)

    known = county.as_of(DAY)["households"]
    assert base.get_column("household_id").to_list() == sorted(known.get_column("household_id"))
    assert set(base.get_column("borrower_id")) == set(known.get_column("head_person_id"))
    assert tuple(base.columns) == BASE_COLUMNS


def test_a_village_has_its_own_households_only(county: Frames) -> None:
    village = county["households"].get_column("village_code").sort()[0]

    base = household_base(county, as_of=DAY, within=village)

    assert set(base.get_column("village_code")) == {village}


def test_a_household_surveyed_later_is_not_there_yet() -> None:
    late = HOUSEHOLD | {"surveyed_on": date(2024, 6, 2)}

    assert household_base(ledger(households=[late]), as_of=AS_OF).is_empty()


def test_features_that_are_wanted_alone_are_the_same_as_among_all(county: Frames) -> None:
    base = loan_base(county, as_of=DAY)
    whole = build(county, base)

    for name in ("income_per_head_12m_yuan", "interest_days_late", "labour_share", "price_change_6m"):
        alone = build(county, base, only=frozenset({name}))
        assert alone.get_column(name).equals(whole.get_column(name), null_equal=True)


def test_a_feature_that_is_not_wanted_is_not_given(county: Frames) -> None:
    built = build(county, loan_base(county, as_of=DAY), only=frozenset({"members"}))

    assert "members" in built.columns
    assert "land_mu" not in built.columns


def test_the_latest_answer_of_a_survey_counts() -> None:
    told = ledger(surveys=[_answer(1, date(2024, 1, 1)), _answer(0, date(2024, 3, 1))])

    built = build(told, household_base(told, as_of=AS_OF)).row(0, named=True)

    assert (built["survey_sound_project"], built["survey_needs_funds"]) == (0.0, None)
