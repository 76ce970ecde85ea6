from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app.db import migrate
from app.db.store import open_store
from app.db.tables import metadata
from app.domain.errors import StoreError
from tests.db.samples import assessment, assessments, finished_sweep, imported


def tables_of(url: str) -> set[str]:
    with closing(open_store(url)) as store, store.engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names())


def alter(url: str, statement: str) -> None:
    with closing(open_store(url)) as store, store.write() as work:
        work.facts.connection.exec_driver_sql(statement)


def test_upgrade_from_an_empty_database_leaves_no_drift(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)

    assert migrate.drift(empty_database_url) == []
    assert tables_of(empty_database_url) == {*metadata.tables, "alembic_version"}


def test_up_down_and_up_again_works_with_data_in_the_tables(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    with closing(open_store(empty_database_url)) as store:
        imported(store, places=[{}], loans=[{}], repayments=[{}])
        with store.write() as work:
            work.assessments.append(finished_sweep(work), assessments(assessment("L1")))

    migrate.downgrade(empty_database_url)
    left = tables_of(empty_database_url)
    migrate.upgrade(empty_database_url)

    assert left == {"alembic_version"}
    assert migrate.drift(empty_database_url) == []
    with closing(open_store(empty_database_url)) as store:
        assert imported(store, places=[{}]) == 1


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    with closing(open_store(database_url)) as store:
        imported(store, places=[{}])

    migrate.upgrade(database_url)

    with closing(open_store(database_url)) as store, store.read() as work:
        assert work.facts.frames()["places"].height == 1


def test_two_processes_that_migrate_at_once_do_not_collide(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate.upgrade, [empty_database_url] * 2))

    assert migrate.drift(empty_database_url) == []


def test_an_unmigrated_database_does_not_pass_the_check(empty_database_url: str) -> None:
    with closing(open_store(empty_database_url)) as store:
        with pytest.raises(StoreError, match="migration"):
            store.check()

        migrate.upgrade(empty_database_url)

        store.check()


DRIFTS = {
    "DROP INDEX ix_loans_household_id": "ix_loans_household_id",
    "ALTER TABLE loans DROP COLUMN helper_id": "helper_id",
    "ALTER TABLE loans ADD COLUMN extra TEXT": "extra",
    "CREATE TABLE extra (name TEXT)": "extra",
}
GUARDS = {
    "sqlite": "DROP TRIGGER loans_refuse_update",
    "postgresql": "DROP TRIGGER loans_refuse_update ON loans",
}


def test_every_difference_from_the_code_is_drift(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    dialect = sa.make_url(empty_database_url).get_backend_name()
    found: list[str] = []

    for statement, name in {**DRIFTS, GUARDS[dialect]: "loans_refuse_update"}.items():
        if dialect == "sqlite" and "DROP COLUMN" in statement:
            continue  # SQLite drops no column that a CHECK names
        alter(empty_database_url, statement)
        new = [line for line in migrate.drift(empty_database_url) if line not in found]
        found += new
        assert any(name in line for line in new)


def test_a_table_that_sqlite_builds_anew_stays_strict_and_its_lost_guards_are_drift(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        imported(store, places=[{}])
        with store.write() as work:
            operations = Operations(MigrationContext.configure(work.facts.connection))
            with operations.batch_alter_table("places") as places:
                places.alter_column("place_name", nullable=True)

        with store.read() as work:
            query = "SELECT sql FROM sqlite_schema WHERE name = 'places'"
            made = work.facts.connection.exec_driver_sql(query).scalar_one()
            assert work.facts.frames()["places"].height == 1

    assert made.rstrip().endswith("STRICT")
    assert {"trigger places_refuse_update is missing", "trigger places_refuse_delete is missing"} <= set(
        migrate.drift(sqlite_url)
    )


def test_a_check_that_is_missing_is_drift(empty_postgresql_url: str) -> None:
    migrate.upgrade(empty_postgresql_url)

    alter(empty_postgresql_url, "ALTER TABLE loans DROP CONSTRAINT ck_loans_amount")

    assert migrate.drift(empty_postgresql_url) == ["check ck_loans_amount of loans is on one side only"]
