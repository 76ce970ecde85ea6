"""Assessments, append-only: added by natural key, listed by urgency, counted, told as a history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from app.db import transfer
from app.db.guards import check_frame, is_storable
from app.db.queries import members
from app.db.sweeps import SqlSweeps
from app.db.tables import MAX_CODE, assessments, quarantined_loans
from app.db.warning_list import Listing
from app.services.assessment_schema import ASSESSMENT_SCHEMA
from app.services.ports import WarningFilter

_FEW: Final = 100
_CODES: Final = ("assessment_id", "loan_id", "household_id", "borrower_id", "bank")


@dataclass(frozen=True, slots=True)
class SqlAssessments(SqlSweeps):
    """The assessments of one transaction."""

    def quarantine(self, sweep_id: int, loans: pl.DataFrame) -> None:
        """This function will keep loans that could not be assessed (loan_id, reason)."""
        rows = loans.select(pl.col("loan_id", "reason").cast(pl.String), sweep_id=pl.lit(sweep_id, pl.Int64))
        check_frame(rows, codes=["loan_id"], longest=MAX_CODE)
        transfer.insert(self.connection, quarantined_loans, rows, new_only=True)

    def quarantined(self, sweep_id: int) -> pl.DataFrame:
        """This function will give the loans that a sweep could not assess (loan_id, reason), by loan."""
        table = quarantined_loans.c
        query = sa.select(table.loan_id, table.reason).where(table.sweep_id == sweep_id)
        schema: transfer.Schema = {"loan_id": pl.String(), "reason": pl.String()}
        return transfer.read(self.connection, query.order_by(table.loan_id), schema)

    def append(self, sweep_id: int | None, rows: pl.DataFrame) -> int:
        """This function will add assessments whose natural key is new and count them.

        Takes the columns of ASSESSMENT_SCHEMA; those missing are stored as unknown.
        """
        shaped = rows.select(
            pl.lit(sweep_id, pl.Int64).alias("sweep_id"),
            *(_column(rows, name, dtype) for name, dtype in ASSESSMENT_SCHEMA.items()),
        )
        check_frame(shaped, codes=_CODES, longest=MAX_CODE)
        fresh = shaped.join(self._stored(shaped), on="assessment_id", how="anti", maintain_order="left")
        return transfer.insert(self.connection, assessments, fresh, new_only=True)

    def _stored(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give the ids that are there already: most of a rerun, whose long reasons need not be sent."""
        wanted = members(self.connection, rows.get_column("assessment_id"))
        query = sa.select(assessments.c.assessment_id).where(assessments.c.assessment_id.in_(wanted))
        return transfer.read(self.connection, query, {"assessment_id": pl.String()}, few=rows.height <= _FEW)

    def page(
        self, where: WarningFilter, *, after: tuple[Any, ...] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """This function will give one page of current assessments by urgency, after a keyset position.

        Every row carries `cursor`; the last row's, given as `after`, continues the same list: what is
        added meanwhile is left to the next walk, so that no loan comes twice or is missed.
        """
        listing = self._listing(where)
        return [] if listing is None else listing.page(after=after, limit=limit)

    def summary(self, where: WarningFilter, *, by: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """This function will count current assessments and add their amounts and balances by light and `by`.

        `by` names any of township, village, bank, industry, cause, action. Money in fen.
        """
        listing = self._listing(where)
        return [] if listing is None else listing.summary(by)

    def _listing(self, where: WarningFilter) -> Listing | None:
        if where.as_of is not None:
            return Listing(self.connection, where, where.as_of)
        last = self.last_sweep()
        return None if last is None else Listing(self.connection, where, last.as_of)

    def history(self, loan_id: str) -> Sequence[Mapping[str, Any]]:
        """This function will give all assessments of a loan, the latest first."""
        if not is_storable(loan_id):
            return []
        query = sa.select(assessments).where(assessments.c.loan_id == loan_id)
        ordered = query.order_by(assessments.c.as_of.desc(), assessments.c.seq.desc())
        return [dict(row) for row in self.connection.execute(ordered).mappings()]


def _column(rows: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr:
    return pl.col(name).cast(dtype) if name in rows.columns else pl.lit(None, dtype).alias(name)
