"""Decisions: the answers given to `/score` and inline `/warning`, append-only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.db.guards import is_storable, require_storable
from app.db.tables import decisions

_INSERTS: Final = {
    "sqlite": sqlite.insert(decisions).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(decisions).on_conflict_do_nothing(),
}
_TEXTS: Final = ("request", "answer")


@dataclass(frozen=True, slots=True)
class SqlDecisions:
    """The decisions of one transaction."""

    connection: sa.Connection

    def append(self, new: Sequence[Mapping[str, Any]]) -> int:
        """This function will keep decisions (decision_id, kind, decided_at, as_of, request, answer).

        Request and answer are texts, kept byte for byte, or values, kept as canonical JSON. A decision
        whose id is there already stays as it is; gives the number that was added.
        """
        if not new:
            return 0
        insert = _INSERTS[self.connection.dialect.name]
        added = self.connection.execute(insert.returning(decisions.c.seq), [_row(row) for row in new])
        return len(added.all())

    def find(self, decision_id: str) -> Mapping[str, Any] | None:
        """This function will find a decision by its id, with request and answer as they were kept."""
        if not is_storable(decision_id):
            return None
        query = sa.select(decisions).where(decisions.c.decision_id == decision_id)
        row = self.connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row)


def _row(decision: Mapping[str, Any]) -> dict[str, Any]:
    row = {**decision, **{name: _text(decision[name]) for name in _TEXTS}}
    require_storable(**{name: value for name, value in row.items() if isinstance(value, str)})
    return row


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
