"""Opens a table's file: CSV in the encodings and with the separators that offices use, or Parquet."""

import gzip
import zlib
from collections import Counter
from pathlib import Path
from typing import Final, NoReturn

import polars as pl

from app.domain.errors import TrainingError

_PARQUET: Final = b"PAR1"
_GZIP: Final = b"\x1f\x8b"
_WORKBOOK: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS: Final = (",", ";", "\t", "|")
_HEAD: Final = 1 << 20  # bytes in which the header must end
_CHINESE: Final = "gb18030"
_DAMAGED: Final = (
    "有的行比表头多列、引号没有闭合，或文件已损坏",
    "a line has more cells than the header, a quote is not closed, or the file is damaged",
)
_DECIMAL_COMMA: Final = r"^[+-]?\d*,\d+$"
_WHOLE: Final = r"^[+-]?\d*$"


def read_file(path: Path) -> pl.DataFrame:
    """Read CSV (also .gz; UTF-8, UTF-16 or GB 18030; comma, semicolon, tab or |) or Parquet, by content.

    Every cell of a CSV is text. Raises TrainingError, in both languages, that says what to do.
    """
    try:
        head = _head(path)
        found = pl.read_parquet(path) if head.startswith(_PARQUET) else _read_csv(path, head)
    except pl.exceptions.NoDataError as error:
        raise _unread(path, "文件是空的", "it is empty") from error
    except (pl.exceptions.PolarsError, OSError, EOFError, UnicodeError, zlib.error) as error:
        raise _unread(path, *_DAMAGED) from error
    return _named(found)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if start.startswith(_WORKBOOK):
        raise _unread(path, "这是工作簿，请另存为 CSV UTF-8", "it is a workbook: save its sheet as CSV UTF-8")
    if not start.startswith(_GZIP):
        return start
    with gzip.open(path) as packed:
        return packed.read(_HEAD)


def _read_csv(path: Path, head: bytes) -> pl.DataFrame:
    encoding = next((told for mark, told in _MARKS if head.startswith(mark)), None) or _encoding(path, head)
    if encoding != "utf-16" and b"\0" in head:
        _stop(path, "其中有二进制内容，不是文字表格", "it holds bytes that are no text")
    separator = _separator(head.decode(encoding, errors="ignore"))
    found = _parsed(path, encoding, separator)
    found.columns = [name.replace('""', '"') for name in found.columns]  # polars leaves them as written
    return found if separator == "," else _with_points(found)


def _encoding(path: Path, head: bytes) -> str:
    """Tell UTF-8 from GB 18030 by the head, whose last character may be cut."""
    try:
        head[: len(head) - 4 if len(head) == _HEAD else None].decode()
    except UnicodeDecodeError:
        _check_chinese(path, head)
        return _CHINESE
    return "utf8"


def _check_chinese(path: Path, head: bytes) -> None:
    try:
        head[: len(head) - 4 if len(head) == _HEAD else None].decode(_CHINESE)
    except UnicodeDecodeError:
        _stop(path, "既不是 UTF-8 也不是 GB 18030 文字", "it is text neither in UTF-8 nor in GB 18030")


def _separator(head: str) -> str:
    """Take what stands most often in the header, outside quotes; a comma where nothing does."""
    line = next((line for line in head.splitlines() if line.strip("\ufeff \t")), "")
    outside = Counter("".join(line.split('"')[::2]))
    return max(_SEPARATORS, key=lambda sign: outside[sign])


def _parsed(path: Path, encoding: str, separator: str) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False, separator=separator, encoding=encoding)
    except pl.exceptions.ComputeError as error:
        if encoding != "utf8" or "utf" not in str(error).lower():
            raise
        return pl.read_csv(path, infer_schema=False, separator=separator, encoding=_CHINESE)


def _with_points(found: pl.DataFrame) -> pl.DataFrame:
    """Write decimal commas as points, in columns that hold nothing but numbers."""
    return found.with_columns(
        found[name].str.replace(",", ".") for name in found.columns if _comma_decimal(found[name])
    )


def _comma_decimal(column: pl.Series) -> bool:
    words = column.drop_nulls().str.strip_chars()
    commas = words.str.contains(_DECIMAL_COMMA)
    return bool(commas.any() and (commas | words.str.contains(_WHOLE)).all())


def _named(found: pl.DataFrame) -> pl.DataFrame:
    """Take blanks around names away and name what has no name; polars has told twins apart."""
    names = [name.strip() or f"unnamed {j}" for j, name in enumerate(found.columns)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise TrainingError(
            zh=f"表头中列名重复：{twice[0]}。请改名。", en=f"The header names {twice[0]} twice. Rename one."
        )
    return found.rename(dict(zip(found.columns, names, strict=True)))


def _stop(path: Path, zh: str, en: str) -> NoReturn:
    raise _unread(path, zh, en)


def _unread(path: Path, zh: str, en: str) -> TrainingError:
    return TrainingError(
        zh=f"无法读取表格 {path.name}：{zh}。请给出带表头的 CSV、CSV.GZ 或 Parquet 文件。",
        en=f"The table {path.name} cannot be read: {en}. Give a CSV, CSV.GZ or Parquet file with a header "
        "and as many cells in every line.",
    )
