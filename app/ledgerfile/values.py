"""Reads the text of cells as what their columns hold, a column at a time.

Rules where files are ambiguous:
- a rate is per cent a year (`4.35` or `4.35%`); below 1 it needs its sign, since 0.0435 may be a fraction;
- five digits in a date column are a spreadsheet's day number (1900 system); a day whose order of year,
  month and day is not certain (3/9/2026, 26.3.9) is refused;
- more than two decimals of a yuan are rounded, half a fen up;
- `-`, `/`, `—`, `无` and the like are blank, except in free text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from app.domain.ledger import Column, Kind
from app.domain.money import MAX_FEN
from app.ledgerfile.persons import read_person

LONGEST_CODE: Final = 100  # as the store keeps them
_CONTROL: Final = r"[\x00-\x08\x0b-\x1f\x7f]"
_BLANK: Final = ("", "-", "--", "—", "——", "/", "null", "NULL", "#N/A", "N/A", "无")
_KEEPS_BLANK_WORDS: Final = frozenset({Kind.TEXT, Kind.FLAG, Kind.CHOICE})
_SCIENTIFIC: Final = r"^[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+$"
_YES: Final = ("是", "有", "√", "✓", "✔", "1", "y", "yes", "true")
_NO: Final = ("否", "无", "×", "✗", "✘", "x", "0", "n", "no", "false")
_FLAGS: Final[Mapping[str, bool]] = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
_DAY_ZERO: Final = pl.date(1899, 12, 30)  # day 0 of the 1900 system for every day after February 1900
Problem = tuple[pl.Expr, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a column is read: the value (null where it cannot be) and what may be wrong, first match wins."""

    value: pl.Expr
    problems: tuple[Problem, ...] = ()
    otherwise: str


def read_column(texts: pl.Series, column: Column, *, in_ten_thousands: bool = False) -> pl.DataFrame:
    """This function will read a column of text into `value` and `problem` (null where nothing is wrong).

    Equal texts are read once: dates, words and amounts of a ledger repeat.
    """
    distinct = texts.unique()
    if distinct.len() * 2 > texts.len():
        return _read(texts, column, in_ten_thousands=in_ten_thousands).select("value", "problem")
    read = _read(distinct, column, in_ten_thousands=in_ten_thousands)
    rows = texts.alias("raw").to_frame()
    return rows.join(read, on="raw", how="left", nulls_equal=True, maintain_order="left").drop("raw")


def _read(texts: pl.Series, column: Column, *, in_ten_thousands: bool) -> pl.DataFrame:
    text = pl.col("text")
    reading = _READERS[column.kind](column, text)
    rows = texts.alias("raw").to_frame().lazy().with_columns(_plain(column).alias("text"))
    if in_ten_thousands:
        rows = rows.with_columns(pl.when(text.str.contains("[元万]")).then(text).otherwise(text + "万"))
    found = rows.select(
        "raw", reading.value.cast(column.dtype).alias("value"), _problem(column, reading).alias("problem")
    )
    return found.with_columns(pl.when(pl.col("problem").is_null()).then(pl.col("value"))).collect()


def _plain(column: Column) -> pl.Expr:
    """Clean a cell: no control characters, no space around, full-width folded except in free text."""
    clean = pl.col("raw").str.replace_all(_CONTROL, "")
    if column.kind is Kind.TEXT:
        text = clean.str.strip_chars()
    else:
        text = clean.str.normalize("NFKC").str.strip_chars().str.strip_prefix("'")
    blank = _BLANK[:1] if column.kind in _KEEPS_BLANK_WORDS else _BLANK
    return pl.when(~text.is_in(blank)).then(text)


def _problem(column: Column, reading: Reading) -> pl.Expr:
    text = pl.col("text")
    blank = f"缺少{column.zh}" if column.required else None
    found = pl.when(text.is_null()).then(pl.lit(blank, pl.String())).when(pl.lit(value=False)).then(None)
    for wrong, what in reading.problems:
        found = found.when(wrong.fill_null(value=False)).then(pl.lit(f"{column.zh}{what}"))
    return found.when(reading.value.is_null()).then(pl.lit(f"{column.zh}{reading.otherwise}"))


def _text(_: Column, text: pl.Expr) -> Reading:
    return Reading(value=text, otherwise="无法识别")


def _code(column: Column, text: pl.Expr) -> Reading:
    code = text.str.replace(r"^([0-9]+)\.0+$", "$1")
    problems: list[Problem] = [
        (text.str.contains(_SCIENTIFIC), "被表格软件改成了数字，末几位已丢失，请按文本格式重填"),
        (text.str.contains(r"\|"), "含有不允许的字符“|”"),
        (text.str.len_chars() > LONGEST_CODE, f"超过{LONGEST_CODE}个字符"),
    ]
    if column.digits is not None:
        wrong = ~code.str.contains(rf"^[0-9]{{{column.digits}}}$")
        problems.append((wrong, f"应为{column.digits}位数字"))
    return Reading(value=code, problems=tuple(problems), otherwise="无法识别")


def _person(_: Column, text: pl.Expr) -> Reading:
    value, problems = read_person(text)
    return Reading(value=value, problems=problems, otherwise="无法识别")


def _money(_: Column, text: pl.Expr) -> Reading:
    plain = text.str.replace_all(r"[\s,¥￥元整]|人民币|RMB|CNY", "")
    amount = plain.str.strip_prefix("-")
    digits = amount.str.strip_suffix("万")
    fen = pl.when(amount.str.ends_with("万")).then(_shifted(digits, 6)).otherwise(_shifted(digits, 2))
    signed = pl.when(plain.str.starts_with("-")).then(-fen).otherwise(fen)
    valid = pl.when(digits.str.contains(_DECIMAL)).then(signed)
    too_large = digits.str.contains(_DECIMAL) & (fen.is_null() | (fen > MAX_FEN))
    return Reading(
        value=valid, problems=((too_large, "过大"),), otherwise="不是金额，请写成数字，如 50000.00"
    )


_DECIMAL: Final = r"^[0-9]+(?:\.[0-9]+)?$"


def _shifted(digits: pl.Expr, places: int) -> pl.Expr:
    """Multiply a decimal text by ten to the `places` exactly, half rounded up; null where too large."""
    whole = digits.str.extract(r"^([0-9]+)")
    fraction = digits.str.extract(r"\.([0-9]+)$").fill_null("").str.pad_end(places + 1, "0")
    kept = (whole + fraction.str.slice(0, places)).cast(pl.Int64, strict=False)
    return kept + (fraction.str.slice(places, 1) >= "5").cast(pl.Int64)


def _rate(_: Column, text: pl.Expr) -> Reading:
    plain = text.str.replace_all(r"\s", "")
    digits = plain.str.strip_suffix("%")
    ppm = pl.when(digits.str.contains(_DECIMAL)).then(_shifted(digits, 4))
    unsigned_below_one = ~plain.str.ends_with("%") & (ppm > 0) & (ppm < 10_000)
    problems: tuple[Problem, ...] = (
        (unsigned_below_one, "小于1，请写明百分号，如 4.35%"),
        (ppm > 1_000_000, "超过100%"),
    )
    return Reading(value=ppm, problems=problems, otherwise="不是利率，请写成如 4.35%")


def _integer(_: Column, text: pl.Expr) -> Reading:
    plain = (
        text.str.replace_all(r"[\s,]", "").str.replace(r"(?:个月|月|张|分)$", "").str.replace(r"\.0+$", "")
    )
    value = pl.when(plain.str.contains(r"^-?[0-9]{1,15}$")).then(plain.cast(pl.Int64, strict=False))
    return Reading(value=value, problems=((value < 0, "不能为负数"),), otherwise="不是整数")


def _decimal(_: Column, text: pl.Expr) -> Reading:
    plain = text.str.replace_all(r"[\s,]", "").str.strip_suffix("亩")
    value = pl.when(plain.str.contains(r"^-?[0-9]{1,15}(?:\.[0-9]+)?$")).then(
        plain.cast(pl.Float64, strict=False)
    )
    return Reading(value=value, problems=((value < 0, "不能为负数"),), otherwise="不是数字")


def _flag(_: Column, text: pl.Expr) -> Reading:
    value = (
        text.str.to_lowercase()
        .str.replace(r"\.0+$", "")
        .replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
    )
    return Reading(value=value, otherwise="请填“是”或“否”")


def _choice(column: Column, text: pl.Expr) -> Reading:
    words = column.choices
    if words is None:
        raise AssertionError(column.name)
    codes = {"".join(spelling.lower().split()): code for spelling, code in words.spellings().items()}
    value = text.str.to_lowercase().str.replace_all(r"\s", "").replace_strict(codes, default=None)
    allowed = "、".join(word.zh for word in words)
    return Reading(value=value, otherwise=f"不在可选范围内（{allowed}）")


_UNCERTAIN: Final = r"^[0-9]{1,2}-[0-9]{1,2}-(?:[0-9]{1,2}|[0-9]{4})$"
_DAY: Final = r"^(?:19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}$"


def _date(_: Column, text: pl.Expr) -> Reading:
    return _dated(_dashed(text))


def _month(_: Column, text: pl.Expr) -> Reading:
    dashed = (
        _dashed(text)
        .str.replace(r"^([0-9]{4})([0-9]{2})$", "$1-$2")
        .str.replace(r"^([0-9]{4}-[0-9]{1,2})$", "$1-1")
    )
    found = _dated(dashed)
    return Reading(
        value=found.value.dt.month_start(), problems=found.problems, otherwise="不是月份，请写成 2026-03"
    )


def _dashed(text: pl.Expr) -> pl.Expr:
    """Bring the ways to write a day into 2026-3-9; the time of day is dropped."""
    day = text.str.replace(r"[ T]+[0-9]{1,2}:[0-9]{2}.*$", "").str.replace_all(r"\s", "")
    dashed = day.str.replace(r"^([0-9]{4})([0-9]{2})([0-9]{2})$", "$1-$2-$3").str.replace_all(
        r"[/.年月]", "-"
    )
    return dashed.str.strip_suffix("日").str.strip_suffix("-")


def _dated(dashed: pl.Expr) -> Reading:
    serial = pl.when(dashed.str.contains(r"^[1-9][0-9]{4}$")).then(
        _DAY_ZERO + pl.duration(days=dashed.cast(pl.Int64, strict=False))
    )
    written = pl.when(dashed.str.contains(_DAY)).then(dashed.str.to_date("%Y-%m-%d", strict=False))
    problems: tuple[Problem, ...] = (
        (dashed.str.contains(_UNCERTAIN), "年月日次序不明，请写成 2026-03-09"),
        (dashed.str.contains(_DAY) & written.is_null(), "这一天不存在"),
    )
    return Reading(
        value=pl.coalesce(written, serial), problems=problems, otherwise="不是日期，请写成 2026-03-09"
    )


_READERS: Final[Mapping[Kind, Callable[[Column, pl.Expr], Reading]]] = {
    Kind.TEXT: _text,
    Kind.CODE: _code,
    Kind.PERSON: _person,
    Kind.MONEY: _money,
    Kind.RATE: _rate,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.DATE: _date,
    Kind.MONTH: _month,
}
