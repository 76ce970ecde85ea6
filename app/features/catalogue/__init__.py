"""The catalogue: every feature once. To add one is to add its entry here, then to retrain."""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from app.features.catalogue.course import AGAINST_LOAN, EARNED_SO_FAR, FELT, PAID_SO_FAR, SEEN_SO_FAR
from app.features.catalogue.derived import DERIVED
from app.features.catalogue.household import EVENTS, INCOME, PEOPLE
from app.features.catalogue.loan import HISTORY, LOAN
from app.features.catalogue.refused import REFUSED, Refused, refused_as
from app.features.catalogue.schemes import AROUND_HOUSEHOLD, SURVEYED
from app.features.catalogue.visits import AROUND, USED, VISITED
from app.features.feature import Feature, Source, Stage

FEATURES: Final[tuple[Feature, ...]] = (
    *LOAN, *HISTORY, *INCOME, *PEOPLE, *EVENTS, *VISITED, *USED, *AROUND, *DERIVED, *SURVEYED,
    *AROUND_HOUSEHOLD, *PAID_SO_FAR, *SEEN_SO_FAR, *EARNED_SO_FAR, *FELT, *AGAINST_LOAN,
)  # fmt: skip
BY_NAME: Final[Mapping[str, Feature]] = MappingProxyType({feature.name: feature for feature in FEATURES})
FEATURE_SCHEMA: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {feature.name: pl.String() if feature.text else pl.Float64() for feature in FEATURES}
)

# What rules may read: every feature, and of the identity what speaks of the loan rather than of who.
RULE_COLUMNS: Final = frozenset((*BY_NAME, "bank", "industry", "kind", "use_mode"))


def of_source(source: Source) -> tuple[Feature, ...]:
    """List the features that aggregate one source, in catalogue order."""
    return tuple(feature for feature in FEATURES if feature.source is source)


def modelled(stage: Stage) -> tuple[Feature, ...]:
    """List the features that the estimator of a stage may learn from, in catalogue order."""
    return tuple(feature for feature in FEATURES if feature.modelled and stage in feature.stages)


def declaration(feature: Feature) -> dict[str, str]:
    """Write down what an artefact relies on of a feature: name, unit, cause and sign."""
    return {
        "name": feature.name,
        "unit": feature.unit,
        "cause": feature.cause.value,
        "sign": feature.sign.value,
    }


def catalogue_hash() -> str:
    """Hash what the catalogue declares of features that estimators may learn from: 64 hexadecimal digits."""
    text = json.dumps([declaration(feature) for feature in FEATURES if feature.modelled], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = [
    "BY_NAME",
    "FEATURES",
    "FEATURE_SCHEMA",
    "REFUSED",
    "RULE_COLUMNS",
    "Refused",
    "catalogue_hash",
    "declaration",
    "modelled",
    "of_source",
    "refused_as",
]
