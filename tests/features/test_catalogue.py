from pathlib import Path

import pytest

from app.features import catalogue
from app.features.base import IDENTITY
from app.features.catalogue import (
    BY_NAME,
    FEATURES,
    REFUSED,
    RULE_COLUMNS,
    catalogue_hash,
    modelled,
    refused_as,
)
from app.features.feature import Feature, Source, Stage
from app.scoring.wording import sentence


def test_every_feature_stands_once_and_none_is_an_identity() -> None:
    names = [feature.name for feature in FEATURES]

    assert len(names) == len(set(names))
    assert not set(names) & set(IDENTITY)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.name)
def test_a_feature_has_labels_in_both_languages_and_a_unit_that_can_be_written(feature: Feature) -> None:
    zh, en = sentence(feature, 1.0, 0.0)

    assert feature.zh in zh
    assert feature.en.lower() in en.lower()


def test_every_file_of_the_catalogue_is_listed_in_it() -> None:
    folder = Path(str(catalogue.__file__)).parent
    listed = sum(len(getattr(catalogue, group)) for group in _GROUPS)

    assert {path.stem for path in folder.glob("*.py")} == {
        "__init__",
        "loan",
        "household",
        "visits",
        "course",
        "derived",
        "refused",
        "schemes",
    }
    assert listed == len(FEATURES)


_GROUPS = (
    "LOAN",
    "HISTORY",
    "INCOME",
    "PEOPLE",
    "EVENTS",
    "VISITED",
    "USED",
    "AROUND",
    "DERIVED",
    "SURVEYED",
    "AROUND_HOUSEHOLD",
    "PAID_SO_FAR",
    "SEEN_SO_FAR",
    "EARNED_SO_FAR",
    "FELT",
    "AGAINST_LOAN",
)


def test_no_refused_information_is_a_feature_or_readable_by_rules() -> None:
    spellings = {name.lower() for item in REFUSED for name in (item.name, item.zh, *item.also)}

    assert not spellings & RULE_COLUMNS
    assert not spellings & set(BY_NAME)


@pytest.mark.parametrize("column", ["性别", "ETHNICITY", "低保", " marital_status ", "village_code", "人品"])
def test_refused_information_is_known_by_its_names(column: str) -> None:
    assert refused_as(column) is not None


def test_an_application_is_not_judged_by_what_only_a_loan_can_show() -> None:
    names = {feature.name for feature in modelled(Stage.APPLICATION)}

    assert not names & {"days_to_maturity", "willingness_last", "interest_days_late", "misuse_found"}
    assert {"income_12m_yuan", "interest_on_time_share_24m"} <= names


def test_rules_only_features_are_not_learnt_from() -> None:
    names = {feature.name for stage in Stage for feature in modelled(stage)}

    assert not names & {"principal_days_late", "borrower_age", "registration", "credit_mark_open"}


def test_derived_features_rest_only_on_features_that_come_before() -> None:
    before = {feature.name for feature in FEATURES if feature.source is not Source.DERIVED}
    derived = [feature for feature in FEATURES if feature.source is Source.DERIVED]

    assert all(set(feature.expr.meta.root_names()) <= before for feature in derived)


def test_the_catalogue_hash_is_the_same_every_time() -> None:
    assert catalogue_hash() == catalogue_hash()
    assert len(catalogue_hash()) == 64
