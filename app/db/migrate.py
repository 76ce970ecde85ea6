"""Migrations, built in code: the one Alembic tree stands beside the package."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.db.engine import WRITE, make_engine
from app.db.failures import as_store_errors
from app.db.tables import APPEND_ONLY, metadata
from app.domain.errors import StoreError

_TREE: Final = Path(__file__).parents[2] / "migrations"
_LOCK: Final = 631_000_001  # any number, the same for everyone who migrates
_TRIGGERS: Final = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def upgrade(url: str, revision: str = "head") -> None:
    """This function will bring a database to a revision, in one transaction, one migrator at a time."""
    with _migrating(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str = "base") -> None:
    """This function will take a database back to a revision; what newer tables held is lost."""
    with _migrating(url) as config:
        command.downgrade(config, revision)


def drift(url: str) -> list[str]:
    """This function will tell how a migrated database differs from the tables in code; empty when not.

    Alembic compares tables, columns, types, indexes and keys; CHECKs and triggers are compared by name.
    """
    with _connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [str(difference) for difference in compare_metadata(context, metadata)]
        return [*found, *_missing_checks(connection), *_missing_triggers(connection)]


def require_head(connection: sa.Connection) -> None:
    """This function will raise StoreError unless the database stands at the newest revision."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current != _head():
        raise StoreError(
            zh="数据库结构不是当前版本，请先运行迁移。",
            en="The database is not at the current migration; run the migrations first.",
            current=current,
            head=_head(),
        )


@contextmanager
def _migrating(url: str) -> Iterator[Config]:
    # Foreign keys are off on SQLite while tables are rebuilt, and all checked at the end.
    with _connected(url) as connection, connection.begin():
        _go_first(connection)
        config = _config()
        config.attributes["connection"] = connection
        yield config
        _require_sound_keys(connection)


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    engine = make_engine(url, foreign_keys=False)
    try:
        with as_store_errors(), engine.connect() as connection:
            yield connection.execution_options(**{WRITE: True})
    finally:
        engine.dispose()


def _go_first(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        connection.exec_driver_sql("SET LOCAL statement_timeout = '10min'")


def _require_sound_keys(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreError(zh="迁移后外键不一致。", en="Foreign keys do not hold after the migration.")


def _config() -> Config:
    if not _TREE.is_dir():
        raise StoreError(
            zh="找不到迁移脚本目录。", en="The folder of migrations is missing beside the package."
        )
    config = Config()
    config.set_main_option("script_location", str(_TREE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@lru_cache(maxsize=1)
def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _missing_checks(connection: sa.Connection) -> list[str]:
    inspector = sa.inspect(connection)
    wanted = {
        (table.name, str(check.name))
        for table in metadata.sorted_tables
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint) and _is_made(check, connection)
    }
    there = {
        (table, str(check["name"]))
        for table in metadata.tables
        if inspector.has_table(table)
        for check in inspector.get_check_constraints(table)
    }
    return [f"check {name} of {table} is on one side only" for table, name in sorted(wanted ^ there)]


def _is_made(check: sa.CheckConstraint, connection: sa.Connection) -> bool:
    condition = check._ddl_if  # noqa: SLF001 - no public way to ask
    return condition is None or condition.dialect == connection.dialect.name


def _missing_triggers(connection: sa.Connection) -> list[str]:
    there = set(connection.exec_driver_sql(_TRIGGERS[connection.dialect.name]).scalars())
    wanted = (f"{table}_refuse_{change}" for table in APPEND_ONLY for change in ("update", "delete"))
    return [f"trigger {name} is missing" for name in wanted if name not in there]
