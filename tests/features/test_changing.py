import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.catalogue import BY_NAME, FEATURES
from app.features.changing import CHANGEABLE, CHANGES, changed, most_units
from app.features.feature import Feature, Sign, Source

PLACE = {change.code: place for place, change in enumerate(CHANGES)}
NEVER = (  # nobody can change these: who people are, what befell them, what they were late with
    "borrower_age", "age_at_maturity", "members", "registration", "illness_12m", "death_24m", "disaster_12m",
    "animal_disease_12m", "accident_12m", "shock_loss_12m_yuan", "interest_days_late_max_12m",
    "interest_on_time_share_24m", "earlier_principal_days_late_max", "times_extended", "times_renewed",
    "misuse_found", "willingness_last", "production_last", "township_late_share", "group_late_share",
    "bad_faith_open", "income_12m_yuan", "price_change_12m",
)  # fmt: skip


def frame(**known: float | None) -> pl.DataFrame:
    blank = {f.name: pl.Series([known.get(f.name)], dtype=pl.Float64) for f in FEATURES if not f.text}
    return pl.DataFrame({"row": pl.Series([0], dtype=pl.UInt32), **blank})


def made(features: pl.DataFrame, **units: int) -> dict[str, float | None]:
    row = np.array([[units.get(change.code, 0) for change in CHANGES]])
    return changed(features, row).row(0, named=True)


def possible(features: pl.DataFrame) -> dict[str, int]:
    found = most_units(features)[0]
    return {change.code: int(n) for change, n in zip(CHANGES, found, strict=True) if n}


OWES = frame(
    interest_days_late=45.0, interest_overdue_yuan=800.0, interest_days_late_max_12m=45.0,
    outside_debt_yuan=25_500.0, income_12m_yuan=50_000.0, balance_yuan=30_000.0,
    household_balance_yuan=60_000.0,
    days_since_visit=200.0, visits_12m=0.0, amount_yuan=50_000.0, use_recorded_yuan=10_000.0,
    off_purpose_share=0.5,
)  # fmt: skip


@pytest.mark.parametrize("feature", CHANGEABLE, ids=lambda f: f.name)
def test_a_change_never_goes_the_way_that_raises_risk(feature: Feature) -> None:
    assert feature.changeable is not None
    assert feature.changeable.direction * feature.sign.monotone <= 0
    assert feature.changeable.direction in {-1, 1}


@pytest.mark.parametrize("name", NEVER)
def test_nothing_moves_who_people_are_or_what_is_past(name: str) -> None:
    moved = {move.name for change in CHANGES for move in change.moves}

    assert BY_NAME[name].changeable is None
    assert name not in moved


def test_changes_are_told_in_both_languages_under_codes_of_their_own() -> None:
    assert len(PLACE) == len(CHANGES)
    assert all(change.zh and change.en for change in CHANGES)
    assert all(f.source is not Source.DERIVED and not f.text for f in CHANGEABLE)


def test_interest_paid_is_no_longer_late_but_was() -> None:
    paid = made(OWES, pay_interest=1)

    assert (paid["interest_days_late"], paid["interest_overdue_yuan"]) == (0.0, 0.0)
    assert paid["interest_days_late_max_12m"] == 45.0


def test_debt_is_repaid_by_the_thousand_and_the_rest_at_last() -> None:
    assert possible(OWES)["repay_outside_debt"] == 26
    assert made(OWES, repay_outside_debt=3)["outside_debt_yuan"] == 22_500.0
    assert made(OWES, repay_outside_debt=26)["outside_debt_yuan"] == 0.0


def test_derived_features_follow() -> None:
    assert made(OWES, repay_outside_debt=10)["outside_debt_to_income"] == pytest.approx(0.31)


def test_principal_repaid_early_leaves_a_loan_and_lessens_what_the_household_owes() -> None:
    most = possible(OWES)["repay_early"]

    repaid = made(OWES, repay_early=most)

    assert (repaid["balance_yuan"], repaid["household_balance_yuan"]) == (1_000.0, 31_000.0)


def test_use_recorded_for_production_thins_what_went_elsewhere_but_keeps_it() -> None:
    recorded = made(OWES, record_use=40)

    assert recorded["use_recorded_yuan"] == 50_000.0
    assert recorded["off_purpose_share"] == pytest.approx(0.1)


def test_a_household_never_seen_can_be_visited() -> None:
    unseen = frame(visits_12m=0.0)

    assert possible(unseen)["record_visit"] == 1
    assert made(unseen, record_visit=1)["days_since_visit"] == 0.0


def test_what_is_not_known_is_no_debt_to_repay_and_no_interest_to_pay() -> None:
    assert set(possible(frame())) == {"record_visit", "record_income"}


def test_where_all_is_well_there_is_nothing_to_change() -> None:
    well = frame(
        days_since_visit=0.0, days_since_income=0.0, interest_days_late=0.0, outside_debt_yuan=0.0,
        use_recorded_yuan=60_000.0, amount_yuan=50_000.0, balance_yuan=900.0,
    )  # fmt: skip

    assert possible(well) == {}


@given(units=st.lists(st.integers(0, 30), min_size=len(CHANGES), max_size=len(CHANGES)))
def test_only_what_is_declared_moves_and_never_to_the_worse(units: list[int]) -> None:
    allowed = np.minimum(np.array([units]), most_units(OWES))
    declared = {f.name for f in CHANGEABLE} | {m.name for c in CHANGES for m in c.moves}

    after = changed(OWES, allowed)

    for feature in FEATURES:
        if feature.text:
            continue
        before, now = OWES[feature.name][0], after[feature.name][0]
        if feature.source is not Source.DERIVED and feature.name not in declared:
            assert now == before
        if feature.sign is not Sign.FREE and before is not None and now is not None:
            assert (now - before) * feature.sign.monotone <= 1e-12


def test_no_change_leaves_every_bit_as_it_is() -> None:
    assert changed(OWES, np.zeros((1, len(CHANGES)), dtype=np.int64)).equals(OWES)
