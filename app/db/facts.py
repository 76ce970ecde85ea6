"""Facts: append-only tables of the ledger, read back as frames of what was known."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from app.db import tables, transfer
from app.db.guards import check_frame, storable
from app.db.queries import Slice, members, sort_keys
from app.db.tables import MAX_CODE, MAX_KEY, imports, ledger_state
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME, FACT_TABLES, Kind, Table
from app.services.ports import ImportRecord

_CODES: Final = (Kind.CODE, Kind.PERSON, Kind.CHOICE)
_KEYS_AT_ONCE: Final = 20_000
_FEW: Final = 100  # households whose facts are read faster row by row
_LOANS: Final = BY_NAME["loans"]
_OWNED: Final = frozenset({"household_id", "loan_id"})  # the rest is the county's, as many as there are
_PROVENANCE: Final = ("known_basis", "imported_on", "import_id")
_NOTHING: Final = MappingProxyType({table.name: pl.DataFrame(schema=table.schema) for table in FACT_TABLES})
_STORED: Final[dict[str, pl.DataType]] = {"record_key": pl.String(), "content_hash": pl.String()}
_LATEST: Final[dict[str, pl.DataType]] = {
    "record_key": pl.String(),
    "version": pl.Int64(),
    "content_hash": pl.String(),
    "known_on": pl.Date(),
}


@dataclass(frozen=True, slots=True)
class SqlFacts:
    """The facts of one transaction."""

    connection: sa.Connection

    def find_import(self, file_sha256: str) -> ImportRecord | None:
        """This function will find an earlier import of the same bytes."""
        found = self.connection.execute(sa.select(imports).where(imports.c.file_sha256 == file_sha256))
        row = found.mappings().one_or_none()
        return None if row is None else ImportRecord(**{**row, "totals": json.loads(row["totals"])})

    def open_import(self, *, file_sha256: str, imported_on: date) -> int:
        """This function will take the next import id; other importers wait until this one has ended."""
        taken = (
            sa.update(ledger_state)
            .values(last_import_id=ledger_state.c.last_import_id + 1)
            .returning(ledger_state.c.last_import_id)
        )
        import_id: int = self.connection.execute(taken).scalar_one()
        row = {"import_id": import_id, "file_sha256": file_sha256, "imported_on": imported_on, "totals": "{}"}
        self.connection.execute(sa.insert(imports).values(row))
        return import_id

    def close_import(self, import_id: int, totals: Mapping[str, Mapping[str, int]]) -> None:
        """This function will keep the totals of an import and tell the planner of the new rows."""
        text = json.dumps(totals, ensure_ascii=False, sort_keys=True)
        self.connection.execute(
            sa.update(imports).where(imports.c.import_id == import_id).values(totals=text)
        )
        transfer.tell_planner(self.connection, *tables.facts)

    def latest(self, table: Table, record_keys: pl.Series) -> pl.DataFrame:
        """This function will give record_key, version, content_hash, known_on of the last versions."""
        stored = tables.facts[table.name]
        if self.connection.execute(sa.select(stored.c.version).limit(1)).first() is None:
            return pl.DataFrame(schema=_LATEST)
        keys = record_keys.unique().sort()
        parts = (keys[i : i + _KEYS_AT_ONCE] for i in range(0, len(keys), _KEYS_AT_ONCE))
        found = [pl.DataFrame(schema=_LATEST), *(self._versions(stored, part) for part in parts)]
        return (
            pl.concat(found)
            .sort("record_key", "version")
            .unique("record_key", keep="last", maintain_order=True)
        )

    def _versions(self, stored: sa.Table, keys: pl.Series) -> pl.DataFrame:
        query = sa.select(*(stored.c[name] for name in _LATEST))
        wanted = members(self.connection, storable(keys.to_list()))
        return transfer.read(self.connection, query.where(stored.c.record_key.in_(wanted)), _LATEST)

    def append(self, table: Table, rows: pl.DataFrame) -> int:
        """This function will add rows (the table's schema with meta, record_key, content_hash).

        Raises InvalidValueError for what no database can hold, StoreError for a version already there.
        """
        schema = {**table.schema, **_STORED}
        shaped = rows.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).sort("record_key")
        check_frame(shaped, codes=[c.name for c in table.columns if c.kind in _CODES], longest=MAX_CODE)
        check_frame(shaped.select("record_key"), codes=["record_key"], longest=MAX_KEY)
        return transfer.insert(self.connection, tables.facts[table.name], shaped)

    def watermark(self) -> int:
        """This function will give the id of the last committed import; 0 when there is none."""
        return int(self.connection.execute(sa.select(ledger_state.c.last_import_id)).scalar_one())

    def frames(
        self,
        *,
        as_of: date | None = None,
        households: Sequence[str] | None = None,
        watermark: int | None = None,
        only: Collection[str] | None = None,
        provenance: bool = True,
    ) -> Frames:
        """This function will read what was known by `as_of`: of all or some households, and of the county.

        Rows come sorted by key and version, all versions known. A fact that a correction known by
        `as_of` gave to another household comes with that household only. `only` names the tables that
        are read, `loans` among them if any other table of loans is; the others come empty. Without
        `provenance` known_basis, imported_on and import_id come empty, which no judgement looks at.
        """
        seen = self.watermark() if watermark is None else min(watermark, self.watermark())
        part = Slice(as_of=as_of, watermark=seen, households=households)
        read, values = dict(_NOTHING), part.values()
        for table in (t for t in FACT_TABLES if only is None or t.name in only):
            read[table.name] = self._frame(table, part, values, provenance=provenance)
            if table is _LOANS and households is not None:
                values = part.values(read["loans"].get_column("loan_id").unique())
        return Frames(MappingProxyType(read), seen)

    def _frame(
        self, table: Table, part: Slice, values: Mapping[str, Any], *, provenance: bool
    ) -> pl.DataFrame:
        schema = {n: t for n, t in table.schema.items() if provenance or n not in _PROVENANCE}
        many = part.households is not None and len(part.households) > _FEW
        few = part.households is not None and not many and table.subject in _OWNED
        query = part.query(self.connection.dialect.name, table, schema, sort=few)
        frame = transfer.read(self.connection, query, schema, values, packed=many, few=few)
        if frame.is_empty():
            return _NOTHING[table.name]
        rows = frame if few else frame.sort(sort_keys(table))
        return rows if provenance else pl.concat([_NOTHING[table.name], rows], how="diagonal")

    def household_chunks(self, size: int) -> Iterator[tuple[str, ...]]:
        """This function will give all household ids that have loans, in byte order, `size` at a time."""
        household = tables.facts["loans"].c.household_id
        schema: dict[str, pl.DataType] = {"household_id": pl.String()}
        ids = transfer.read(self.connection, sa.select(household).distinct().order_by(household), schema)
        for part in ids.iter_slices(size):
            yield tuple(part.to_series())

    def households_within(self, place: str) -> tuple[str, ...]:
        """This function will list, in byte order, the households ever placed where a code begins so."""
        rows = tables.facts["households"].c
        placed = sa.func.substr(rows.village_code, 1, len(place)) == place
        query = sa.select(rows.household_id).where(placed).distinct().order_by(rows.household_id)
        return tuple(self.connection.execute(query).scalars())

    def household_of(self, loan_ids: Sequence[str]) -> Mapping[str, str]:
        """This function will map loan ids to their households; unknown loans are left out."""
        loans = tables.facts["loans"]
        query = (
            sa.select(loans.c.loan_id, loans.c.household_id)
            .where(loans.c.loan_id.in_(members(self.connection, storable(loan_ids))))
            .order_by(loans.c.known_on, loans.c.version)  # the last one known wins
        )
        return {row.loan_id: row.household_id for row in self.connection.execute(query)}
