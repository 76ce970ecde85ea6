"""Facts that come nested in a request, laid out as frames; from there they go the way of stored facts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME, FACT_TABLES, Column, Table
from app.domain.words import KnownBasis

Facts = Mapping[str, Any]

HOUSEHOLDS: Final = BY_NAME["households"]
APPLICATIONS: Final = BY_NAME["applications"]
_SHORTER: Final = MappingProxyType({"household_members": "members", "guarantee_groups": "groups"})


def _nested_in(parent: Table) -> Mapping[str, Table]:
    inside = (t for t in FACT_TABLES if t.subject == parent.key[0] and t not in {parent, APPLICATIONS})
    return MappingProxyType({_SHORTER.get(t.name, t.name): t for t in inside})


# Which lists stand inside which facts: by table, the JSON name and the table of the facts inside.
CHILDREN: Final[Mapping[str, Mapping[str, Table]]] = MappingProxyType(
    {name: _nested_in(BY_NAME[name]) for name in ("households", "loans")}
)

_NO_FACTS: Final = MappingProxyType(dict(Frames.of({}).tables))


def own_columns(table: Table) -> tuple[Column, ...]:
    """This function will list the columns that a nested fact gives itself; the outer fact gives its key."""
    outer = {table.subject} if table is not HOUSEHOLDS else set()
    return tuple(column for column in table.columns if column.name not in outer)


@dataclass(frozen=True, slots=True)
class Placed:
    """One fact of a request: its table, its JSON path, its values, and the fact that it stands in."""

    table: Table
    path: str
    row: Facts
    outer: Facts

    @property
    def news_on(self) -> date | None:
        """This function will give the first day on which the fact could be known.

        A due within the term is known since the disbursement; one beyond it has no such day, as on import.
        """
        happened: date = self.row[self.table.happened]
        if self.table.name != "repayments_due":
            return happened
        agreed: date | None = self.outer["disbursed_on"] if happened <= self.outer["matures_on"] else None
        return agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One household of a request, perhaps with an application, and where it stands in the body."""

    path: str
    household: Facts
    application: Facts | None = None


def lay_out(items: Sequence[Item]) -> list[Placed]:
    """This function will list all facts of a request; a household given again unchanged counts once."""
    seen: dict[str, Facts] = {}
    placed: list[Placed] = []
    for item in items:
        household_id = item.household["household_id"]
        if seen.get(household_id) != item.household:
            placed.extend(_walk(HOUSEHOLDS, item.household, f"{item.path}.household", {}))
        seen.setdefault(household_id, item.household)
        if item.application is not None:
            outer = {"household_id": household_id}
            placed.extend(_walk(APPLICATIONS, item.application, f"{item.path}.application", outer))
    return placed


def _walk(table: Table, fact: Facts, path: str, outer: Facts) -> Iterator[Placed]:
    row = {**fact, table.subject: outer[table.subject]} if outer else fact
    yield Placed(table, path, row, outer)
    for name, child in CHILDREN.get(table.name, {}).items():
        for index, inner in enumerate(fact.get(name) or ()):
            yield from _walk(child, inner, f"{path}.{name}[{index}]", row)


def frames_of(placed: Sequence[Placed], *, received_on: date, lags: Mapping[str, int]) -> Frames:
    """This function will bring facts into frames; days known are recorded, or assumed from `lags` (days).

    The same rule as on import (tested to be): what is assumed is never later than the day the request
    came in. Row by row, because a request is small and every step over a frame has a price.
    """
    found: dict[str, list[Placed]] = defaultdict(list)
    for fact in placed:
        found[fact.table.name].append(fact)
    told = {n: _frame(BY_NAME[n], facts, received_on, lags.get(n, 0)) for n, facts in found.items()}
    return Frames(MappingProxyType({**_NO_FACTS, **told}))


def _frame(table: Table, facts: Sequence[Placed], received_on: date, lag_days: int) -> pl.DataFrame:
    columns = {name: [fact.row.get(name) for fact in facts] for name in table.names}
    lag = timedelta(days=lag_days)
    given = [fact.row.get("known_on") for fact in facts]
    news = [fact.news_on for fact in facts]
    assumed = [received_on if day is None else min(day + lag, received_on) for day in news]
    columns["known_on"] = [day or other for day, other in zip(given, assumed, strict=True)]
    columns["known_basis"] = [(KnownBasis.RECORDED if day else KnownBasis.ASSUMED).value for day in given]
    columns |= {
        n: [v] * len(facts) for n, v in (("imported_on", received_on), ("import_id", 0), ("version", 1))
    }
    return pl.DataFrame(columns, schema=table.schema)
