"""Sweeps: when they ran, on what, and totals that reconcile."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.db import transfer
from app.db.tables import sweeps
from app.domain.errors import StoreError
from app.services.ports import SweepRecord

_COUNTS: Final = ("lights", "shadow_failures")  # stored as JSON


@dataclass(frozen=True, slots=True)
class SqlSweeps:
    """The sweeps of one transaction."""

    connection: sa.Connection

    def open_sweep(self, record: SweepRecord) -> SweepRecord:
        """This function will store a starting sweep and give it with its id."""
        stored = self.connection.execute(sa.insert(sweeps).values(_row(record)).returning(sweeps.c.sweep_id))
        return dataclasses.replace(record, sweep_id=stored.scalar_one())

    def close_sweep(self, record: SweepRecord) -> None:
        """This function will store the totals of a finished sweep.

        Raises StoreError unless loans in = added + unchanged + quarantined, or if there is no such sweep.
        """
        if record.loans_in != record.added + record.unchanged + record.quarantined:
            raise StoreError(
                zh="批量研判的合计不平：贷款数应等于新增、未变与隔离之和。",
                en="The sweep's totals do not reconcile: loans in must be added + unchanged + quarantined.",
            )
        target = sa.update(sweeps).where(sweeps.c.sweep_id == record.sweep_id)
        if self.connection.execute(target.values(_row(record))).rowcount != 1:
            raise StoreError(zh="没有这次批量研判。", en="There is no such sweep.")
        transfer.tell_planner(self.connection, "assessments")

    def last_sweep(self) -> SweepRecord | None:
        """This function will give the last finished sweep."""
        query = sa.select(sweeps).where(sweeps.c.finished_at.is_not(None))
        ordered = query.order_by(sweeps.c.finished_at.desc(), sweeps.c.sweep_id.desc()).limit(1)
        row = self.connection.execute(ordered).mappings().one_or_none()
        counts = {} if row is None else {name: json.loads(row[name]) for name in _COUNTS}
        return None if row is None else SweepRecord(**{**row, **counts})


def _row(record: SweepRecord) -> dict[str, Any]:
    fields = (field.name for field in dataclasses.fields(record) if field.name != "sweep_id")
    row = {name: getattr(record, name) for name in fields}
    return row | {name: json.dumps(dict(row[name]), sort_keys=True) for name in _COUNTS}
