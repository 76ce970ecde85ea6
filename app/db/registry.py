"""Who speaks since when, append-only, and the gate reports it was decided on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.db.guards import is_storable, require_storable
from app.db.tables import gate_reports, promotions
from app.services.watch_ports import Decided, GateReport, Promotion, plain

_KEEP: Final = {
    "sqlite": sqlite.insert(gate_reports).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(gate_reports).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class SqlRegistry:
    """The registry of one transaction."""

    connection: sa.Connection

    def append(self, promotion: Promotion) -> None:
        """This function will keep a decision; raises StoreError where one person decided alone."""
        self.connection.execute(sa.insert(promotions).values(_row(promotion)))

    def promotions(self) -> Sequence[Promotion]:
        """This function will give all decisions, the first one first."""
        rows = self.connection.execute(sa.select(promotions).order_by(promotions.c.seq)).mappings()
        return [
            Promotion(**{n: v for n, v in row.items() if n != "seq"} | {"kind": Decided[row["kind"].upper()]})
            for row in rows
        ]

    def count(self) -> int:
        """This function will count the decisions: the number changes whenever one is added."""
        return int(self.connection.execute(sa.select(sa.func.count()).select_from(promotions)).scalar_one())

    def keep_report(self, report: GateReport) -> None:
        """This function will keep a gate report; one that is there already stays as it is."""
        self.connection.execute(_KEEP[self.connection.dialect.name].values(_row(report)))

    def last_report(self, artefact_id: str, against_id: str) -> GateReport | None:
        """This function will find the latest report of an artefact against another."""
        if not (is_storable(artefact_id) and is_storable(against_id)):
            return None
        query = sa.select(gate_reports).where(
            gate_reports.c.artefact_id == artefact_id, gate_reports.c.against_id == against_id
        )
        ordered = query.order_by(gate_reports.c.made_at.desc(), gate_reports.c.gate_id).limit(1)
        row = self.connection.execute(ordered).mappings().one_or_none()
        return None if row is None else GateReport(**row)


def _row(record: GateReport | Promotion) -> dict[str, Any]:
    row = plain(record)
    require_storable(**{name: value for name, value in row.items() if isinstance(value, str)})
    return row | ({"kind": record.kind.value} if isinstance(record, Promotion) else {})
