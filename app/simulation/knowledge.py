"""The simulated ledger as frames, without the round trip through a file."""

from collections.abc import Mapping

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import FACT_TABLES, Kind, Table
from app.domain.words import KnownBasis
from app.simulation.spec import County

_IMPORT = 1


def frames(county: County, lags: Mapping[str, int]) -> Frames:
    """This function will give the ledger as frames with pseudonymous persons, as one import.

    `lags` are days by table name from the day a fact happened to the day it is assumed known, for
    tables that do not record it; a table without a lag is known at once.
    """
    ids = county.ledger["persons"].get_column("person_id")
    tables = {
        table.name: _facts(table, county.ledger[table.name], ids, lags.get(table.name, 0), county)
        for table in FACT_TABLES
    }
    return Frames.of(tables, watermark=_IMPORT)


def _facts(table: Table, frame: pl.DataFrame, ids: pl.Series, lag: int, county: County) -> pl.DataFrame:
    recorded = "known_on" in frame.columns
    basis = KnownBasis.RECORDED if recorded else KnownBasis.ASSUMED
    known = pl.col("known_on") if recorded else pl.col(table.happened).dt.offset_by(f"{lag}d")
    persons = [column.name for column in table.columns if column.kind is Kind.PERSON]
    return frame.with_columns(
        *(_pseudonym(name, ids) for name in persons),
        known_on=known,
        known_basis=pl.lit(basis.value),
        imported_on=pl.lit(county.spec.until),
        import_id=pl.lit(_IMPORT),
        version=pl.lit(1),
    )


def _pseudonym(name: str, ids: pl.Series) -> pl.Expr:
    names = "P" + (pl.int_range(len(ids), eager=True) + 1).cast(pl.String).str.zfill(9)
    return pl.col(name).replace_strict(ids, names, default=None, return_dtype=pl.String)
