"""Facts as they were known on each row's own day: one join serves a request, a sweep and training."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME

_UNTIL: Final = "known_until"


@dataclass(frozen=True, slots=True)
class Facts:
    """The ledger's frames, each version with the day on which a later one replaced it."""

    tables: Mapping[str, pl.DataFrame]

    @classmethod
    def of(cls, frames: Frames) -> Self:
        """Mark the versions of all frames."""
        return cls(MappingProxyType({name: _marked(frame, name) for name, frame in frames.tables.items()}))

    def has(self, table: str) -> bool:
        """Tell whether there is any fact of a table."""
        return not self.tables[table].is_empty()

    def known(self, keys: pl.LazyFrame, table: str, *columns: str, by: str) -> pl.LazyFrame:
        """Join to each row of `keys` (with `as_of`) the facts of a table that were known on its day.

        Keeps the columns named; `on` is the day the fact happened, which lies not after as_of either,
        except in tables that look forward. Corrections made later are not seen.
        """
        frame, happened = self.tables[table], BY_NAME[table].happened
        wanted = [name for name in ("known_on", _UNTIL) if name in frame.columns]
        facts = frame.lazy().select(by, pl.col(happened).alias("on"), *columns, *wanted)
        return keys.join(facts, on=by, how="inner").filter(*_seen(frame, table)).drop(wanted)


def _seen(frame: pl.DataFrame, table: str) -> list[pl.Expr]:
    as_of = pl.col("as_of")
    seen = [pl.col("known_on") <= as_of]
    if _UNTIL in frame.columns:
        seen.append(pl.col(_UNTIL).is_null() | (pl.col(_UNTIL) > as_of))
    if not BY_NAME[table].forward:
        seen.append(pl.col("on") <= as_of)
    return seen


def _marked(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Add the day each version was replaced; frames without corrections stay as they are."""
    if frame.is_empty() or frame.get_column("version").max() == 1:
        return frame
    key = list(BY_NAME[table].key)
    corrected = frame.filter(pl.col("version") > 1).select(key).unique()
    touched = frame.join(corrected, on=key, how="semi", nulls_equal=True)
    untouched = frame.join(corrected, on=key, how="anti", nulls_equal=True)
    ordered = touched.sort("known_on", "version", maintain_order=True)
    replaced = ordered.with_columns(pl.col("known_on").shift(-1).over(key).alias(_UNTIL))
    return pl.concat([untouched, replaced], how="diagonal")
