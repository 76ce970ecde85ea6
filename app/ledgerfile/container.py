"""Looks into a workbook's archive before anything parses it, in bounded memory.

Every part is unpacked in small pieces and thrown away: what its directory says about sizes is never
believed. What the parser would allocate (rows times columns, however sparse) is computed first.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from app.ledgerfile.cellscan import GridScan
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.refusals import refused
from app.ledgerfile.source import Source, head, opened, size

_OLE2: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ZIP: Final = b"PK\x03\x04"
_PIECE: Final = 1 << 20
_FREE_BYTES: Final = 16 << 20  # below this no ratio is a danger
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NEEDED: Final = frozenset({"[Content_Types].xml", "xl/workbook.xml"})
_DTD: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_STRANGE: Final = re.compile(r"^[/\\]|(^|[/\\])\.\.([/\\]|$)|^[A-Za-z]:|\x00")
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def is_workbook(source: Source, limits: FileLimits) -> bool:
    """This function will tell a workbook (True) from text, and refuse what is neither."""
    if size(source) == 0:
        raise refused("empty")
    if size(source) > limits.file_bytes:
        raise refused("too_large", limit=limits.file_bytes)
    first = head(source, 512)
    if first.startswith(_OLE2):
        raise refused("encrypted" if _holds(source, _ENCRYPTED) else "old_xls")
    return first.startswith(_ZIP)


def _holds(source: Source, mark: bytes) -> bool:
    tail = b""
    with opened(source) as stream:
        while piece := stream.read(_PIECE):
            if mark in tail + piece:
                return True
            tail = piece[-len(mark) :]
    return False


def check_workbook(source: Source, limits: FileLimits) -> None:
    """This function will refuse an archive that is damaged, hostile or larger than the limits."""
    try:
        with opened(source) as stream, zipfile.ZipFile(stream) as archive:
            _check_directory(archive, limits)
            _check_parts(archive, limits, allowed=_allowance(size(source), limits))
    except _BROKEN as error:
        raise refused("damaged") from error


def _allowance(packed: int, limits: FileLimits) -> int:
    return min(limits.unpacked_bytes, max(_FREE_BYTES, packed * limits.ratio))


def _check_directory(archive: zipfile.ZipFile, limits: FileLimits) -> None:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if len(entries) > limits.entries:
        raise refused("unpacks_too_large")
    if any(entry.flag_bits & 1 for entry in entries):
        raise refused("encrypted")
    if len(names) < len(entries) or any(_STRANGE.search(name) for name in names):
        raise refused("unsafe")
    if not names >= _NEEDED:
        raise refused("not_a_workbook")
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise refused("damaged")


def _check_parts(archive: zipfile.ZipFile, limits: FileLimits, *, allowed: int) -> None:
    unpacked = 0
    grid = GridScan(limits)
    for entry in archive.infolist():
        grid.begin()
        for piece in _pieces(archive, entry):
            unpacked += len(piece)
            if unpacked > allowed:
                raise refused("unpacks_too_large")
            grid.feed(piece)
        grid.end()


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part's bytes; a markup declaration is found even across two pieces."""
    tail = b""
    with archive.open(entry) as part:
        while piece := part.read(_PIECE):
            if _DTD.search(tail + piece):
                raise refused("unsafe")
            tail = piece[-16:]
            yield piece
