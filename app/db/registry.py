"""Who speaks since when, append-only, and the gate reports it was decided on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.db.guards import is_storable, require_storable
from app.db.tables import gate_reports, promotions
from app.domain.errors import ConflictError
from app.services.watch_ports import Decided, GateReport, Promotion, plain

_KEEP: Final = {
    "sqlite": sqlite.insert(gate_reports).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(gate_reports).on_conflict_do_nothing(),
}

_CLAIM: Final = {
    "sqlite": sqlite.insert(promotions)
    .on_conflict_do_nothing(index_elements=["seq"])
    .returning(promotions.c.seq),
    "postgresql": postgresql.insert(promotions)
    .on_conflict_do_nothing(index_elements=["seq"])
    .returning(promotions.c.seq),
}


@dataclass(frozen=True, slots=True)
class SqlRegistry:
    """The registry of one transaction."""

    connection: sa.Connection

    def append(self, promotion: Promotion, *, after: int) -> None:
        """This function will keep a decision taken on what was decided up to `after`, as the next one.

        Two who decide at once claim the same number: the database lets one wait for the other, who has it.
        Raises ConflictError where another came first, StoreError where one person decided alone.
        """
        row = _row(promotion) | {"seq": after + 1}
        if self.connection.execute(_CLAIM[self.connection.dialect.name].values(row)).first() is None:
            raise ConflictError(
                zh="此时另有人作出了决定，本次未作改动；请用 models list 查看后再决定。",
                en="Somebody else decided at the same moment, so nothing was changed; look with "
                "`models list` and decide again.",
            )

    def promotions(self) -> Sequence[Promotion]:
        """This function will give all decisions, the first one first."""
        rows = self.connection.execute(sa.select(promotions).order_by(promotions.c.seq)).mappings()
        return [
            Promotion(**{n: v for n, v in row.items() if n != "seq"} | {"kind": Decided[row["kind"].upper()]})
            for row in rows
        ]

    def last(self) -> int:
        """This function will give the number of the last decision, 0 where there is none."""
        return self.connection.execute(sa.select(sa.func.max(promotions.c.seq))).scalar_one() or 0

    def keep_report(self, report: GateReport) -> None:
        """This function will keep a gate report; one that is there already stays as it is."""
        self.connection.execute(_KEEP[self.connection.dialect.name].values(_row(report)))

    def last_report(self, artefact_id: str, against_id: str) -> GateReport | None:
        """This function will find the report of an artefact against another on the latest day.

        Of one day the one that was made last: it has seen most.
        """
        if not (is_storable(artefact_id) and is_storable(against_id)):
            return None
        query = sa.select(gate_reports).where(
            gate_reports.c.artefact_id == artefact_id, gate_reports.c.against_id == against_id
        )
        ordered = query.order_by(
            gate_reports.c.as_of.desc(), gate_reports.c.made_at.desc(), gate_reports.c.gate_id
        ).limit(1)
        row = self.connection.execute(ordered).mappings().one_or_none()
        return None if row is None else GateReport(**row)


def _row(record: GateReport | Promotion) -> dict[str, Any]:
    row = plain(record)
    require_storable(**{name: value for name, value in row.items() if isinstance(value, str)})
    return row | ({"kind": record.kind.value} if isinstance(record, Promotion) else {})
