"""Explanation tables: exact SHAP values of depth-3 trees, tabulated once and served without LightGBM.

The path-dependent SHAP values of a tree (Lundberg et al. 2020, doi 10.1038/s42256-019-0138-9) depend only
on how its tests come out; with depth 3 there are at most seven tests. Tabulating by such patterns is the
idea of FastTreeSHAP v2 (arXiv 2109.09847) and Woodelf (arXiv 2511.09376). Contributions are integers in
units of 2**-fraction_bits, and the margin is *defined* as their sum with the base: additivity is exact.
"""

import io
import struct
import tokenize
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import ArtefactError
from app.scoring.table_lookup import (
    OUTCOMES,
    PATHS,
    SLOTS,
    BoolArray,
    FloatMatrix,
    IntArray,
    IntMatrix,
    IntVector,
    Lookup,
    Splits,
    build_lookup,
)

FRACTION_BITS: Final = 44
_LARGEST_SUM: Final = 2.0**62  # half the range of int64: no sum of these tables can overflow
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_ARRAYS: Final = {  # data type and dimensions
    "feature": ("<i4", 2),
    "threshold": ("<f8", 2),
    "missing_left": ("|b1", 2),
    "zero_is_missing": ("|b1", 2),
    "paths": ("<i8", 4),
    "base": ("<i8", 1),
}
_MEMBERS: Final = {"features": ("<U", 1), **_ARRAYS, "fraction_bits": ("<i8", 0)}
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    ValueError,
    EOFError,
    RuntimeError,  # zipfile, of encryption and of methods it does not know
    OSError,
    MemoryError,  # a header that promises more than there can be
    OverflowError,
    TypeError,
    SyntaxError,  # array headers are literals, read by a tokenizer
    tokenize.TokenError,
    struct.error,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExplanationTables:
    """Everything that serving needs to explain a row: T trees over F columns, at most seven tests each.

    `features` are the columns in order. `feature` (-1 where a slot is unused), `threshold`,
    `missing_left` and `zero_is_missing` are (T, 7), slots numbered level by level from the root.
    `paths` is (T, 4, 8, 3): for each of the four paths of three tests, and each outcome (bit i set when
    the row goes left at test i), what every test's feature gets. `base` is (T,), the expected values.
    Checked on creation; an inconsistent one is an ArtefactError.
    """

    features: tuple[str, ...]
    feature: NDArray[np.int32]
    threshold: FloatMatrix
    missing_left: BoolArray
    zero_is_missing: BoolArray
    paths: IntArray
    base: IntVector
    fraction_bits: int = FRACTION_BITS
    _lookup: Lookup = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check(self)
        for name in _ARRAYS:
            object.__setattr__(self, name, _read_only(getattr(self, name)))
        splits = Splits(
            feature=self.feature,
            threshold=self.threshold,
            missing_left=self.missing_left,
            zero_is_missing=self.zero_is_missing,
        )
        object.__setattr__(self, "_lookup", build_lookup(splits, self.paths, len(self.features)))

    @property
    def base_fixed(self) -> int:
        """Sum the trees' expected values: the margin of a row about which nothing is known, fixed point."""
        return int(self.base.sum())

    def contributions(self, rows: FloatMatrix) -> tuple[IntMatrix, IntVector]:
        """Explain rows exactly: (n, F) float64, NaN where missing, to ((n, F), (n,)) fixed-point integers.

        The first holds every feature's SHAP value, the second the margin, which is their sum and the
        base. `to_log_odds` turns both into log-odds. The bits do not depend on how rows are batched.
        """
        if rows.ndim != 2 or rows.shape[1] != len(self.features) or rows.dtype != np.float64:
            raise _misfit(rows, len(self.features))
        sums = self._lookup.sums(rows)
        return sums, sums.sum(axis=1) + self.base_fixed

    def to_log_odds(self, fixed: NDArray[np.int64]) -> NDArray[np.float64]:
        """Turn fixed-point integers of any shape into log-odds; exact below 2**53."""
        return fixed.astype(np.float64) * 2.0**-self.fraction_bits

    def to_bytes(self) -> bytes:
        """Write the tables as an uncompressed .npz whose bytes depend on nothing but the tables."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for name in _MEMBERS:
                archive.writestr(_member(name), _array_bytes(np.array(getattr(self, name))))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ExplanationTables":
        """Read what `to_bytes` wrote, without pickles; anything else is an ArtefactError.

        Whoever calls checks hash and signature of these same bytes first.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                parts = _read_members(archive)
        except _UNREADABLE as error:
            raise _broken("它不是完整的 .npz 文件", "it is not a whole .npz file") from error
        return cls(**parts)

    def save(self, path: Path) -> None:
        """Write the tables to a file; see `to_bytes`."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> "ExplanationTables":
        """Read the tables from a file; a missing or altered one is an ArtefactError."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise _broken("文件无法打开", "the file cannot be opened") from error
        return cls.from_bytes(data)


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{name}.npy", _ZIP_DATE)
    info.create_system = 3  # the same byte on every platform
    return info


def _array_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
    return buffer.getvalue()


def _read_members(archive: zipfile.ZipFile) -> dict[str, Any]:
    members = archive.infolist()
    if [member.filename for member in members] != [f"{name}.npy" for name in _MEMBERS]:
        raise ValueError("unexpected members")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("compressed members")  # nothing here may unpack to more than it is
    parts: dict[str, Any] = {name: _read_array(archive, name) for name in _MEMBERS}
    names, bits = tuple(parts["features"].tolist()), int(parts["fraction_bits"])
    return parts | {"features": names, "fraction_bits": bits}


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    data = archive.read(f"{name}.npy")
    array = np.load(io.BytesIO(data), allow_pickle=False)
    dtype, dimensions = _MEMBERS[name]
    if not isinstance(array, np.ndarray) or array.ndim != dimensions or not array.dtype.str.startswith(dtype):
        raise ValueError("unexpected layout")
    if _array_bytes(array) != data:
        raise ValueError("written another way")  # a header whose length is altered shifts what follows it
    return array


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


def _check(tables: ExplanationTables) -> None:
    """Refuse tables whose parts do not fit together, before anything is computed from them."""
    trees, width = len(tables.paths), len(tables.features)
    for name in ("feature", "threshold", "missing_left", "zero_is_missing"):
        _expect(name, getattr(tables, name), (trees, SLOTS))
    _expect("paths", tables.paths, (trees, PATHS, OUTCOMES, 3))
    _expect("base", tables.base, (trees,))
    used = tables.feature >= 0
    if trees == 0 or len(set(tables.features)) != width or not all(_is_name(f) for f in tables.features):
        raise _broken("特征名称不成立或没有树", "the feature names do not hold, or there is no tree")
    if (tables.feature < -1).any() or (tables.feature >= width).any():
        raise _broken("某个判断指向不存在的特征", "a test names a feature that does not exist")
    if not np.isfinite(tables.threshold[used]).all() or not np.isnan(tables.threshold[~used]).all():
        raise _broken("某个判断的阈值不成立", "a test has no proper threshold")
    if not 0 <= tables.fraction_bits <= 62 or _largest_sum(tables) >= _LARGEST_SUM:
        raise _broken("数值超出定点范围", "the numbers exceed the fixed-point range")


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name != ""


def _expect(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype.str != _ARRAYS[name][0]:
        found = f"{array.dtype} {array.shape}"
        raise _broken(f"{name} 应为 {shape}，实为 {found}", f"{name} should have shape {shape}, has {found}")


def _largest_sum(tables: ExplanationTables) -> float:
    """Bound any sum of contributions and base, in float64 so that the bound itself cannot overflow."""
    contributions = np.abs(tables.paths.astype(np.float64)).sum(axis=3).max(axis=2).sum()
    return float(contributions + np.abs(tables.base.astype(np.float64)).sum())


def _broken(zh: str, en: str) -> ArtefactError:
    return ArtefactError(zh=f"解释表不可用：{zh}。", en=f"The explanation tables cannot be used: {en}.")


def _misfit(rows: NDArray[Any], width: int) -> ArtefactError:
    found = f"{rows.dtype} {rows.shape}"
    return ArtefactError(
        zh=f"解释表需要 {width} 列 float64 的二维数组，收到 {found}。",
        en=f"The explanation tables want a matrix of {width} columns of float64, they were given {found}.",
    )
