"""Looks into a workbook's archive before anything parses it, in bounded memory.

Every part is unpacked in small pieces and thrown away: what its directory says about sizes is never
believed. What the parser would allocate (rows times columns, however sparse) is computed first.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from app.ledgerfile.cellscan import GridScan
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.refusals import refused
from app.ledgerfile.source import Source, head, opened, size
from app.ledgerfile.textscan import SHARED_TEXTS, SharedTexts, UseScan

_OLE2: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ZIP: Final = b"PK\x03\x04"
_PIECE: Final = 1 << 20
_FREE_BYTES: Final = 16 << 20  # below this no ratio is a danger
_END: Final = b"PK\x05\x06"
_END_REACH: Final = 22 + 65_535  # the end record and the longest comment
_ENTRY_BYTES: Final = 1_024  # an entry of the directory, name and extras included
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NEEDED: Final = frozenset({"[content_types].xml", "xl/workbook.xml"})
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
        with opened(source) as stream, _archive(stream, size(source), limits) as archive:
            _check_directory(archive, limits)
            _check_sizes(archive, allowed=_allowance(size(source), limits))
            _check_parts(archive, limits)
    except _BROKEN as error:
        raise refused("damaged") from error


def _archive(stream: BinaryIO, length: int, limits: FileLimits) -> zipfile.ZipFile:
    _check_size_of_directory(stream, length, limits)
    return zipfile.ZipFile(stream)


def _allowance(packed: int, limits: FileLimits) -> int:
    return min(limits.unpacked_bytes, max(_FREE_BYTES, packed * limits.ratio))


def _check_directory(archive: zipfile.ZipFile, limits: FileLimits) -> None:
    entries = archive.infolist()
    names = {entry.filename.lower() for entry in entries}
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


def _check_size_of_directory(stream: BinaryIO, length: int, limits: FileLimits) -> None:
    """Refuse a directory of endless entries before it is read; it is found from the archive's end."""
    stream.seek(max(0, length - _END_REACH))
    tail = stream.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 22:
        raise refused("damaged")
    (directory_bytes,) = struct.unpack_from("<I", tail, end + 12)
    if directory_bytes > limits.entries * _ENTRY_BYTES:
        raise refused("unpacks_too_large")


def _check_sizes(archive: zipfile.ZipFile, *, allowed: int) -> None:
    unpacked = 0
    for entry in archive.infolist():
        for piece in _pieces(archive, entry):
            unpacked += len(piece)
            if unpacked > allowed:
                raise refused("unpacks_too_large")


def _check_parts(archive: zipfile.ZipFile, limits: FileLimits) -> None:
    grid, texts = GridScan(limits), SharedTexts()
    for entry in archive.infolist():
        grid.begin()
        for piece in _pieces(archive, entry):
            grid.feed(piece)
            if entry.filename.lower() == SHARED_TEXTS:
                texts.feed(piece)
        grid.end()
    texts.end()
    if texts.bound(grid.cells) > limits.text_bytes:
        _check_texts(archive, limits, texts)


def _check_texts(archive: zipfile.ZipFile, limits: FileLimits, texts: SharedTexts) -> None:
    """Count what cells name one by one: only where the longest text times all cells would be too much."""
    used = 0
    for entry in archive.infolist():
        uses = UseScan()
        for piece in _pieces(archive, entry):
            used += texts.used(uses.feed(piece))
            if used > limits.text_bytes:
                raise refused("unpacks_too_large")


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part's bytes; a markup declaration is found even across two pieces."""
    tail = b""
    with archive.open(entry) as part:
        while piece := part.read(_PIECE):
            if _DTD.search(tail + piece):
                raise refused("unsafe")
            tail = piece[-16:]
            yield piece
