"""How large a grid the parts of a workbook span, found without parsing them.

A parser allocates rows times columns, so that two cells far apart cost as much as a full sheet. Cells
may carry their reference (`r="B7"`) or stand in order without one; both are counted.
"""

from typing import Final, cast

import polars as pl

from app.ledgerfile.limits import FileLimits
from app.ledgerfile.refusals import refused

_SPACE: Final = "[ \\t\\r\\n]"
_REFERENCE: Final = rf"{_SPACE}r{_SPACE}*={_SPACE}*[\"']{_SPACE}*[A-Za-z]*[0-9]+"
_PLACE: Final = r"(?<letters>[A-Za-z]*)(?<row>[0-9]+)$"
_CELL: Final = rf"<(?:[A-Za-z0-9_]+:)?c(?:{_SPACE}|[/>])"
_ROW: Final = rf"<(?:[A-Za-z0-9_]+:)?row(?:{_SPACE}|[/>])"
_LONGEST_TAG: Final = 8 << 20


def column_number(letters: str) -> int:
    """This function will turn a column's letters into its number, counted from 1.

    >>> column_number("AB")
    28
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


class GridScan:
    """Measures the parts of one workbook, each fed in pieces between `begin` and `end`."""

    def __init__(self, limits: FileLimits) -> None:
        """This function will start with nothing counted."""
        self._limits = limits
        self.cells = 0
        self.begin()

    def begin(self) -> None:
        """This function will start a new part."""
        self._rest = b""
        self._rows = self._columns = self._unnumbered_rows = 0

    def feed(self, piece: bytes) -> None:
        """This function will measure the tags that end in this piece and keep the rest for the next."""
        held = self._rest + piece
        cut = held.rfind(b">") + 1
        self._measure(held[:cut])
        self._rest = held[cut:]
        if len(self._rest) > _LONGEST_TAG:
            raise refused("unsafe")

    def end(self) -> None:
        """This function will add the part's grid to the total."""
        self.cells += self._grid()

    def _grid(self) -> int:
        return max(self._rows, self._unnumbered_rows) * self._columns

    def _check(self) -> None:
        too_wide = self._columns > self._limits.columns
        if too_wide or max(self.cells + self._grid(), self._unnumbered_rows) > self._limits.cells:
            raise refused("too_many_cells", limit=self._limits.cells)

    def _measure(self, tags: bytes) -> None:
        text = pl.Series([tags.decode("latin-1")])
        found = text.str.extract_all(_REFERENCE).explode().str.extract_groups(_PLACE).struct.unnest()
        letters = found.get_column("letters").drop_nulls()
        rows = found.get_column("row").cast(pl.Int64, strict=False)
        self._rows = max(self._rows, _largest(rows))
        self._columns = max(self._columns, max(map(column_number, letters.unique()), default=0))
        self._unnumbered_rows += text.str.count_matches(_ROW).item()
        if text.str.count_matches(_CELL).item() > (letters != "").sum():
            self._columns = max(self._columns, 2 * _longest_row(text))  # a row may go on in the next piece
        self._check()


def _longest_row(text: pl.Series) -> int:
    """Count the cells of the longest row where cells carry no reference."""
    rows = text.str.replace_all(_ROW, "\n").str.split("\n").explode()
    return _largest(rows.str.count_matches(_CELL))


def _largest(numbers: pl.Series) -> int:
    return cast("int | None", numbers.max()) or 0
