"""The store: one database, and transactions that end in exactly one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.db.assessments import SqlAssessments
from app.db.contexts import SqlContexts
from app.db.decisions import SqlDecisions
from app.db.engine import BUSY_SECONDS, WRITE, make_engine
from app.db.facts import SqlFacts
from app.db.failures import as_store_errors
from app.db.migrate import require_head
from app.db.people import SqlPeople
from app.db.registry import SqlRegistry
from app.db.watching import SqlWatching
from app.services.ports import Store

_READ: Final = {"postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}}


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """One transaction over all of the store."""

    facts: SqlFacts
    people: SqlPeople
    assessments: SqlAssessments
    contexts: SqlContexts
    decisions: SqlDecisions
    registry: SqlRegistry
    watching: SqlWatching

    @classmethod
    def on(cls, connection: sa.Connection) -> "SqlUnitOfWork":
        """This function will put the repositories on one connection."""
        return cls(
            SqlFacts(connection),
            SqlPeople(connection),
            SqlAssessments(connection),
            SqlContexts(connection),
            SqlDecisions(connection),
            SqlRegistry(connection),
            SqlWatching(connection),
        )


@dataclass(frozen=True, slots=True)
class SqlStore:
    """A SQLite or PostgreSQL database."""

    engine: sa.Engine

    @contextmanager
    def write(self) -> Iterator[SqlUnitOfWork]:
        """This function will open a writing transaction that commits when the block ends well.

        On SQLite writers go one at a time from the first statement on. Raises StoreError, also when
        the commit itself fails: whoever leaves the block without an error has stored everything.
        """
        with as_store_errors(), self.engine.connect() as connection:
            writing = connection.execution_options(**{WRITE: True})
            with writing.begin():
                yield SqlUnitOfWork.on(writing)

    @contextmanager
    def read(self) -> Iterator[SqlUnitOfWork]:
        """This function will open a reading transaction: one snapshot, which refuses to write.

        On SQLite without WAL an open read keeps a writer from committing: end it before writing.
        """
        options = _READ.get(self.engine.dialect.name, {})
        with as_store_errors(), self.engine.connect() as connection:
            reading = connection.execution_options(**options)
            with reading.begin() as transaction:
                yield SqlUnitOfWork.on(reading)
                transaction.rollback()

    def check(self) -> None:
        """This function will raise StoreError unless the database answers at the migration head."""
        with as_store_errors(), self.engine.connect() as connection:
            require_head(connection)

    def close(self) -> None:
        """This function will give all pooled connections back to the system."""
        self.engine.dispose()


def open_store(url: str, *, busy_seconds: int = BUSY_SECONDS) -> SqlStore:
    """This function will open a store by its address; nothing is read before the first transaction."""
    return SqlStore(make_engine(url, busy_seconds=busy_seconds))


def _keeps_the_port(store: SqlStore) -> Store:
    """Let mypy hold the store to its port."""
    return store
