"""Builds the features frame: the same code for one request, a nightly sweep and a training set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The features to compute: by source the expressions that give them, those aggregated, the order."""

    columns: Mapping[Source, tuple[pl.Expr, ...]]
    aggregated: tuple[tuple[Source, Feature], ...]
    order: tuple[str, ...]


@cache
def _wanted(only: frozenset[str] | None) -> _Wanted:
    """Those named, and what derived ones are made of."""
    made_of = (f.expr.meta.root_names() for f in of_source(Source.DERIVED) if only and f.name in only)
    names = None if only is None else only.union(*made_of)
    chosen = {s: [f for f in of_source(s) if names is None or f.name in names] for s in Source}
    given = {feature.name for part in chosen.values() for feature in part}
    return _Wanted(
        columns={source: tuple(feature.column for feature in part) for source, part in chosen.items()},
        aggregated=tuple((source, feature) for source in SOURCES for feature in chosen[source]),
        order=tuple(name for name in _ORDER if name in given or name in IDENTITY),
    )


def _build(facts: Facts, base: pl.DataFrame, context: Context | None, wanted: _Wanted) -> pl.DataFrame:
    subjects = Subjects.of(base, facts, context)
    features = base.lazy().with_columns(wanted.columns[Source.BASE])
    sources = tuple(
        source for source, (table, _) in SOURCES.items() if facts.has(table) and wanted.columns[source]
    )
    for part in pl.collect_all(
        [_aggregate(source, subjects, wanted.columns[source]) for source in sources], optimizations=_PLAIN
    ):
        features = features.join(part.lazy(), on="row", how="left", maintain_order="left")
    full = features.with_columns(_completed(wanted.aggregated, sources))
    return (
        full.with_columns(wanted.columns[Source.DERIVED]).select(wanted.order).collect(optimizations=_PLAIN)
    )


def _aggregate(source: Source, subjects: Subjects, columns: Sequence[pl.Expr]) -> pl.LazyFrame:
    _, rows_of = SOURCES[source]
    return rows_of(subjects).group_by("row").agg(columns)


@lru_cache(maxsize=256)
def _completed(
    features: tuple[tuple[Source, Feature], ...], sources: tuple[Source, ...]
) -> tuple[pl.Expr, ...]:
    """Fill in what a row without any facts has; a source without any facts brings no column at all."""
    return tuple(_filled(feature, found=source in sources) for source, feature in features)


def _filled(feature: Feature, *, found: bool) -> pl.Expr:
    value = pl.col(feature.name) if found else pl.lit(None)
    typed = value.cast(FEATURE_SCHEMA[feature.name]).alias(feature.name)
    return typed if feature.absent is None else typed.fill_null(feature.absent)
