"""What may not enter the database, checked before it is sent: both databases then refuse alike."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import InvalidValueError

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_FIRST: Final = date(1, 1, 1)
_LAST: Final = date(9999, 12, 31)


def is_storable(text: str) -> bool:
    """This function will tell whether a text has neither NUL nor half a surrogate pair.

    >>> is_storable("信灯"), is_storable("a" + chr(0)), is_storable(chr(0xD800))
    (True, False, False)
    """
    return _UNSTORABLE.search(text) is None


def storable(values: Iterable[str]) -> list[str]:
    """This function will keep the texts that can stand in the database at all."""
    return [value for value in values if is_storable(value)]


def require_storable(**values: str | None) -> None:
    """This function will raise InvalidValueError where a text cannot be stored; names only the field."""
    for name, value in values.items():
        if value is not None and not is_storable(value):
            raise _invalid(name, zh="含有不可存储的字符", en="holds a character that cannot be stored")


def check_frame(frame: pl.DataFrame, *, codes: Sequence[str] = (), longest: int = 0) -> None:
    """This function will raise InvalidValueError for NUL, over-long codes, NaN and impossible dates."""
    texts = frame.select(pl.col(pl.String).str.contains("\0", literal=True).any())
    _refuse(texts, zh="含有空字符(NUL)", en="holds a NUL character")
    long = frame.select((pl.col(codes).str.len_chars() > longest).any())
    _refuse(long, zh=f"超过{longest}个字符", en=f"is longer than {longest} characters")
    numbers = frame.select(pl.col(pl.Float64).is_finite().not_().any())
    _refuse(numbers, zh="不是有限的数", en="is not a finite number")
    days = frame.select(pl.col(pl.Date).is_between(_FIRST, _LAST).not_().any())
    _refuse(days, zh="超出日期范围", en="is a date out of range")


def _refuse(found: pl.DataFrame, *, zh: str, en: str) -> None:
    for column in found.iter_columns():
        if column.item():
            raise _invalid(column.name, zh=zh, en=en)


def _invalid(column: str, *, zh: str, en: str) -> InvalidValueError:
    return InvalidValueError(zh=f"“{column}”{zh}。", en=f"A value of {column} {en}.", column=column)
