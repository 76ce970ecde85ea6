"""What the use cases need from a store; `app.db` provides it for SQLite and PostgreSQL."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import Table
from app.features.context import Context
from app.services.watch_ports import Registry, Watching


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One import: the file by its SHA-256, the day, and rows read, added, unchanged, refused by table."""

    import_id: int
    file_sha256: str
    imported_on: date
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """One sweep: loans in = lights out + quarantined.

    `shadow_failures` counts the loans that a challenger could not estimate, by its id and why.
    """

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
    shadow_failures: Mapping[str, int] = field(default_factory=dict)
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningFilter:
    """Which assessments a list shows; None means any, and for `as_of` the day of the last finished sweep.

    `due_within_days` keeps loans that mature from `as_of` on up to so many days later.
    """

    as_of: date | None = None
    township: str | None = None
    village: str | None = None
    bank: str | None = None
    industry: str | None = None
    light: str | None = None
    cause: str | None = None
    action: str | None = None
    due_within_days: int | None = None


# Who a person is; never leaves the services layer.
_WHO: Final = ("person_id", "full_name", "id_number", "phone", "account")
IDENTITY: Final[Mapping[str, pl.DataType]] = MappingProxyType(dict.fromkeys(_WHO, pl.String()))


class People(Protocol):
    """The one table with names, ID numbers, phones and accounts."""

    def ids(self, id_numbers: Sequence[str]) -> Mapping[str, str]:
        """This function will map known ID numbers to pseudonymous person ids."""
        ...

    def register(self, people: pl.DataFrame, *, import_id: int) -> int:
        """This function will add or update people (id_number, full_name, phone, account, registered_on)."""
        ...

    def identities(self, person_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        """This function will read who those known of these people are (IDENTITY), some at a time."""
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
        """This function will give record_key, version, content_hash, known_on of the latest versions."""
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
        only: Collection[str] | None = None,
        provenance: bool = True,
    ) -> Frames:
        """This function will read what was known by `as_of`: of all or some households, and of the county.

        `only` names the tables that are read, `loans` among them if any other table of loans is; the
        others come empty, and so do known_basis, imported_on and import_id without `provenance`.
        """
        ...

    def household_chunks(self, size: int) -> Iterator[tuple[str, ...]]:
        """This function will give all household ids that have loans, in stable order, `size` at a time."""
        ...

    def households_within(self, place: str) -> tuple[str, ...]:
        """This function will list, in byte order, the households ever placed where a code begins so."""
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

    def quarantined(self, sweep_id: int) -> pl.DataFrame:
        """This function will give the loans that a sweep could not assess (loan_id, reason), by loan."""
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
        """This function will give one page of current assessments by urgency, after a keyset position.

        Every row carries its position as `cursor` (three values); None begins the list.
        """
        ...

    def summary(self, where: WarningFilter, *, by: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """This function will give loans, amount and balance of current assessments by light and `by`."""
        ...

    def history(self, loan_id: str) -> Sequence[Mapping[str, Any]]:
        """This function will give all assessments of a loan, the latest first."""
        ...


class Contexts(Protocol):
    """Counts across loans of the first day of a month, by the facts that were seen; append-only."""

    def find(self, day: date, *, watermark: int | None) -> Context | None:
        """This function will find the context of a day and watermark; of the highest one where None."""
        ...

    def append(self, day: date, *, watermark: int, context: Context) -> None:
        """This function will keep the townships' and groups' counts; what is there already stays."""
        ...


class Decisions(Protocol):
    """Answers given to `/score` and inline `/warning`, append-only."""

    def append(self, new: Sequence[Mapping[str, Any]]) -> int:
        """This function will keep decisions (decision_id, kind, decided_at, as_of, request, answer)."""
        ...

    def find(self, decision_id: str) -> Mapping[str, Any] | None:
        """This function will find a decision by its id."""
        ...


class UnitOfWork(Protocol):
    """One transaction over all of the store."""

    @property
    def facts(self) -> Facts:
        """This function will give the facts."""
        ...

    @property
    def people(self) -> People:
        """This function will give the people."""
        ...

    @property
    def assessments(self) -> Assessments:
        """This function will give the assessments and sweeps."""
        ...

    @property
    def contexts(self) -> Contexts:
        """This function will give the cross-loan contexts."""
        ...

    @property
    def decisions(self) -> Decisions:
        """This function will give the decisions."""
        ...

    @property
    def registry(self) -> Registry:
        """This function will give who speaks since when."""
        ...

    @property
    def watching(self) -> Watching:
        """This function will give what was said over time, and by challengers."""
        ...


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
