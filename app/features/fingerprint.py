"""The fingerprint of a row's inputs: whatever an assessment rests on, in 32 hexadecimal digits."""

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
import polars.selectors as cs

_SEPARATOR: Final = "\x1f"
_NOTHING: Final = "\x00"
DIGEST_BYTES: Final = 16


def row_hashes(frame: pl.DataFrame) -> list[str]:
    """This function will hash every row of a frame: numbers as the bits of float64, the rest as text.

    Missing and not-a-number are the same; the order of columns counts, their names do not.
    """
    numbers = _matrix(frame.select(cs.numeric() | cs.boolean()))
    rest = frame.select(~(cs.numeric() | cs.boolean()))
    texts = _texts(rest) if rest.width else [""] * frame.height
    return [digest(row.tobytes(), text.encode()) for row, text in zip(numbers, texts, strict=True)]


def digest(*parts: bytes) -> str:
    """This function will hash bytes with BLAKE2b to 32 hexadecimal digits."""
    return hashlib.blake2b(b"".join(parts), digest_size=DIGEST_BYTES).hexdigest()


def _matrix(frame: pl.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    plain = frame.select(pl.all().cast(pl.Float64).fill_null(float("nan")))
    matrix = np.array(plain.to_numpy(), dtype="<f8", order="C").reshape(frame.height, frame.width)
    matrix[matrix == 0.0] = 0.0  # -0.0 is the same number with other bits
    matrix[np.isnan(matrix)] = np.nan
    return matrix


def _texts(frame: pl.DataFrame) -> Sequence[str]:
    columns = (pl.col(name).cast(pl.String).fill_null(_NOTHING) for name in frame.columns)
    return frame.select(pl.concat_str(list(columns), separator=_SEPARATOR)).to_series().to_list()
