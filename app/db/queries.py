"""Which facts a frame reads: by household, by the day they were known, by import."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.db import tables
from app.db.guards import storable
from app.domain.ledger import Table
from app.domain.ledger.county import COUNTY_TABLES

_COUNTY: Final = frozenset(table.name for table in COUNTY_TABLES)


def members(connection: sa.Connection, values: Iterable[str]) -> sa.Select[Any]:
    """This function will make one parameter of many texts, to stand behind IN; texts must be storable."""
    packed = sa.literal(json.dumps(list(values)), sa.Text)
    if connection.dialect.name == "sqlite":
        return sa.select(sa.func.json_each(packed).table_valued("value").c.value)
    return sa.select(sa.func.jsonb_array_elements_text(sa.cast(packed, JSONB)).column_valued("value"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was known on a day up to an import."""

    as_of: date | None
    watermark: int

    def of(self, rows: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """This function will give the conditions on rows of a fact table."""
        known = [rows.c.import_id <= self.watermark]
        return known if self.as_of is None else [*known, rows.c.known_on <= self.as_of]


class Slice:
    """The facts of some households (None: of all) as known on a day up to an import."""

    def __init__(
        self,
        connection: sa.Connection,
        *,
        as_of: date | None,
        watermark: int,
        households: Sequence[str] | None,
    ) -> None:
        """This function will keep what is asked for."""
        self._known = _Known(as_of=as_of, watermark=watermark)
        self._households = None if households is None else members(connection, storable(households))

    def query(self, table: Table) -> sa.Select[Any]:
        """This function will select the table's schema columns of the slice."""
        rows = tables.facts[table.name]
        columns = [rows.c[name] for name in table.schema]
        return sa.select(*columns).where(*self._known.of(rows), *self._belongs(table, rows))

    def _belongs(self, table: Table, rows: sa.Table) -> list[sa.ColumnElement[bool]]:
        if self._households is None or table.name in _COUNTY:
            return []
        if "household_id" in rows.c:
            return self._in_households(rows, may_move="household_id" not in table.key)
        loans = tables.facts["loans"]
        chosen = sa.select(loans.c.loan_id).where(*self._in_households(loans, may_move=True))
        return [rows.c.loan_id.in_(chosen.where(*self._known.of(loans)))]

    def _in_households(self, rows: sa.Table, *, may_move: bool) -> list[sa.ColumnElement[bool]]:
        assert self._households is not None  # noqa: S101
        chosen: list[sa.ColumnElement[bool]] = [rows.c.household_id.in_(self._households)]
        if not may_move or self._known.as_of is None:
            return chosen
        return [*chosen, ~self._moved_away(rows)]

    def _moved_away(self, rows: sa.Table) -> sa.ColumnElement[bool]:
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
            *self._known.of(newer),
        )
