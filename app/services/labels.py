"""What the columns that a pack's conditions read are called: features, identity, sections' own columns."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.domain.words import Industry, LoanKind, Registration, UseMode, Word
from app.features.catalogue import BY_NAME
from app.features.feature import Feature
from app.policy.phrases import Label, Labels
from app.policy.vocabulary_labels import VOCABULARY_LABELS

_WORDS: Final[Mapping[str, type[Word]]] = MappingProxyType({"registration": Registration})
_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {"disbursed_yyyymmdd": "yyyymmdd", "borrower_age": "years of age", "age_at_maturity": "years of age"}
)
_IDENTITY: Final[Labels] = MappingProxyType(
    {
        "bank": Label(zh="贷款机构", en="bank"),
        "industry": Label(zh="用途", en="purpose", words=Industry),
        "kind": Label(zh="贷款性质", en="kind of loan", words=LoanKind),
        "use_mode": Label(zh="使用方式", en="way of use", words=UseMode),
    }
)


def _label(feature: Feature) -> Label:
    unit, words = _UNITS.get(feature.name, feature.unit), _WORDS.get(feature.name)
    return Label(zh=feature.zh, en=feature.en, unit=unit, words=words)


LABELS: Final[Labels] = MappingProxyType(
    {**VOCABULARY_LABELS, **_IDENTITY, **{name: _label(feature) for name, feature in BY_NAME.items()}}
)
