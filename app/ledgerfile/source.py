"""A file given as a path or as bytes, opened the same way."""

import io
from pathlib import Path
from typing import BinaryIO

Source = Path | bytes


def opened(source: Source) -> BinaryIO:
    """This function will open the source for reading from its start."""
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def size(source: Source) -> int:
    """This function will tell the length in bytes."""
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def head(source: Source, count: int) -> bytes:
    """This function will read the first bytes."""
    with opened(source) as stream:
        return stream.read(count)
