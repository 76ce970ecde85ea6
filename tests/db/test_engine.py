import sqlite3
from contextlib import ExitStack, closing

import pytest

from app.db.engine import make_engine, wal_is_safe
from app.db.store import open_store
from app.domain.errors import StoreError


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_its_corruption_is_fixed(version: tuple[int, int, int], safe: bool) -> None:  # noqa: FBT001
    assert wal_is_safe(version) is safe


def test_every_pooled_sqlite_connection_is_made_safe(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url, busy_seconds=7)
    journal = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    expected = {
        "journal_mode": journal,
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 7000,
    }

    with ExitStack() as stack:
        connections = [stack.enter_context(engine.connect()) for _ in range(8)]
        seen = [
            {name: c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected} for c in connections
        ]

    assert seen == [expected] * 8
    engine.dispose()


def test_postgresql_confirms_a_commit_only_when_it_is_durable(postgresql_url: str) -> None:
    with closing(open_store(postgresql_url)) as store, store.read() as work:
        shown = work.facts.connection.exec_driver_sql("SHOW synchronous_commit").scalar()

    assert shown == "on"


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:hush@h/d", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(StoreError, match=r"^The database address ") as caught:
        open_store(url)

    assert "hush" not in str(caught.value)


def test_a_database_out_of_reach_is_said_to_be_unreachable(tmp_path: object) -> None:
    for url in (f"sqlite:///{tmp_path}/missing/x.db", "postgresql://x:hush@127.0.0.1:1/x"):
        with closing(open_store(url)) as store, pytest.raises(StoreError) as caught:
            store.check()

        assert caught.value.details["reason"] == "unreachable"
        assert "hush" not in str(caught.value)
