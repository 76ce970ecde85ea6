"""Builds the features frame: the same code for one request, a nightly sweep and a training set."""

from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.features.base import IDENTITY
from app.features.catalogue import FEATURE_SCHEMA, FEATURES, of_source
from app.features.context import Context
from app.features.facts import Facts
from app.features.feature import Feature, Source
from app.features.sources import SOURCES, Subjects

CHUNK_ROWS: Final = 25_000
_COLUMNS: Final = {source: [feature.column for feature in of_source(source)] for source in Source}
_PLAIN: Final = pl.QueryOptFlags.none()  # the plans are as they should run; looking for better costs more
_ORDER: Final = (*IDENTITY, *(feature.name for feature in FEATURES))


def build(
    frames: Frames, base: pl.DataFrame, *, context: Context | None = None, chunk_rows: int = CHUNK_ROWS
) -> pl.DataFrame:
    """Add every feature of the catalogue to a base frame, each row as of its own day.

    Gives the base's rows in their order: IDENTITY, then the catalogue's features (Float64, null where not
    known; `text` ones String). Without a context the features that look across loans are null: that is how
    a pack switches them off. Facts known after a row's as_of never change it.
    """
    facts = Facts.of(frames)
    starts = range(0, max(base.height, 1), chunk_rows)
    return pl.concat([_build(facts, base.slice(start, chunk_rows), context) for start in starts])


def _build(facts: Facts, base: pl.DataFrame, context: Context | None) -> pl.DataFrame:
    subjects = Subjects.of(base, facts, context)
    features, sources = base.lazy().with_columns(_COLUMNS[Source.BASE]), _present(facts)
    for part in pl.collect_all([_aggregate(source, subjects) for source in sources], optimizations=_PLAIN):
        features = features.join(part.lazy(), on="row", how="left", maintain_order="left")
    found = {feature.name for source in sources for feature in of_source(source)}
    full = features.with_columns(_completed(feature, found) for feature in _AGGREGATED)
    return full.with_columns(_COLUMNS[Source.DERIVED]).select(_ORDER).collect(optimizations=_PLAIN)


def _present(facts: Facts) -> list[Source]:
    return [source for source, (table, _) in SOURCES.items() if facts.has(table)]


def _aggregate(source: Source, subjects: Subjects) -> pl.LazyFrame:
    _, rows_of = SOURCES[source]
    return rows_of(subjects).group_by("row").agg(_COLUMNS[source])


def _completed(feature: Feature, found: set[str]) -> pl.Expr:
    """Fill in what a row without any facts has; a table without any facts brings no column at all."""
    value = pl.col(feature.name) if feature.name in found else pl.lit(None)
    typed = value.cast(FEATURE_SCHEMA[feature.name]).alias(feature.name)
    return typed if feature.absent is None else typed.fill_null(feature.absent)


_AGGREGATED: Final = tuple(f for f in FEATURES if f.source not in {Source.BASE, Source.DERIVED})
