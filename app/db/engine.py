"""One engine per database: SQLite made safe on every connection, PostgreSQL through psycopg 3."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from app.domain.errors import StoreError

BUSY_SECONDS: Final = 30
WRITE: Final = "xindeng_write"
_OLDEST_SQLITE: Final = (3, 38, 0)  # STRICT tables and JSON functions


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """This function will tell whether a SQLite version is free of the WAL-reset corruption.

    Fixed in 3.51.3, and in 3.50.7 and 3.44.6 on their branches (sqlite.org, "WAL-reset bug").
    """
    fixed_branches = {(3, 50): 7, (3, 44): 6}
    return version >= (3, 51, 3) or version[2] >= fixed_branches.get((version[0], version[1]), version[2] + 1)


def make_engine(url: str, *, foreign_keys: bool = True, busy_seconds: int = BUSY_SECONDS) -> Engine:
    """This function will make the engine of a `sqlite:///file` or `postgresql://…` address."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, foreign_keys=foreign_keys, busy_seconds=busy_seconds)
    return _postgresql(address, busy_seconds=busy_seconds)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise _unusable("is not a database address", "不是数据库地址") from None
    backend = address.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or address.database in {None, "", ":memory:"}:
        raise _unusable(
            "must name a SQLite file or a PostgreSQL database", "须为 SQLite 文件或 PostgreSQL 数据库"
        )
    return address


def _unusable(en: str, zh: str) -> StoreError:
    # The address itself is not repeated: it may hold a password.
    return StoreError(en=f"The database address {en}.", zh=f"数据库地址{zh}。")


def _sqlite(address: URL, *, foreign_keys: bool, busy_seconds: int) -> Engine:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(en="SQLite 3.38 or newer is needed.", zh="需要 SQLite 3.38 或更新版本。")
    engine = create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite(foreign_keys=foreign_keys, busy_seconds=busy_seconds))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(*, foreign_keys: bool, busy_seconds: int) -> Callable[[Any, Any], None]:
    pragmas = {
        "busy_timeout": busy_seconds * 1000,
        "journal_mode": "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE",
        "synchronous": "FULL",
        "foreign_keys": "ON" if foreign_keys else "OFF",
        "recursive_triggers": "ON",  # else INSERT OR REPLACE would delete behind the triggers' back
        "cache_size": -65536,
        "temp_store": "MEMORY",
    }

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late to protect a read
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}")

    return prepare


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(address: URL, *, busy_seconds: int) -> Engine:
    settings = {
        "lock_timeout": f"{busy_seconds}s",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "datestyle": "ISO",
        "extra_float_digits": "1",
        "jit": "off",  # compiling costs more than a slice of facts takes to read
        "work_mem": "64MB",  # a slice's households are hashed, not sorted on disk
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    connect_args = {"options": options, "application_name": "xindeng", "connect_timeout": 10}
    return create_engine(address, hide_parameters=True, pool_pre_ping=True, connect_args=connect_args)
