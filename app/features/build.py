"""Builds the features frame: the same code for one request, a nightly sweep and a training set."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.features.base import BASE_TABLES, IDENTITY
from app.features.catalogue import FEATURE_SCHEMA, FEATURES, of_source
from app.features.context import CONTEXT_TABLES, Context
from app.features.facts import Facts
from app.features.feature import Feature, Source
from app.features.sources import SOURCES, Subjects

CHUNK_ROWS: Final = 25_000
# The tables that bases, features and their context are made of.
FEATURE_TABLES: Final = frozenset(
    {*BASE_TABLES, *CONTEXT_TABLES, "applications", *(table for table, _ in SOURCES.values())}
)
Wanted = Mapping[Source, Sequence[Feature]]
_PLAIN: Final = pl.QueryOptFlags.none()  # the plans are as they should run; looking for better costs more
_ORDER: Final = (*IDENTITY, *(feature.name for feature in FEATURES))


def build(
    frames: Frames,
    base: pl.DataFrame,
    *,
    context: Context | None = None,
    only: frozenset[str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> pl.DataFrame:
    """Add every feature of the catalogue to a base frame, each row as of its own day.

    Gives the base's rows in their order: IDENTITY, then the catalogue's features (Float64, null where not
    known; `text` ones String). `only` names the features that are wanted: no others are computed or given.
    Without a context the features that look across loans are null: that is how a pack switches them off.
    Facts known after a row's as_of never change it.
    """
    facts, wanted = Facts.of(frames), _wanted(only)
    starts = range(0, max(base.height, 1), chunk_rows)
    return pl.concat([_build(facts, base.slice(start, chunk_rows), context, wanted) for start in starts])


@cache
def _wanted(only: frozenset[str] | None) -> Wanted:
    """The features to compute, by source: those named, and what derived ones are made of."""
    if only is None:
        return {source: of_source(source) for source in Source}
    made_of = (f.expr.meta.root_names() for f in of_source(Source.DERIVED) if f.name in only)
    names = only.union(*made_of)
    return {source: [f for f in of_source(source) if f.name in names] for source in Source}


def _build(facts: Facts, base: pl.DataFrame, context: Context | None, wanted: Wanted) -> pl.DataFrame:
    subjects = Subjects.of(base, facts, context)
    features = base.lazy().with_columns(_columns(wanted[Source.BASE]))
    sources = _present(facts, wanted)
    for part in pl.collect_all(
        [_aggregate(source, subjects, wanted[source]) for source in sources], optimizations=_PLAIN
    ):
        features = features.join(part.lazy(), on="row", how="left", maintain_order="left")
    found = {feature.name for source in sources for feature in wanted[source]}
    aggregated = [feature for source in SOURCES for feature in wanted[source]]
    full = features.with_columns(_completed(feature, found) for feature in aggregated)
    names = {feature.name for part in wanted.values() for feature in part}
    order = [name for name in _ORDER if name in names or name in IDENTITY]
    return full.with_columns(_columns(wanted[Source.DERIVED])).select(order).collect(optimizations=_PLAIN)


def _columns(features: Sequence[Feature]) -> list[pl.Expr]:
    return [feature.column for feature in features]


def _present(facts: Facts, wanted: Wanted) -> list[Source]:
    return [source for source, (table, _) in SOURCES.items() if facts.has(table) and wanted[source]]


def _aggregate(source: Source, subjects: Subjects, features: Sequence[Feature]) -> pl.LazyFrame:
    _, rows_of = SOURCES[source]
    return rows_of(subjects).group_by("row").agg(_columns(features))


def _completed(feature: Feature, found: set[str]) -> pl.Expr:
    """Fill in what a row without any facts has; a table without any facts brings no column at all."""
    value = pl.col(feature.name) if feature.name in found else pl.lit(None)
    typed = value.cast(FEATURE_SCHEMA[feature.name]).alias(feature.name)
    return typed if feature.absent is None else typed.fill_null(feature.absent)
