"""Frames: the ledger's facts as Polars tables, and what was known of them on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Self

import polars as pl

from app.domain.ledger import BY_NAME, FACT_TABLES, Table


@dataclass(frozen=True, slots=True)
class Frames:
    """Facts by table name; every fact table is there, if only empty. No names, no ID numbers.

    `watermark` is the last import whose facts are in here.
    """

    tables: Mapping[str, pl.DataFrame]
    watermark: int = 0

    @classmethod
    def of(cls, tables: Mapping[str, pl.DataFrame], *, watermark: int = 0) -> Self:
        """This function will complete the tables with empty ones and bring them into schema order."""
        shaped = {t.name: _shaped(t, tables.get(t.name)) for t in FACT_TABLES}
        return cls(MappingProxyType(shaped), watermark)

    def __getitem__(self, name: str) -> pl.DataFrame:
        """This function will give the frame of one table."""
        return self.tables[name]

    def as_of(self, day: date) -> "Frames":
        """This function will keep what was known on `day`, the latest version of each fact."""
        known = {name: _known(frame, BY_NAME[name], day) for name, frame in self.tables.items()}
        return Frames(MappingProxyType(known), self.watermark)


def _shaped(table: Table, frame: pl.DataFrame | None) -> pl.DataFrame:
    if frame is None:
        return pl.DataFrame(schema=table.schema)
    return frame.select(
        pl.col(n).cast(t) if n in frame.columns else pl.lit(None, t).alias(n) for n, t in table.schema.items()
    )


def _known(frame: pl.DataFrame, table: Table, day: date) -> pl.DataFrame:
    if frame.is_empty():
        return frame
    return latest_versions(frame.filter(pl.col("known_on") <= day), table.key)


def latest_versions(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """This function will keep of each fact the version that became known last."""
    if frame.is_empty() or frame.get_column("version").max() == 1:
        return frame
    order = ["known_on", "version"]
    return frame.sort(order, maintain_order=True).unique(subset=key, keep="last", maintain_order=True)
