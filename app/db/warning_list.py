"""The list of current assessments as of a day: filters, keyset pages, counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from app.db.guards import is_storable, require_storable
from app.db.tables import assessments as rows
from app.domain.errors import InvalidValueError
from app.services.ports import WarningFilter

_FILTERS: Final[Mapping[str, sa.Column[Any]]] = MappingProxyType(
    {
        "township": rows.c.township_code,
        "village": rows.c.village_code,
        "bank": rows.c.bank,
        "industry": rows.c.industry,
        "light": rows.c.light,
        "cause": rows.c.top_cause,
        "action": rows.c.top_action,
    }
)
_INTEGERS: Final = 2**63
_LATER_THAN_ANY_TERM: Final = 1_000_000  # days


@dataclass(frozen=True, slots=True)
class Listing:
    """Current assessments: of each loan the one added last for the day."""

    connection: sa.Connection
    where: WarningFilter
    as_of: date

    def page(self, *, after: tuple[Any, ...] | None, limit: int) -> list[dict[str, Any]]:
        """This function will give the rows after a position, each with its own as `cursor`."""
        last = self._last_seq() if after is None else _position(after)[2]
        query = sa.select(rows).where(*self._current(last))
        if after is not None:
            urgency, loan_id, _ = after
            position = sa.tuple_(sa.literal(urgency, sa.BigInteger), sa.literal(loan_id, sa.Text))
            query = query.where(sa.tuple_(rows.c.urgency, rows.c.loan_id) > position)
        found = self.connection.execute(query.order_by(rows.c.urgency, rows.c.loan_id).limit(limit))
        return [{**row, "cursor": (row["urgency"], row["loan_id"], last)} for row in found.mappings()]

    def summary(self, by: Sequence[str]) -> list[dict[str, Any]]:
        """This function will count loans and add amounts and balances by light and `by`."""
        groups = [_FILTERS[name].label(name) for name in _names(by)]
        totals = [
            sa.func.count().label("loans"),
            *(sa.cast(sa.func.sum(rows.c[n]), sa.BigInteger).label(n) for n in ("amount", "balance")),
        ]
        query = sa.select(*groups, *totals).where(*self._current(self._last_seq())).group_by(*groups)
        found = [dict(row) for row in self.connection.execute(query).mappings()]
        return sorted(found, key=lambda row: [(row[g.name] is not None, row[g.name] or "") for g in groups])

    def _last_seq(self) -> int:
        last = sa.select(sa.func.coalesce(sa.func.max(rows.c.seq), 0))
        return int(self.connection.execute(last).scalar_one())

    def _current(self, last: int) -> list[sa.ColumnElement[bool]]:
        newer = rows.alias()
        replaced = sa.exists().where(
            newer.c.loan_id == rows.c.loan_id,
            newer.c.as_of == rows.c.as_of,
            newer.c.seq > rows.c.seq,
            newer.c.seq <= last,
        )
        return [rows.c.as_of == self.as_of, rows.c.seq <= last, *self._asked(), ~replaced]

    def _asked(self) -> list[sa.ColumnElement[bool]]:
        wanted = {name: getattr(self.where, name) for name in _FILTERS}
        require_storable(**wanted)
        asked = [_FILTERS[name] == value for name, value in wanted.items() if value is not None]
        if self.where.due_within_days is None:
            return asked
        days = min(self.where.due_within_days, _LATER_THAN_ANY_TERM)
        return [*asked, rows.c.days_to_maturity.between(0, days)]


def _position(after: tuple[Any, ...]) -> tuple[int, str, int]:
    """Take a position apart; it went through other hands and may be anything."""
    match after:
        case (int(urgency), str(loan_id), int(last)) if is_storable(loan_id):
            if max(abs(urgency), abs(last)) < _INTEGERS:
                return urgency, loan_id, last
    raise InvalidValueError(zh="翻页位置无效。", en="The position in the list is not valid.")


def _names(by: Sequence[str]) -> tuple[str, ...]:
    """Give the groups: the light first, then what was asked for."""
    unknown = set(by) - set(_FILTERS)
    if unknown:
        known = "、".join(_FILTERS), ", ".join(_FILTERS)
        raise InvalidValueError(zh=f"只能按{known[0]}汇总。", en=f"Summaries can be made by {known[1]}.")
    return tuple(dict.fromkeys(("light", *by)))
