"""Adds facts to the store, versions and fingerprints included: rows of a file, or one fact at a time."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, Literal

import polars as pl

from app.domain.ledger import Table
from app.domain.words import KnownBasis
from app.services.fact_rows import content_hashes, record_keys, with_known_days
from app.services.ports import Facts

Counts = dict[str, int]
Appended = Literal["added", "corrected", "unchanged"]


def append_rows(
    facts: Facts, table: Table, rows: pl.DataFrame, *, import_id: int, imported_on: date, lag_days: int
) -> Counts:
    """This function will compare rows with what is stored, and add what is new or says something else.

    `rows` hold the table's columns, known_on and known_basis (both may be null) and `news_on`. Gives how many
    were added, corrected, unchanged.
    """
    changed = _changed(facts, table, rows)
    fresh = changed.with_columns(
        (pl.col("before").fill_null(0) + 1).alias("version"),
        pl.lit(imported_on).alias("imported_on"),
        pl.lit(import_id, pl.Int64).alias("import_id"),
    )
    facts.append(table, with_known_days(fresh, lag_days=lag_days, imported_on=imported_on))
    corrected = changed.get_column("before").count()
    added, unchanged = changed.height - corrected, rows.height - changed.height
    return {"added": added, "corrected": corrected, "unchanged": unchanged}


def append_fact(
    facts: Facts, table: Table, fact: Mapping[str, Any], *, known_on: date, recorded_on: date
) -> Appended:
    """This function will add one fact as an import of its own; the same fact again changes nothing.

    `known_on` is the day it became known and `recorded_on` that of the recording. The version belongs to
    the fingerprint of the import, so that a fact may go back to what it said before.
    """
    row = pl.DataFrame([fact], schema=table.schema, orient="row").with_columns(
        pl.lit(known_on).alias("known_on"),
        pl.lit(KnownBasis.RECORDED.value).alias("known_basis"),
        pl.lit(known_on).alias("news_on"),
    )
    changed = _changed(facts, table, row)
    if changed.is_empty():
        return "unchanged"
    before, content = changed.item(0, "before") or 0, changed.item(0, "content_hash")
    digest = sha256(f"{table.name}|{changed.item(0, 'record_key')}|{before}|{content}".encode()).hexdigest()
    import_id = facts.open_import(file_sha256=digest, imported_on=recorded_on)
    counts = append_rows(facts, table, row, import_id=import_id, imported_on=recorded_on, lag_days=0)
    facts.close_import(import_id, {table.name: {"read": 1, **counts}})
    return "corrected" if before else "added"


def _changed(facts: Facts, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows that are new or say something else, with `before`, the version that they follow."""
    keyed = rows.with_columns(record_keys(table, rows), content_hashes(table, rows))
    latest = facts.latest(table, keyed.get_column("record_key")).rename(
        {"version": "before", "content_hash": "hash_before", "known_on": "known_before"}
    )
    joined = keyed.join(latest, on="record_key", how="left", maintain_order="left")
    return joined.filter(~pl.col("content_hash").eq_missing(pl.col("hash_before")))
