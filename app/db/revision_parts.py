"""The parts that migrations are made of: tables of facts, their checks, indexes and guards.

Frozen like the migrations that use it: what is here may be added to, never changed.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

MAX_FEN = 9_000_000_000_000_000
MAX_CODE = 100
MAX_KEY = 600

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
TYPES: dict[str, Any] = {
    "text": TEXT,
    "code": TEXT,
    "day": DAY,
    "money": WHOLE,
    "whole": WHOLE,
    "flag": FLAG,
    "instant": INSTANT,
    "number": sa.Double().with_variant(sa.REAL(), "sqlite"),
}
CHECKS: dict[str, str] = {
    "code": f"length({{name}}) <= {MAX_CODE}",
    "money": f"{{name}} BETWEEN {-MAX_FEN} AND {MAX_FEN}",
    "flag": "{name} IN (0, 1)",
}
META = "known_on:day known_basis:code imported_on:day import_id:whole version:whole"


def create_facts(name: str, spec: str) -> None:
    """This function will create a table of facts, with its keys, checks and indexes."""
    create(
        name,
        *columns(f"{spec} {META} record_key:text content_hash:text"),
        sa.PrimaryKeyConstraint("record_key", "version"),
        sa.CheckConstraint(f"length(record_key) <= {MAX_KEY}", name="record_key"),
        sa.CheckConstraint("version >= 1", name="version_from_one"),
    )
    for subject in subjects(spec):
        op.create_index(f"ix_{name}_{subject}", name, [subject])
    op.create_index(f"ix_{name}_import_id", name, ["import_id"], postgresql_using="brin")


def create(name: str, *parts: sa.schema.SchemaItem) -> None:
    """This function will create a table that is strict on SQLite."""
    op.create_table(name, *parts, sqlite_strict=True)


def columns(spec: str) -> list[sa.schema.SchemaItem]:
    """This function will make columns and checks of `name:type` words; ? marks what may be unknown."""
    made: list[sa.schema.SchemaItem] = []
    for part in spec.split():
        name, kind = part.rstrip("?").split(":")
        made.append(sa.Column(name, TYPES[kind], nullable=part.endswith("?")))
        if kind in CHECKS and (kind != "flag" or op.get_bind().dialect.name == "sqlite"):
            made.append(sa.CheckConstraint(CHECKS[kind].format(name=name), name=name))
    return made


def subjects(spec: str) -> list[str]:
    """This function will name the columns by which facts are looked up."""
    names = [part.split(":")[0] for part in spec.split()]
    return [name for name in ("household_id", "loan_id") if name in names]


def guard(name: str) -> None:
    """This function will let rows of a table only ever be added."""
    guards = sqlite_guards if op.get_bind().dialect.name == "sqlite" else postgresql_guards
    for statement in guards(name):
        op.execute(statement)


def sqlite_guards(name: str) -> list[str]:
    """This function will write the triggers of SQLite."""
    return [
        f"CREATE TRIGGER {name}_refuse_{change.lower()} BEFORE {change} ON {name} "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {name} are only ever added'); END"
        for change in ("UPDATE", "DELETE")
    ]


def postgresql_guards(name: str) -> list[str]:
    """This function will write the triggers of PostgreSQL."""
    return [
        f"CREATE TRIGGER {name}_refuse_{change.lower()} BEFORE {change} ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for change in ("UPDATE", "DELETE", "TRUNCATE")
    ]
