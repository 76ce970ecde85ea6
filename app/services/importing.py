"""Brings a ledger file into the store: good rows as facts, bad rows back with what is wrong.

Everything happens in one transaction, in slices of bounded size. ID numbers become pseudonymous person
ids before any fact is made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import file_digest, sha256
from pathlib import Path

import polars as pl

from app.domain.ledger import TABLES, Table
from app.ledgerfile.checking import BadRows, CheckedTable, check_table
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.reading import RawSheet, read_ledger
from app.services.facts_append import append_rows
from app.services.ports import ImportRecord, Store, UnitOfWork
from app.services.references import References
from app.services.registration import Registration
from app.services.slices import slices

Progress = Callable[[str, int, int], None]
Totals = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did. `totals` by table: read = added + corrected + unchanged + duplicate + refused.

    `bad` holds the refused rows as they stood in the file, to be written out; it holds personal data
    where the file did. Nothing else here does.
    """

    import_id: int
    already_imported: bool
    totals: Mapping[str, Mapping[str, int]]
    bad: tuple[BadRows, ...] = ()
    unknown_sheets: tuple[str, ...] = ()
    unknown_columns: tuple[tuple[str, str], ...] = ()


def import_ledger(
    store: Store,
    file: bytes | Path,
    *,
    imported_on: date,
    lags: Mapping[str, int],
    limits: FileLimits,
    filename: str = "",
    progress: Progress | None = None,
) -> ImportResult:
    """This function will read, check and store a ledger file; the same bytes again change nothing.

    `lags` gives per table the days after which a fact is assumed known (none: the same day). `filename`
    tells the table of a .csv given as bytes. Raises InvalidLedgerFileError, before anything is stored.
    """
    digest = _digest(file)
    tell = progress or _silent
    with store.read() as work:
        if (earlier := work.facts.find_import(digest)) is not None:
            return _already(earlier)
    tell("read", 0, 1)
    sheets = read_ledger(file, filename_hint=filename or _name(file), limits=limits)
    tables = _checked(sheets, imported_on, tell)
    with store.write() as work:
        if (earlier := work.facts.find_import(digest)) is not None:
            return _already(earlier)
        import_id = work.facts.open_import(file_sha256=digest, imported_on=imported_on)
        run = _Run(work=work, import_id=import_id, imported_on=imported_on, lags=lags, tell=tell)
        return run.result(tables, sheets)


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def _digest(file: bytes | Path) -> str:
    if isinstance(file, bytes):
        return sha256(file).hexdigest()
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _name(file: bytes | Path) -> str:
    return file.name if isinstance(file, Path) else ""


def _already(earlier: ImportRecord) -> ImportResult:
    return ImportResult(import_id=earlier.import_id, already_imported=True, totals=earlier.totals)


def _checked(sheets: Sequence[RawSheet], imported_on: date, tell: Progress) -> list[CheckedTable]:
    """Check the tables in the order in which they refer to each other."""
    found = {table: [s for s in sheets if s.table is table] for table in TABLES}
    present = {table: parts for table, parts in found.items() if parts}
    checked = []
    for number, (table, parts) in enumerate(present.items()):
        tell("check", number, len(present))
        checked.append(check_table(table, parts, imported_on=imported_on))
    return checked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One import under way in one transaction."""

    work: UnitOfWork
    import_id: int
    imported_on: date
    lags: Mapping[str, int]
    tell: Progress

    def result(self, tables: Sequence[CheckedTable], sheets: Sequence[RawSheet]) -> ImportResult:
        """This function will store all tables and close the import with its totals."""
        references = References(self.work.facts)
        numbers = Registration(
            people=self.work.people,
            import_id=self.import_id,
            closed=any(checked.table.personal for checked in tables),
        )
        totals: dict[str, Totals] = {}
        bad: list[BadRows] = []
        for checked in tables:
            stored = numbers.replace(references.checked(checked))
            references.keep(stored)
            bad.extend(stored.bad)
            counts = (
                numbers.register(stored.good) if stored.table.personal else self._append(stored, references)
            )
            sums = {"duplicate": stored.duplicates, "refused": stored.problems.height}
            totals[stored.table.name] = {"read": stored.read, **counts, **sums}
        self.work.facts.close_import(self.import_id, totals)
        return ImportResult(
            import_id=self.import_id,
            already_imported=False,
            totals=totals,
            bad=tuple(bad),
            unknown_sheets=tuple(sheet.name for sheet in sheets if sheet.table is None),
            unknown_columns=tuple((sheet.name, heading) for sheet in sheets for heading in sheet.unknown),
        )

    def _append(self, checked: CheckedTable, references: References) -> Totals:
        counts = {"added": 0, "corrected": 0, "unchanged": 0}
        rows = references.with_news_day(checked)
        for done, part in slices(rows):
            for what, count in self._append_slice(checked.table, part).items():
                counts[what] += count
            self.tell(f"store {checked.table.name}", done, rows.height)
        return counts

    def _append_slice(self, table: Table, rows: pl.DataFrame) -> Totals:
        return append_rows(
            self.work.facts,
            table,
            rows,
            import_id=self.import_id,
            imported_on=self.imported_on,
            lag_days=self.lags.get(table.name, 0),
        )
