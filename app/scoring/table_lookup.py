"""Compare, look up, add: the arithmetic of explanation tables, the same bits for one row or a million.

A tree of depth 3 has seven slots for tests, numbered from the root level by level. Every test is asked
so that a missing value answers no: "is it at most the threshold?" where missing values go right, "is it
above?" where they go left. The seven answers are a pattern, the pattern finds an integer per feature, and
sums of integers do not depend on their order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float64]
FloatVector = NDArray[np.float64]
IntArray = NDArray[np.int64]
IntMatrix = NDArray[np.int64]
IntVector = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SLOTS: Final = 7
PATTERNS: Final = 1 << SLOTS
PATHS: Final = 4
PATH_SLOTS: Final = np.array([[0, 1, 3], [0, 1, 4], [0, 2, 5], [0, 2, 6]])
OUTCOMES: Final = 8  # of the three tests on a path

# LightGBM holds a number this close to zero for zero; its constant is a 32-bit float.
NEARLY_ZERO: Final = float(np.float32(1e-35))

CHUNK_ROWS: Final = 8192  # columns, sums and buffers of a chunk stay in the second-level cache
FEW_ROWS: Final = 512  # up to here calls over all trees are cheaper than calls per tree
BLOCK_ROWS: Final = 64  # of a few: bounds what a call over all trees holds at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Splits:
    """The tests of all trees, one row of seven slots per tree; a feature of -1 marks an unused slot.

    A row goes left where its value is at most the threshold; a missing value goes left where
    `missing_left` says so. Missing is NaN, and also zero where `zero_is_missing`.
    """

    feature: NDArray[np.int32]
    threshold: FloatMatrix
    missing_left: BoolArray
    zero_is_missing: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tree:
    """One tree as the bulk loop wants it: questions from slot 6 down to 0, tables, and who gets them."""

    questions: tuple[tuple[Callable[..., Any], int, float], ...]
    tables: IntMatrix
    features: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lookup:
    """The tables laid out for speed, in two ways: per tree for many rows, over all trees for a few."""

    width: int
    asks_zero: bool
    trees: tuple[_Tree, ...]
    column: IntVector
    bound: FloatVector
    tables: IntVector
    entry_tree: IntVector
    entry_start: IntVector
    feature_start: IntVector
    features: IntVector

    def sums(self, rows: FloatMatrix) -> IntMatrix:
        """Add up every tree's contributions: (n, F) float64 rows to (n, F) fixed-point integers.

        NaN marks a missing value. The result is the same for a row alone and among others.
        """
        return self._few(rows) if len(rows) <= FEW_ROWS else self._many(rows)

    def _few(self, rows: FloatMatrix) -> IntMatrix:
        sums = np.zeros((len(rows), self.width), np.int64)
        if self.features.size:
            for start in range(0, len(rows), BLOCK_ROWS):
                part = slice(start, start + BLOCK_ROWS)
                sums[part, self.features] = self._block_sums(rows[part])
        return sums

    def _block_sums(self, rows: FloatMatrix) -> IntMatrix:
        """Add up by feature that any tree uses: (n, F) rows to (n, features used)."""
        yes = self._signed(rows).take(self.column, axis=1) <= self.bound
        codes = np.packbits(yes, axis=1, bitorder="little")
        values = self.tables.take(codes.take(self.entry_tree, axis=1) + self.entry_start)
        return np.add.reduceat(values, self.feature_start, axis=1)

    def _signed(self, rows: FloatMatrix) -> FloatMatrix:
        """Put the columns and their negatives side by side: "above" is then "at most" of the negative."""
        wide = np.concatenate((rows, without_zeros(rows)), axis=1) if self.asks_zero else rows
        return np.concatenate((wide, -wide), axis=1)

    def _many(self, rows: FloatMatrix) -> IntMatrix:
        sums = np.zeros((self.width, len(rows)), np.int64)
        for start in range(0, len(rows), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            self._add_chunk(rows[part], sums[:, part])
        return sums.T

    def _add_chunk(self, rows: FloatMatrix, sums: IntMatrix) -> None:
        columns = list(np.ascontiguousarray(rows.T))
        if self.asks_zero:
            columns += [without_zeros(column) for column in columns]
        buffers = _Buffers.for_rows(len(rows))
        totals = list(sums)
        for tree in self.trees:
            _add_tree(tree, columns, totals, buffers)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Buffers:
    """Room for one chunk's work, so that the loop over trees allocates nothing."""

    answer: BoolArray
    code: NDArray[np.uint8]
    index: NDArray[np.intp]
    values: IntMatrix

    @classmethod
    def for_rows(cls, n: int) -> "_Buffers":
        return cls(
            answer=np.empty(n, np.bool_),
            code=np.empty(n, np.uint8),
            index=np.empty(n, np.intp),
            values=np.empty((SLOTS, n), np.int64),
        )


def _add_tree(tree: _Tree, columns: list[FloatVector], totals: list[IntVector], room: _Buffers) -> None:
    answer, code, bit = room.answer, room.code, room.answer.view(np.uint8)
    code.fill(0)
    for ask, column, threshold in tree.questions:
        ask(columns[column], threshold, out=answer)
        np.add(code, code, out=code)
        np.add(code, bit, out=code)
    np.copyto(room.index, code)
    # "clip" only spares numpy a second buffer: a code is always inside its table.
    values = np.take(tree.tables, room.index, axis=1, out=room.values[: len(tree.features)], mode="clip")
    for feature, value in zip(tree.features, values, strict=True):
        np.add(totals[feature], value, out=totals[feature])


def without_zeros(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn zeros, and what LightGBM holds for zero, into missing values; same shape."""
    return np.where(np.abs(values) <= NEARLY_ZERO, np.nan, values)


def build_lookup(splits: Splits, paths: IntArray, width: int) -> Lookup:
    """Lay tables out for serving: `paths` is (T, 4, 8, 3) fixed-point integers, `width` the columns."""
    tables = pattern_tables(splits, paths)
    tree, slot = np.nonzero(tables.any(axis=2))
    owner = splits.feature[tree, slot].astype(np.int64)
    order = np.argsort(owner, kind="stable")
    features, feature_start = np.unique(owner[order], return_index=True)
    return Lookup(
        width=width,
        asks_zero=bool(splits.zero_is_missing.any()),
        trees=tuple(_tree(splits, tables, number, width) for number in range(len(tables))),
        column=_signed_columns(splits, width),
        bound=_signed_bounds(splits),
        tables=tables[tree, slot].ravel(),
        entry_tree=tree[order],
        entry_start=order * PATTERNS,
        feature_start=feature_start,
        features=features,
    )


def pattern_tables(splits: Splits, paths: IntArray) -> IntArray:
    """Add the four paths of every tree into one table per slot: (T, 4, 8, 3) to (T, 7, 128).

    Slots that test the same feature are merged into the first of them; the others hold zeros.
    """
    answers = (np.arange(PATTERNS)[:, None] >> np.arange(SLOTS)) & 1
    left = answers[None] ^ splits.missing_left[:, None, :]
    outcome = (left[:, :, PATH_SLOTS] * np.array([1, 2, 4])).sum(axis=3)
    tree = np.arange(len(paths))
    first = (splits.feature[:, :, None] == splits.feature[:, None, :]).argmax(axis=2)
    tables = np.zeros((len(paths), SLOTS, PATTERNS), np.int64)
    for path in range(PATHS):
        values = paths[tree[:, None], path, outcome[:, :, path]]
        for place, slot in enumerate(PATH_SLOTS[path]):
            tables[tree, first[:, slot]] += values[:, :, place]
    return tables


def _tree(splits: Splits, tables: IntArray, number: int, width: int) -> _Tree:
    slots = np.flatnonzero(tables[number].any(axis=1))
    zeros = splits.zero_is_missing[number] * width
    columns = (splits.feature[number] + zeros).tolist()
    asks = [np.greater if left else np.less_equal for left in splits.missing_left[number]]
    questions = list(zip(asks, columns, splits.threshold[number].tolist(), strict=True))
    return _Tree(
        questions=tuple(reversed(questions)),
        tables=tables[number][slots],
        features=tuple(splits.feature[number][slots].tolist()),
    )


def _signed_columns(splits: Splits, width: int) -> IntVector:
    """Find each test's column among the signed ones, eight slots per tree: a byte's worth of answers."""
    used = splits.feature >= 0
    block = width * (2 if splits.zero_is_missing.any() else 1)
    column = splits.feature.astype(np.int64) + splits.zero_is_missing * width + splits.missing_left * block
    return np.pad(np.where(used, column, 0), ((0, 0), (0, 1))).ravel()


def _signed_bounds(splits: Splits) -> FloatVector:
    above = np.nextafter(-splits.threshold, -np.inf)
    bound = np.where(splits.missing_left, above, splits.threshold)
    return np.pad(bound, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
