"""Which table a sheet holds and which column a heading names, by one table of synonyms.

Headings are compared folded: NFKC, small letters, without spaces, brackets and what they hold (units),
colons and asterisks. A heading in 万元 keeps its unit: see `in_ten_thousands`. ‰ is not per cent: such a
heading is unknown.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from app.domain.ledger import META, TABLES, Column, Kind, Table
from app.domain.words import KnownBasis

PROBLEM: Final = "问题"
ROW: Final = "行号"

_BASIS: Final = Column(name="known_basis", zh="知悉依据", kind=Kind.CHOICE, choices=KnownBasis)
KNOWN_ON: Final = Column(name="known_on", zh=META[0].zh, also=META[0].also, kind=Kind.DATE)
KNOWN: Final = (KNOWN_ON, _BASIS)  # what a file may say of when a fact became known


def fold(heading: str) -> str:
    """This function will bring a heading into the form in which headings are compared.

    >>> fold(" 贷款金额（元）* ")
    '贷款金额'
    """
    plain = unicodedata.normalize("NFKC", heading).lower()
    if "‰" in plain:
        return plain
    return re.sub(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】|[\s:*_]", "", plain)


def in_ten_thousands(heading: str) -> bool:
    """This function will tell whether a heading gives its amounts in 万元."""
    return "万元" in unicodedata.normalize("NFKC", heading)


_IGNORED: Final = frozenset(
    fold(heading) for heading in (PROBLEM, ROW, *(s for c in META[2:] for s in (c.name, c.zh)))
)


@cache
def synonyms(table: Table) -> Mapping[str, str]:
    """This function will map folded headings to column names; the table's own win over known_on's."""
    return {
        fold(heading): column.name
        for column in (*KNOWN, *table.columns)
        for heading in (*column.also, column.zh, column.name)
    }


@cache
def _sheet_names() -> Mapping[str, Table]:
    return {fold(name): table for table in TABLES for name in (*table.also, table.zh, table.name)}


def table_of_name(name: str) -> Table | None:
    """This function will find the table that a sheet or file name says; `贷款 (2)` continues `贷款`."""
    folded = fold(name)
    return _sheet_names().get(folded) or _sheet_names().get(re.sub(r"[-\d]+$", "", folded))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How the headings of a row fit a table: position by column name."""

    table: Table
    positions: Mapping[str, int]

    @property
    def missing(self) -> tuple[Column, ...]:
        """This function will list the required columns that have no heading."""
        return tuple(c for c in self.table.columns if c.required and c.name not in self.positions)


def match(headings: Sequence[str], table: Table) -> Match:
    """This function will find the table's columns among headings; the first of two synonyms counts."""
    names = synonyms(table)
    positions: dict[str, int] = {}
    for position, heading in enumerate(headings):
        name = names.get(fold(heading))
        if name is not None:
            positions.setdefault(name, position)
    return Match(table=table, positions=positions)


def best_match(headings: Sequence[str]) -> Match | None:
    """This function will find the one table whose required columns are all there and which fits best."""
    whole = [found for table in TABLES if not (found := match(headings, table)).missing]
    whole.sort(key=lambda found: len(found.positions), reverse=True)
    tied = len(whole) > 1 and len(whole[0].positions) == len(whole[1].positions)
    return None if tied or not whole else whole[0]


def is_ignored(heading: str) -> bool:
    """This function will tell headings that a file of bad rows or an export adds."""
    return fold(heading) in _IGNORED
