"""How much memory a workbook's shared texts would take once every cell holds its own copy.

One long text that a million cells name is small in the file and huge in the parser.
"""

import re
from array import array
from typing import Final

_TEXT: Final = re.compile(rb"<(?:\w+:)?si[\s/>]")
_USE: Final = re.compile(rb"\st\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v[^>]*>\s*([0-9]{1,9})\s*<")
_OVERLAP: Final = 512
SHARED_TEXTS: Final = "xl/sharedstrings.xml"  # compared in small letters, as parsers do


class SharedTexts:
    """The lengths in bytes of all shared texts, markup included."""

    def __init__(self) -> None:
        """This function will start with no texts."""
        self._lengths = array("Q")
        self._open = 0
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        """This function will measure the texts of a piece; the last one may go on in the next."""
        held = self._rest + piece
        cut = held.rfind(b"<", max(0, len(held) - _OVERLAP))
        cut = len(held) if cut < 0 else cut
        self._rest = held[cut:]
        self._count(held[:cut])

    def end(self) -> None:
        """This function will close the last text."""
        self._count(self._rest)
        self._lengths.append(self._open)

    def _count(self, markup: bytes) -> None:
        first, *others = (len(text) for text in _TEXT.split(markup))
        self._open += first
        for length in others:
            self._lengths.append(self._open)
            self._open = length

    def bound(self, cells: int) -> int:
        """This function will give the most bytes that so many cells could take."""
        return max(self._lengths, default=0) * cells

    def used(self, numbers: list[bytes]) -> int:
        """This function will add up the texts that cells name; the first entry stands before text 0."""
        return sum(self._lengths[i] for number in numbers if (i := int(number) + 1) < len(self._lengths))


class UseScan:
    """Finds which shared texts the cells of a part name."""

    def __init__(self) -> None:
        """This function will start with nothing kept."""
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """This function will give the numbers of texts named in this piece, each once a cell."""
        held = self._rest + piece
        cut = held.rfind(b"</") + 2 if b"</" in held else len(held)
        self._rest = held[cut:][-_OVERLAP:]
        return _USE.findall(held[:cut])
