"""Which facts a frame reads: by household, by the day they were known, by import."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.db import tables
from app.db.guards import storable
from app.db.types import WHOLE, Day
from app.domain.ledger import BY_NAME, FACT_TABLES, Table
from app.domain.ledger.county import COUNTY_TABLES

_OWNED: Final = frozenset({"household_id", "loan_id"})
_COUNTY: Final = frozenset(t.name for t in FACT_TABLES if t in COUNTY_TABLES or t.subject not in _OWNED)
_HOUSEHOLDS: Final = sa.bindparam("households", type_=sa.Text)
_LOANS: Final = sa.bindparam("loans", type_=sa.Text)
_AS_OF: Final = sa.bindparam("as_of", type_=Day)
_WATERMARK: Final = sa.bindparam("watermark", type_=WHOLE)

Condition = sa.ColumnElement[bool]


def members(connection: sa.Connection, values: Iterable[str]) -> sa.Select[Any]:
    """This function will make one parameter of many texts, to stand behind IN; texts must be storable."""
    return _unpacked(connection.dialect.name, sa.literal(json.dumps(list(values)), sa.Text))


def _unpacked(dialect: str, packed: sa.BindParameter[str]) -> sa.Select[Any]:
    if dialect == "sqlite":
        return sa.select(sa.func.json_each(packed).table_valued("value").c.value)
    return sa.select(sa.func.jsonb_array_elements_text(sa.cast(packed, JSONB)).column_valued("value"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The facts of some households (None: of all) as known on a day (None: ever) up to an import."""

    as_of: date | None
    watermark: int
    households: Sequence[str] | None

    def query(
        self, dialect: str, table: Table, columns: Iterable[str], *, sort: bool = False
    ) -> sa.Select[Any]:
        """This function will select columns of a table; `values` fills its parameters.

        With `sort` the rows come in the order of `sort_keys`, as Polars sorts: by bytes, nothing first.
        """
        form = _Form(dialect=dialect, chosen=self.households is not None, dated=self.as_of is not None)
        return _query(form, table.name, tuple(columns), sort)

    def values(self, loans: Iterable[str] = ()) -> Mapping[str, Any]:
        """This function will give the parameters of the queries; tables of loans want the loans read."""
        of_households, of_loans = (
            None if self.households is None else json.dumps(storable(ids))
            for ids in (self.households or (), loans)
        )
        return {
            "as_of": self.as_of, "watermark": self.watermark, "households": of_households, "loans": of_loans
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What queries of one kind share; there are few, so that each is built once."""

    dialect: str
    chosen: bool
    dated: bool

    def known(self, rows: sa.FromClause) -> list[Condition]:
        """Give the conditions of having been known."""
        known: list[Condition] = [rows.c.import_id <= _WATERMARK]
        return [*known, rows.c.known_on <= _AS_OF] if self.dated else known

    def belongs(self, table: Table, rows: sa.Table) -> list[Condition]:
        """Give the conditions of belonging to the households chosen."""
        if not self.chosen or table.name in _COUNTY:
            return []
        if "household_id" in rows.c:
            return self._in_households(rows, may_move="household_id" not in table.key)
        return [rows.c.loan_id.in_(_unpacked(self.dialect, _LOANS))]

    def _in_households(self, rows: sa.Table, *, may_move: bool) -> list[Condition]:
        chosen: list[Condition] = [rows.c.household_id.in_(_unpacked(self.dialect, _HOUSEHOLDS))]
        return [*chosen, ~self._moved_away(rows)] if may_move and self.dated else chosen

    def _moved_away(self, rows: sa.Table) -> Condition:
        """Tell whether a later known version of the same fact names another household."""
        newer = rows.alias()
        later = sa.or_(
            newer.c.known_on > rows.c.known_on,
            sa.and_(newer.c.known_on == rows.c.known_on, newer.c.version > rows.c.version),
        )
        return sa.exists().where(
            newer.c.record_key == rows.c.record_key,
            newer.c.household_id != rows.c.household_id,
            later,
            *self.known(newer),
        )


def sort_keys(table: Table) -> tuple[str, ...]:
    """This function will name the columns that facts are sorted by."""
    return (*dict.fromkeys((table.subject, *table.key)), "version")


@cache
def _query(form: _Form, name: str, columns: tuple[str, ...], sort: bool) -> sa.Select[Any]:  # noqa: FBT001
    table, rows = BY_NAME[name], tables.facts[name]
    chosen = [rows.c[column] for column in columns]
    query = sa.select(*chosen).where(*form.known(rows), *form.belongs(table, rows))
    return query.order_by(*(rows.c[key].nulls_first() for key in sort_keys(table))) if sort else query
