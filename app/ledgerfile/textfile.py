"""Reads .csv text (UTF-8 with or without mark, UTF-16 with mark, GB18030) into a grid."""

import csv
import io
import re
from typing import Final

from app.ledgerfile.grid import Grid, frame_of
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.refusals import refused
from app.ledgerfile.source import Source, opened

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_ENCODINGS: Final = ("utf-8", "gb18030")
_DELIMITERS: Final = ",\t;"
_SAMPLE: Final = 10
GUARDED: Final = re.compile(r"^'+[=+\-@\t\r\x00]")
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1f]")


def read_text(source: Source, limits: FileLimits, *, name: str) -> Grid:
    """This function will read delimited text; the delimiter is the most frequent of , tab ;."""
    text = _decoded(source)
    if text.lstrip()[:1] == "<" or _BINARY.search(text[:4096]):
        raise refused("not_a_workbook")
    try:
        rows = [
            _unguarded(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        ]
    except csv.Error as error:
        raise refused("damaged") from error
    width = max(map(len, rows), default=0)
    if width > limits.columns or width * len(rows) > limits.cells:
        raise refused("too_many_cells", limit=limits.cells)
    return Grid(name=name, cells=frame_of(rows, width))


def _decoded(source: Source) -> str:
    with opened(source) as stream:
        content = stream.read()
    marked = [encoding for mark, encoding in _MARKS if content.startswith(mark)]
    for encoding in marked or _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refused("unknown_encoding")


def _delimiter(text: str) -> str:
    sample = "\n".join(text.split("\n", _SAMPLE)[:_SAMPLE])
    return max(_DELIMITERS, key=sample.count)


def _unguarded(row: list[str]) -> list[str]:
    """Drop the apostrophe that keeps a spreadsheet from running a text as a formula."""
    return [cell[1:] if cell[:1] == "'" and GUARDED.match(cell) else cell for cell in row]
