"""Keys, fingerprints and days of facts, a table at a time."""

from collections.abc import Iterable
from datetime import date
from hashlib import blake2b
from typing import Final

import polars as pl

from app.domain.ledger import Column, Kind, Table
from app.domain.words import KnownBasis

_HASH_BYTES: Final = 16
_UNIT_SEPARATOR: Final = "\x1f"  # never in a ledger's text: control characters are removed on reading
_MICRO: Final = 1_000_000


def record_keys(table: Table, rows: pl.DataFrame) -> pl.Series:
    """This function will join the natural key's values by `|`, missing ones as nothing."""
    parts = [_canonical(table.column(name)).fill_null("") for name in table.key]
    return rows.select(pl.concat_str(parts, separator="|").alias("record_key")).to_series()


def content_hashes(table: Table, rows: pl.DataFrame) -> pl.Series:
    """This function will fingerprint what a fact says: 32 hexadecimal digits of BLAKE2b.

    Values stand under their column names and missing ones are left out, so that a column added to the
    schema later leaves the fingerprints of old facts as they are.
    """
    parts = [pl.lit(f"{column.name}=") + _canonical(column) for column in table.columns]
    joined = pl.concat_str(parts, separator=_UNIT_SEPARATOR, ignore_nulls=True).alias("content_hash")
    texts: Iterable[str] = rows.select(joined).to_series()
    hashes = [blake2b(text.encode(), digest_size=_HASH_BYTES).hexdigest() for text in texts]
    return pl.Series("content_hash", hashes, pl.String)


def _canonical(column: Column) -> pl.Expr:
    """Write a value in one way only; a quantity counts to its sixth decimal."""
    value = pl.col(column.name)
    if column.kind is Kind.DECIMAL:
        return (value * _MICRO).round().cast(pl.Int64).cast(pl.String)
    return value.cast(pl.String)


def with_known_days(rows: pl.DataFrame, *, lag_days: int, imported_on: date) -> pl.DataFrame:
    """This function will fill in the day each fact became known, never after the day of import.

    A day given by the file stays (`recorded`, or what the file says of it). Else a new fact is assumed
    known `lag_days` after the column `news_on`, and a correction on the day of import: what was
    believed before was believed until then, so that a correction changes no earlier assessment. No
    correction is known before what it corrects (`known_before`), since it could then never be seen.
    """
    assumed = pl.min_horizontal(pl.col("news_on") + pl.duration(days=lag_days), pl.lit(imported_on))
    fallback = pl.when(pl.col("version") > 1).then(pl.lit(imported_on)).otherwise(assumed)
    given = pl.col("known_on")
    recorded = given.is_not_null() & (given >= pl.col("known_before")).fill_null(value=True)
    basis = pl.when(recorded).then(pl.col("known_basis").fill_null(KnownBasis.RECORDED.value))
    return rows.with_columns(
        pl.max_horizontal(given.fill_null(fallback), "known_before").alias("known_on"),
        basis.otherwise(pl.lit(KnownBasis.ASSUMED.value)).alias("known_basis"),
    )
