"""Turns ID numbers into pseudonymous person ids, registering people on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Final

import polars as pl

from app.domain.ledger import Column, Kind
from app.ledgerfile.checking import CheckedTable
from app.services.ports import People
from app.services.slices import slices

_DETAILS: Final = ("full_name", "phone", "account")
_UNREGISTERED: Final = "未登记：人员表和库中都没有此人"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The people of one import.

    A file that lists its persons is `closed`: a reference to anybody else is refused. A file without
    such a sheet registers whom it names by the number alone; names may follow in another file.
    """

    people: People
    import_id: int
    closed: bool

    def register(self, persons: pl.DataFrame) -> dict[str, int]:
        """This function will register a persons sheet and count who was added, corrected, unchanged."""
        named = persons.rename({"person_id": "id_number"})
        known = len(self._known(named.get_column("id_number")))
        changes = self._register(named)
        added = named.height - known
        return {"added": added, "corrected": changes - added, "unchanged": known - (changes - added)}

    def replace(self, checked: CheckedTable) -> CheckedTable:
        """This function will put person ids in the place of ID numbers and refuse who is not registered."""
        columns = [c for c in checked.table.columns if c.kind is Kind.PERSON and not checked.table.personal]
        known = self._refused(checked, columns) if self.closed else checked
        self._register_numbers(known, columns)
        return changed(known, good=self._with_ids(known.good, columns))

    def _refused(self, checked: CheckedTable, columns: Sequence[Column]) -> CheckedTable:
        for column in columns:
            numbers = checked.good.get_column(column.name)
            unknown = numbers.is_not_null() & ~numbers.is_in(list(self._known(numbers)))
            checked = checked.refuse(unknown, f"{column.zh}{_UNREGISTERED}")
        return checked

    def _register_numbers(self, checked: CheckedTable, columns: Sequence[Column]) -> None:
        for column in columns:
            numbers = checked.good.get_column(column.name).drop_nulls().unique(maintain_order=True)
            missing = numbers.filter(~numbers.is_in(list(self._known(numbers)))).alias("id_number")
            blank = [pl.lit(None, pl.String()).alias(name) for name in _DETAILS]
            self._register(
                missing.to_frame().with_columns(*blank, pl.lit(None, pl.Date()).alias("registered_on"))
            )

    def _with_ids(self, rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
        return rows.with_columns(
            rows.get_column(c.name).replace_strict(
                self._known(rows.get_column(c.name)), default=None, return_dtype=pl.String
            )
            for c in columns
        )

    def _register(self, people: pl.DataFrame) -> int:
        details = people.select("id_number", *_DETAILS, "registered_on")
        return sum(self.people.register(part, import_id=self.import_id) for _, part in slices(details))

    def _known(self, numbers: pl.Series) -> dict[str, str]:
        found: dict[str, str] = {}
        for _, part in slices(numbers.drop_nulls().unique(maintain_order=True).to_frame()):
            found.update(self.people.ids(part.to_series().to_list()))
        return found
