"""What a column of any table holds, and its cells as numbers and codes: the same in training and serving."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.errors import ArtefactError

MISSING: Final = (
    "",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "nil",
    "?",
    "-",
    "--",
    ".",
    "无",
    "空",
    "缺失",
    "未知",
)
WORDED: Final = (pl.String, pl.Categorical, pl.Enum, pl.Null)
_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y")
_SOLID: Final = ("%Y%m%d",)  # read as a date only where a date is asked for, as are months
_MONTHS: Final = (("-01", "%Y-%m-%d"), ("/01", "%Y/%m/%d"), ("1日", "%Y年%m月%d日"))
_TIMES: Final = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
)
_ZONE: Final = r"(?:Z|[+-]\d\d:?\d\d)$"  # the day that the clock there showed
_GROUPED: Final = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?%?$"
_PERCENT: Final = r"^[+-]?[\d,]*\.?\d+%$"


class Kind(StrEnum):
    """What the cells of a column are learnt as."""

    NUMBER = "number"
    DATE = "date"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that is learnt from. `words` means: only cells that are no numbers, of a mixed column.

    `before` names the column of the day of knowledge: a date is learnt as days before it.
    """

    source: str
    kind: Kind
    words: bool = False
    before: str | None = None

    @property
    def name(self) -> str:
        """Name the column apart from the numbers beside its words."""
        return f"{self.source} (text)" if self.words else self.source


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """A table's cells: numbers (n, N) with NaN where missing, codes (n, C) of levels, -1 where missing."""

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, numbers: NDArray[np.int64]) -> "Cells":
        """Take some of the rows."""
        return Cells(numbers=self.numbers[numbers], codes=self.codes[numbers])


def cells(
    frame: pl.DataFrame, columns: Sequence[Column], levels: Sequence[Sequence[str]] | None = None
) -> Cells:
    """Read a table's cells: dates and numbers in one matrix, categories as places in their levels.

    Raises ArtefactError for a column that is not there.
    """
    for column in columns:
        if not {column.source, column.before} - {None} <= set(frame.columns):
            raise ArtefactError(
                zh=f"表中缺少列 {column.source}。请提供训练时所用的全部列。",
                en=f"The table lacks the column {column.source}. Give all columns that were learnt from.",
            )
    plain = [_numeric(frame, c) for c in columns if c.kind is not Kind.CATEGORY]
    named = [c for c in columns if c.kind is Kind.CATEGORY]
    coded = [_codes(words_of(frame, c), known) for c, known in zip(named, levels or (), strict=True)]
    nothing, none = np.zeros(frame.height), np.zeros(frame.height, np.int32)
    return Cells(
        numbers=np.stack([nothing, *plain], axis=1)[:, 1:], codes=np.stack([*coded, none], axis=1)[:, :-1]
    )


def _numeric(frame: pl.DataFrame, column: Column) -> NDArray[np.float64]:
    if column.kind is Kind.NUMBER:
        found = numbers(frame[column.source])
    else:
        found = days(frame[column.source])
        found = found if column.before is None else days(frame[column.before]) - found
    filled = found.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.where(np.isinf(filled), np.nan, filled)


def _codes(words: pl.Series, levels: Sequence[str]) -> NDArray[np.int32]:
    """Find each word's place among the levels; -1 for missing and for words not among them."""
    places = pl.DataFrame({"word": pl.Series(levels, dtype=pl.String), "place": range(len(levels))})
    found = words.to_frame("word").join(places, on="word", how="left", maintain_order="left")["place"]
    return found.fill_null(-1).cast(pl.Int32).to_numpy()


def words_of(frame: pl.DataFrame, column: Column) -> pl.Series:
    """Give a category's words, without the numbers of a mixed column."""
    words = texts(frame[column.source])
    return words.set(numbers(words).is_not_null(), None) if column.words else words


def texts(series: pl.Series) -> pl.Series:
    """Read a column as trimmed text; the usual words for "missing" become null."""
    words = series.cast(pl.String).str.strip_chars()
    return words.set(words.str.to_lowercase().is_in(MISSING), None)


def numbers(series: pl.Series) -> pl.Series:
    """Read a column as numbers, also 12,345.60 and 3.5% (as 0.035); whatever is none becomes null."""
    if series.dtype.base_type() not in WORDED:
        return series.cast(pl.Float64, strict=False).fill_nan(None)
    words = texts(series)
    plain = words.cast(pl.Float64, strict=False).fill_nan(None)
    return _written_numbers(words, plain) if words.str.contains("[,%]").any() else plain


def _written_numbers(words: pl.Series, plain: pl.Series) -> pl.Series:
    """Read also numbers whose thousands are set apart, and per cents."""
    bare = words.str.replace_all("[,%]", "").cast(pl.Float64, strict=False)
    percent, grouped = words.str.contains(_PERCENT), words.str.contains(_GROUPED)
    told = pl.DataFrame({"plain": plain, "bare": bare, "percent": percent, "grouped": grouped})
    as_written = pl.when("percent").then(pl.col("bare") / 100).when("grouped").then("bare")
    return told.select(as_written.otherwise("plain").alias("number")).to_series()


def days(series: pl.Series, *, solid: bool = False) -> pl.Series:
    """Read a column as days since 1970; whatever is no date becomes null.

    `solid` also reads 20240131, and months as their first day.
    """
    if series.dtype.is_temporal():
        return series.cast(pl.Date).cast(pl.Int32)
    words = texts(series)
    read = [words.str.to_date(form, strict=False) for form in (*_DATES, *(_SOLID if solid else ()))]
    read += [_in_months(words, *ending) for ending in (_MONTHS if solid else ())]
    read += [_at_times(words.str.replace(_ZONE, ""), form) for form in _TIMES]
    return pl.select(pl.coalesce(read)).to_series().cast(pl.Int32)


def _in_months(words: pl.Series, ending: str, form: str) -> pl.Series:
    return (words + ending).str.to_date(form, strict=False)


def _at_times(words: pl.Series, form: str) -> pl.Series:
    return words.str.to_datetime(form, strict=False).cast(pl.Date)
