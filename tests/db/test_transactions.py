from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa

from app.db.store import SqlStore, SqlUnitOfWork, open_store
from app.domain.errors import StoreError
from tests.db.samples import DAY, add, assessment, assessments, imported

WRITERS = 8
TURNS = 10


def test_what_a_good_block_wrote_is_there_afterwards(store: SqlStore) -> None:
    import_id = imported(store, "a")

    with store.read() as work:
        found = work.facts.find_import("a")

    assert found is not None
    assert found.import_id == import_id == 1


def test_an_error_in_the_block_leaves_nothing_behind(store: SqlStore) -> None:
    def interrupted() -> None:
        with store.write() as work:
            work.facts.open_import(file_sha256="a", imported_on=DAY)
            add(work, "places", {})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    with store.read() as work:
        assert work.facts.watermark() == 0
        assert work.facts.frames()["places"].is_empty()


def doom_sqlite(work: SqlUnitOfWork) -> None:
    """Break a foreign key that SQLite looks at only when it commits."""
    work.facts.connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    work.assessments.append(404, assessments(assessment("L1")))


def doom_postgresql(work: SqlUnitOfWork) -> None:
    """End the server's side of the connection just before the commit."""
    backend = work.facts.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    other = sa.create_engine(work.facts.connection.engine.url)
    with other.connect() as connection:
        connection.execute(sa.select(sa.func.pg_terminate_backend(backend, 5000)))
    other.dispose()


DOOM: dict[str, Callable[[SqlUnitOfWork], None]] = {"sqlite": doom_sqlite, "postgresql": doom_postgresql}


def test_a_commit_that_fails_is_never_reported_as_success(store: SqlStore) -> None:
    steps = []

    def doomed() -> None:
        with store.write() as work:
            work.facts.open_import(file_sha256="a", imported_on=DAY)
            DOOM[store.engine.dialect.name](work)
            steps.append("block ended well")
        steps.append("success reported")

    with pytest.raises(StoreError):
        doomed()

    assert steps == ["block ended well"]
    with store.read() as work:
        assert work.facts.find_import("a") is None
    assert imported(store, "b") == 1


def test_a_reader_that_holds_a_write_up_makes_it_fail_and_not_half_succeed(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url, busy_seconds=0)) as store:
        with store.read() as reader:
            reader.facts.watermark()
            stored, reason = attempted(store)

        with store.read() as work:
            assert work.facts.watermark() == stored
    assert reason == (None if stored else "busy")


def attempted(store: SqlStore) -> tuple[int, object]:
    """Tell the import's id, or why there is none: without WAL a reader keeps writers from committing."""
    try:
        return imported(store), None
    except StoreError as error:
        return 0, error.details["reason"]


def test_a_second_writer_is_told_that_the_database_is_busy(database_url: str) -> None:
    with closing(open_store(database_url, busy_seconds=1)) as store:
        with store.write() as work:
            work.facts.open_import(file_sha256="a", imported_on=DAY)
            with pytest.raises(StoreError) as caught:
                imported(store, "b")

        assert caught.value.details["reason"] == "busy"
        assert imported(store, "b") == 2


def read_and_imported(store: SqlStore, name: str) -> int:
    """Look first and write then, as importing does: the order in which updates get lost."""
    with store.write() as work:
        assert work.facts.find_import(name) is None
        work.facts.watermark()
        return work.facts.open_import(file_sha256=name, imported_on=DAY)


def test_importers_at_the_same_time_lose_no_update(store: SqlStore) -> None:
    names = [f"{writer}-{turn}" for writer in range(WRITERS) for turn in range(TURNS)]

    with ThreadPoolExecutor(WRITERS) as pool:
        ids = list(pool.map(lambda name: read_and_imported(store, name), names))

    assert sorted(ids) == list(range(1, WRITERS * TURNS + 1))
    with store.read() as work:
        assert work.facts.watermark() == WRITERS * TURNS


def test_reading_never_writes(store: SqlStore) -> None:
    with pytest.raises(StoreError), store.read() as work:
        work.facts.open_import(file_sha256="a", imported_on=DAY)

    with store.read() as work:
        assert work.facts.watermark() == 0


def test_a_read_sees_one_state_however_long_it_lasts(postgresql_url: str) -> None:
    with closing(open_store(postgresql_url)) as store:
        with store.read() as reader:
            before = reader.facts.watermark()
            imported(store, "a")
            after = reader.facts.watermark()

        assert (before, after) == (0, 0)


def test_a_refusal_names_the_constraint_and_no_value(store: SqlStore) -> None:
    imported(store, "secret")

    with pytest.raises(StoreError) as caught:
        imported(store, "secret")

    assert caught.value.details["reason"] == "refused"
    assert caught.value.__cause__ is None
    assert "secret" not in f"{caught.value} {caught.value.details}"
