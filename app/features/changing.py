"""What can be done about a loan's facts: the changes that the catalogue declares, applied to features."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.catalogue import FEATURES, of_source
from app.features.feature import BY, Change, Feature, Source

IntMatrix = NDArray[np.int64]
CHANGEABLE: Final = tuple(feature for feature in FEATURES if feature.changeable is not None)
CHANGES: Final = tuple(feature.changeable for feature in CHANGEABLE if feature.changeable is not None)
_TO: Final = "to"
_UNITS: Final = "units"
_DERIVED: Final = tuple(feature.column for feature in of_source(Source.DERIVED))
# All that a change can move: the features it is declared for, those that go with it, and what follows.
MOVING: Final = frozenset(
    (
        *(f.name for f in (*CHANGEABLE, *of_source(Source.DERIVED))),
        *(m.name for c in CHANGES for m in c.moves),
    )
)


def most_units(features: pl.DataFrame) -> IntMatrix:
    """This function will count how many units of every change can be made: (n, changes), 0 where none.

    A change without a step is one unit. Where a value is not known only `unseen` changes can be made.
    """
    counted = [_most(f, c).alias(c.code) for f, c in zip(CHANGEABLE, CHANGES, strict=True)]
    return features.select(counted).to_numpy().astype(np.int64).reshape(features.height, len(CHANGES))


def _most(feature: Feature, change: Change) -> pl.Expr:
    distance = (change.limit - pl.col(feature.name)) * change.direction
    units = (distance > 0).cast(pl.Int64) if change.step is None else (distance / change.step).ceil().clip(0)
    return units.cast(pl.Int64).fill_null(1 if change.unseen else 0)


def changed(features: pl.DataFrame, units: IntMatrix) -> pl.DataFrame:
    """This function will make changes: row i of `features` gets `units[i]` of every change (n, changes).

    Derived features follow by the catalogue's own expressions; nothing else moves.
    """
    touched = units.any(axis=0)
    for place in np.flatnonzero(touched):
        feature, change = CHANGEABLE[place], CHANGES[place]
        features = _made(features, feature, change, units[:, place])
    return features.with_columns(_DERIVED) if touched.any() else features


def _made(features: pl.DataFrame, feature: Feature, change: Change, units: NDArray[np.int64]) -> pl.DataFrame:
    done, value = pl.col(_UNITS) > 0, pl.col(feature.name)
    with_aim = features.with_columns(pl.Series(_UNITS, units)).with_columns(_aim(value, change).alias(_TO))
    measured = with_aim.with_columns((pl.col(_TO) - value).abs().fill_null(0.0).alias(BY))
    own = pl.when(done).then(_TO).otherwise(value).cast(pl.Float64).alias(feature.name)
    others = (
        pl.when(done).then(m.becomes).otherwise(pl.col(m.name)).cast(pl.Float64).alias(m.name)
        for m in change.moves
    )
    return measured.with_columns(own, *others).drop(_UNITS, _TO, BY)


def _aim(value: pl.Expr, change: Change) -> pl.Expr:
    if change.step is None:
        return change.limit.cast(pl.Float64)
    gone = value + pl.col(_UNITS) * (change.step * change.direction)
    ends = (gone, change.limit)
    return pl.max_horizontal(*ends) if change.direction < 0 else pl.min_horizontal(*ends)
