"""What the use cases need from a store; `app.db` provides it for SQLite and PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One import: the file by its SHA-256, the day, and rows read, added, unchanged, refused by table."""

    import_id: int
    file_sha256: str
    imported_on: date
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """One sweep: loans in = lights out + quarantined."""

    sweep_id: int
    as_of: date
    watermark: int
    policy: str
    policy_hash: str
    artefact_id: str
    code_version: str
    horizon_days: int | None
    started_at: datetime
    loans_in: int = 0
    added: int = 0
    unchanged: int = 0
    quarantined: int = 0
    lights: Mapping[str, int] = field(default_factory=dict)
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningFilter:
    """Which assessments a list shows; None means any. `cursor` is the last row of the page before."""

    as_of: date | None = None
    township: str | None = None
    village: str | None = None
    bank: str | None = None
    industry: str | None = None
    light: str | None = None
    cause: str | None = None
    action: str | None = None
    due_within_days: int | None = None


class People(Protocol):
    """The one table with names, ID numbers, phones and accounts."""

    def ids(self, id_numbers: Sequence[str]) -> Mapping[str, str]:
        """This function will map known ID numbers to pseudonymous person ids."""
        ...

    def register(self, people: pl.DataFrame, *, import_id: int) -> int:
        """This function will add or update people (id_number, full_name, phone, account, registered_on)."""
        ...


class Facts(Protocol):
    """Facts, append-only: a correction is a new version."""

    def find_import(self, file_sha256: str) -> ImportRecord | None:
        """This function will find an earlier import of the same bytes."""
        ...

    def open_import(self, *, file_sha256: str, imported_on: date) -> int:
        """This function will take the next import id, serialising importers."""
        ...

    def close_import(self, import_id: int, totals: Mapping[str, Mapping[str, int]]) -> None:
        """This function will keep the totals of an import."""
        ...

    def latest(self, table: Table, record_keys: pl.Series) -> pl.DataFrame:
        """This function will give record_key, version, content_hash of the latest versions stored."""
        ...

    def append(self, table: Table, rows: pl.DataFrame) -> int:
        """This function will add rows (the table's schema with meta, record_key, content_hash)."""
        ...

    def watermark(self) -> int:
        """This function will give the id of the last committed import; 0 when there is none."""
        ...

    def frames(
        self,
        *,
        as_of: date | None = None,
        households: Sequence[str] | None = None,
        watermark: int | None = None,
    ) -> Frames:
        """This function will read facts known by `as_of`: of all households, or of some with all county facts."""
        ...

    def household_chunks(self, size: int) -> Iterator[tuple[str, ...]]:
        """This function will give all household ids that have loans, in stable order, `size` at a time."""
        ...

    def household_of(self, loan_ids: Sequence[str]) -> Mapping[str, str]:
        """This function will map loan ids to their households; unknown loans are left out."""
        ...


class Assessments(Protocol):
    """Stored assessments, append-only, and the sweeps that made them."""

    def open_sweep(self, record: SweepRecord) -> SweepRecord:
        """This function will store a starting sweep and give it with its id."""
        ...

    def close_sweep(self, record: SweepRecord) -> None:
        """This function will store the totals of a finished sweep."""
        ...

    def quarantine(self, sweep_id: int, loans: pl.DataFrame) -> None:
        """This function will keep loans that could not be assessed (loan_id, reason)."""
        ...

    def append(self, sweep_id: int | None, rows: pl.DataFrame) -> int:
        """This function will add assessments whose natural key is new and count them."""
        ...

    def last_sweep(self) -> SweepRecord | None:
        """This function will give the last finished sweep."""
        ...

    def page(
        self, where: WarningFilter, *, after: tuple[Any, ...] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """This function will give one page of current assessments by urgency, after a keyset position."""
        ...

    def summary(self, where: WarningFilter, *, by: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """This function will count current assessments and add their balances by light and `by`."""
        ...

    def history(self, loan_id: str) -> Sequence[Mapping[str, Any]]:
        """This function will give all assessments of a loan, the latest first."""
        ...


class Decisions(Protocol):
    """Answers given to `/score` and inline `/warning`, append-only."""

    def append(self, decisions: Sequence[Mapping[str, Any]]) -> None:
        """This function will keep decisions (decision_id, kind, decided_at, as_of, request, answer)."""
        ...


class UnitOfWork(Protocol):
    """One transaction over all of the store."""

    facts: Facts
    people: People
    assessments: Assessments
    decisions: Decisions


class Store(Protocol):
    """A database; `write` commits when the block ends well, `read` never writes."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """This function will open a writing transaction (SQLite: BEGIN IMMEDIATE)."""
        ...

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """This function will open a reading transaction."""
        ...

    def check(self) -> None:
        """This function will raise StoreError unless the database answers at the migration head."""
        ...
