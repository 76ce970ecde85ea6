"""What was said of loans over time, and what challengers would have said."""

from dataclasses import dataclass
from datetime import date

import polars as pl
import sqlalchemy as sa

from app.db import transfer
from app.db.guards import check_frame
from app.db.tables import MAX_CODE, assessments, shadow_estimates
from app.services.watch_ports import SAID_SCHEMA, SHADOW_SCHEMA

_CODES = ("loan_id", "artefact_id", "inputs_hash")


@dataclass(frozen=True, slots=True)
class SqlWatching:
    """What one transaction sees of the past."""

    connection: sa.Connection

    def said(self, until: date) -> pl.DataFrame:
        """This function will give what was said up to a day: SAID_SCHEMA, the last of each loan and day."""
        query = sa.select(*(assessments.c[name] for name in SAID_SCHEMA)).where(assessments.c.as_of <= until)
        rows = transfer.read(self.connection, query, dict(SAID_SCHEMA), packed=True)
        return rows.sort("loan_id", "as_of", "seq").unique(
            ["loan_id", "as_of"], keep="last", maintain_order=True
        )

    def shadows(self, until: date) -> pl.DataFrame:
        """This function will give what challengers estimated up to a day: SHADOW_SCHEMA."""
        table = shadow_estimates.c
        query = sa.select(*(table[name] for name in SHADOW_SCHEMA)).where(table.as_of <= until)
        rows = transfer.read(self.connection, query, dict(SHADOW_SCHEMA), packed=True)
        return rows.sort("artefact_id", "loan_id", "as_of", "inputs_hash")

    def append_shadows(self, sweep_id: int, rows: pl.DataFrame) -> int:
        """This function will add challengers' estimates (SHADOW_SCHEMA) that are new and count them."""
        shaped = rows.select(
            *(pl.col(name).cast(dtype) for name, dtype in SHADOW_SCHEMA.items()),
            pl.lit(sweep_id, pl.Int64).alias("sweep_id"),
        )
        check_frame(shaped, codes=_CODES, longest=MAX_CODE)
        return transfer.insert(self.connection, shadow_estimates, shaped, new_only=True)
