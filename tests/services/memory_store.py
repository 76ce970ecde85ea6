"""A store in memory that keeps the ports' promises for importing; nothing survives the process."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME, FACT_TABLES, Table
from app.services.ports import IDENTITY, ImportRecord

STORED = {"record_key": pl.String(), "content_hash": pl.String()}


def _empty() -> dict[str, pl.DataFrame]:
    return {table.name: pl.DataFrame(schema={**table.schema, **STORED}) for table in FACT_TABLES}


@dataclass(slots=True)
class MemoryFacts:
    imports: dict[int, ImportRecord] = field(default_factory=dict)
    rows: dict[str, pl.DataFrame] = field(default_factory=_empty)

    def find_import(self, file_sha256: str) -> ImportRecord | None:
        return next((i for i in self.imports.values() if i.file_sha256 == file_sha256), None)

    def open_import(self, *, file_sha256: str, imported_on: date) -> int:
        import_id = len(self.imports) + 1
        self.imports[import_id] = ImportRecord(
            import_id=import_id, file_sha256=file_sha256, imported_on=imported_on
        )
        return import_id

    def close_import(self, import_id: int, totals: Mapping[str, Mapping[str, int]]) -> None:
        opened = self.imports[import_id]
        self.imports[import_id] = ImportRecord(
            import_id=import_id,
            file_sha256=opened.file_sha256,
            imported_on=opened.imported_on,
            totals=totals,
        )

    def latest(self, table: Table, record_keys: pl.Series) -> pl.DataFrame:
        rows = self.rows[table.name].filter(pl.col("record_key").is_in(record_keys.implode()))
        last = rows.sort("version").unique("record_key", keep="last", maintain_order=True)
        return last.select("record_key", "version", "content_hash", "known_on")

    def append(self, table: Table, rows: pl.DataFrame) -> int:
        before = self.rows[table.name]
        added = rows.select(pl.col(name).cast(dtype) for name, dtype in before.schema.items())
        joined = pl.concat([before, added])
        if joined.select(pl.struct("record_key", "version").is_duplicated().any()).item():
            raise AssertionError(table.name)
        self.rows[table.name] = joined
        return added.height

    def watermark(self) -> int:
        return len(self.imports)

    def frames(
        self,
        *,
        as_of: date | None = None,
        households: Sequence[str] | None = None,
        watermark: int | None = None,
        only: Collection[str] | None = None,
        provenance: bool = True,  # noqa: ARG002 - always told here
    ) -> Frames:
        seen = self.watermark() if watermark is None else watermark
        loans = self.rows["loans"].filter(_among("household_id", households)).get_column("loan_id").to_list()
        rows = {
            name: frame.filter(pl.col("import_id") <= seen, _mine(BY_NAME[name], households, loans))
            for name, frame in self.rows.items()
            if only is None or name in only
        }
        if as_of is not None:
            rows = {name: frame.filter(pl.col("known_on") <= as_of) for name, frame in rows.items()}
        return Frames.of(rows, watermark=seen)

    def household_chunks(self, size: int) -> Iterator[tuple[str, ...]]:
        ids = self.rows["loans"].get_column("household_id").unique().sort().to_list()
        for start in range(0, len(ids), size):
            yield tuple(ids[start : start + size])

    def households_within(self, place: str) -> tuple[str, ...]:
        rows = self.rows["households"].filter(pl.col("village_code").str.starts_with(place))
        return tuple(rows.get_column("household_id").unique().sort())

    def household_of(self, loan_ids: Sequence[str]) -> Mapping[str, str]:
        loans = self.rows["loans"].filter(pl.col("loan_id").is_in(list(loan_ids))).sort("version")
        return dict(loans.select("loan_id", "household_id").iter_rows())


def _among(name: str, values: Sequence[str] | None) -> pl.Expr:
    return pl.lit(value=True) if values is None else pl.col(name).is_in(list(values))


def _mine(table: Table, households: Sequence[str] | None, loans: Sequence[str]) -> pl.Expr:
    if "household_id" in table.names:
        return _among("household_id", households)
    return _among("loan_id", loans) if table.subject == "loan_id" else pl.lit(value=True)


@dataclass(slots=True)
class MemoryPeople:
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ids(self, id_numbers: Sequence[str]) -> Mapping[str, str]:
        return {n: self.rows[n]["person_id"] for n in id_numbers if n in self.rows}

    def identities(self, person_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        rows = [
            {"id_number": number, **row}
            for number, row in self.rows.items()
            if row["person_id"] in person_ids
        ]
        yield pl.DataFrame(rows, schema=dict(IDENTITY))

    def register(self, people: pl.DataFrame, *, import_id: int) -> int:
        changes = 0
        for row in people.iter_rows(named=True):
            number = row.pop("id_number")
            before = self.rows.get(
                number, {"person_id": f"P{len(self.rows) + 1:08d}", "import_id": import_id}
            )
            after = {**before, **{name: value for name, value in row.items() if value is not None}}
            changes += number not in self.rows or after != before
            self.rows[number] = after
        return changes


@dataclass(slots=True)
class MemoryWork:
    facts: MemoryFacts = field(default_factory=MemoryFacts)
    people: MemoryPeople = field(default_factory=MemoryPeople)
    assessments: Any = None
    contexts: Any = None
    decisions: Any = None
    registry: Any = None
    watching: Any = None

    def copied(self) -> "MemoryWork":
        facts = MemoryFacts(copy(self.facts.imports), copy(self.facts.rows))
        return MemoryWork(facts, MemoryPeople(copy(self.people.rows)))


@dataclass(slots=True)
class MemoryStore:
    """`write` works on a copy, which takes the place of the original when the block ends well."""

    work: MemoryWork = field(default_factory=MemoryWork)

    @contextmanager
    def write(self) -> Iterator[MemoryWork]:
        changed = self.work.copied()
        yield changed
        self.work = changed

    @contextmanager
    def read(self) -> Iterator[MemoryWork]:
        yield self.work.copied()

    def check(self) -> None:
        """Always there."""
