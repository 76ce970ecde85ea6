"""How large a grid the parts of a workbook span, found without parsing them.

A parser allocates rows times columns, so that two cells far apart cost as much as a full sheet. Cells
may carry their reference (`r="B7"`) or stand in order without one; both are counted.
"""

import re
from collections.abc import Iterable
from typing import Final

from app.ledgerfile.limits import FileLimits
from app.ledgerfile.refusals import refused

_REFERENCE: Final = re.compile(rb"\sr\s*=\s*[\"']\s*([A-Za-z]*)([0-9]+)")
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")
_LONGEST_TAG: Final = 8 << 20


def column_number(letters: bytes) -> int:
    """This function will turn a column's letters into its number, counted from 1.

    >>> column_number(b"AB")
    28
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
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
        """This function will add the part's grid to the total and refuse what exceeds the limits."""
        rows = max(self._rows, self._unnumbered_rows)
        self.cells += rows * self._columns
        if self._columns > self._limits.columns or self.cells > self._limits.cells:
            raise refused("too_many_cells", limit=self._limits.cells)

    def _measure(self, tags: bytes) -> None:
        found = _REFERENCE.findall(tags)
        letters = {reference[0] for reference in found}
        self._rows = max(self._rows, _largest(number for _, number in found))
        self._columns = max(self._columns, max(map(column_number, letters), default=0))
        self._unnumbered_rows += len(_ROW.findall(tags))
        if len(_CELL.findall(tags)) > sum(1 for letter, _ in found if letter):
            self._columns = max(self._columns, 2 * _longest_row(tags))  # a row may go on in the next piece


def _largest(numbers: Iterable[bytes]) -> int:
    return max(map(int, numbers), default=0)


def _longest_row(tags: bytes) -> int:
    return max(len(_CELL.findall(row)) for row in _ROW.split(tags))
