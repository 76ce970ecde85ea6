"""The ledger's schemas, each once: files, store, frames and simulation all read them here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.domain.ledger.columns import META, Column, Kind, Table
from app.domain.ledger.county import COUNTY_TABLES
from app.domain.ledger.households import HOUSEHOLD_TABLES
from app.domain.ledger.loans import LOAN_TABLES
from app.domain.ledger.schemes import SCHEME_TABLES

# Order matters to import: a table stands behind those it refers to.
TABLES: Final[tuple[Table, ...]] = (
    *COUNTY_TABLES[:1], *HOUSEHOLD_TABLES, *COUNTY_TABLES[1:], *LOAN_TABLES, *SCHEME_TABLES
)  # fmt: skip
BY_NAME: Final[Mapping[str, Table]] = MappingProxyType({table.name: table for table in TABLES})
FACT_TABLES: Final[tuple[Table, ...]] = tuple(table for table in TABLES if not table.personal)

__all__ = ["BY_NAME", "FACT_TABLES", "META", "TABLES", "Column", "Kind", "Table"]
