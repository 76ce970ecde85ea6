"""Persons: the one table with names, ID numbers, phones and accounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from app.db import transfer
from app.db.guards import check_frame, storable
from app.db.queries import members
from app.db.tables import MAX_CODE, ledger_state, persons
from app.services.ports import IDENTITY

_AT_ONCE: Final = 20_000
_DETAILS: Final = ("full_name", "phone", "account", "registered_on")
_SCHEMA: Final[dict[str, pl.DataType]] = {
    "id_number": pl.String(),
    "full_name": pl.String(),
    "phone": pl.String(),
    "account": pl.String(),
    "registered_on": pl.Date(),
}


@dataclass(frozen=True, slots=True)
class SqlPeople:
    """The people of one transaction."""

    connection: sa.Connection

    def ids(self, id_numbers: Sequence[str]) -> Mapping[str, str]:
        """This function will map known ID numbers to pseudonymous person ids."""
        return {number: row["person_id"] for number, row in self._known(id_numbers).items()}

    def _known(self, id_numbers: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        wanted = storable(dict.fromkeys(id_numbers))
        parts = (wanted[i : i + _AT_ONCE] for i in range(0, len(wanted), _AT_ONCE))
        queries = (
            sa.select(persons).where(persons.c.id_number.in_(members(self.connection, p))) for p in parts
        )
        rows = (row for query in queries for row in self.connection.execute(query).mappings())
        return {row["id_number"]: dict(row) for row in rows}

    def identities(self, person_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        """This function will read who people are (IDENTITY), `_AT_ONCE` at a time, by person id."""
        wanted = sorted(storable(dict.fromkeys(person_ids)))
        for start in range(0, len(wanted), _AT_ONCE):
            chosen = members(self.connection, wanted[start : start + _AT_ONCE])
            columns = (persons.c[name] for name in IDENTITY)
            query = sa.select(*columns).where(persons.c.person_id.in_(chosen)).order_by(persons.c.person_id)
            rows = self.connection.execute(query).all()
            yield pl.DataFrame(rows, schema=dict(IDENTITY), orient="row")

    def register(self, people: pl.DataFrame, *, import_id: int) -> int:
        """This function will add or update people and count the rows that changed.

        Takes id_number, full_name, phone, account, registered_on; of a person named twice the last row
        counts, and a blank keeps what was known. Ids are minted in the order of first appearance.
        """
        shaped = people.select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())
        check_frame(shaped, codes=["id_number"], longest=MAX_CODE)
        self._lock()
        rows = _last_by_number(shaped)
        known = self._known([*rows])
        new = [row for number, row in rows.items() if number not in known]
        return self._add(new, import_id) + self._update(rows, known, import_id)

    def _lock(self) -> None:
        """Let other importers wait: who is new is decided one at a time."""
        self.connection.execute(sa.select(ledger_state.c.state_id).with_for_update())

    def _add(self, new: list[dict[str, Any]], import_id: int) -> int:
        if not new:
            return 0
        taken = (
            sa.update(ledger_state)
            .values(last_person_no=ledger_state.c.last_person_no + len(new))
            .returning(ledger_state.c.last_person_no)
        )
        first = self.connection.execute(taken).scalar_one() - len(new) + 1
        ids = pl.Series("person_id", [f"P{first + i:08d}" for i in range(len(new))])
        frame = pl.DataFrame(new, schema=_SCHEMA).with_columns(ids, import_id=pl.lit(import_id))
        return transfer.insert(self.connection, persons, frame)

    def _update(
        self, rows: Mapping[str, Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]], import_id: int
    ) -> int:
        changes = [
            {"number": number, "import_id": import_id, **changed}
            for number, old in known.items()
            if (changed := _merged(old, rows[number])) != {name: old[name] for name in _DETAILS}
        ]
        if changes:
            columns: dict[str, Any] = {name: sa.bindparam(name) for name in (*_DETAILS, "import_id")}
            target = persons.c.id_number == sa.bindparam("number")
            self.connection.execute(sa.update(persons).where(target).values(columns), changes)
        return len(changes)


def _last_by_number(people: pl.DataFrame) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for row in people.iter_rows(named=True):
        rows[row["id_number"]] = row
    return rows


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {name: old[name] if new[name] is None else new[name] for name in _DETAILS}
