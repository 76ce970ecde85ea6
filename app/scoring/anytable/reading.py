"""Reads any table: what it holds, what is left out and why, and every trouble as a sentence that helps."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.errors import TrainingError
from app.features.catalogue.refused import refused_as
from app.scoring.anytable.columns import WORDED, Column, Kind, days, numbers, texts
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.tablefile import read_file

_GOOD: Final = ("0", "0.0", "false", "no", "n", "good", "否", "好", "正常")
_BAD: Final = ("1", "1.0", "true", "yes", "y", "bad", "是", "坏", "违约")
_FEW_WORDS: Final = 50  # a mixed column with no more different cells is a category
_NAMED: Final = 8  # columns named in a sentence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table that can be learnt from: its columns, bad (n,), ids, days of knowledge, what is left out."""

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    bad: NDArray[np.float64]
    ids: pl.Series
    when: NDArray[np.float64] | None
    left_out: tuple[tuple[str, str], ...]


def read_table(path: Path, spec: TableSpec) -> Table:
    """Read and check a table; raises TrainingError, in both languages, that says what to do."""
    return check_table(read_file(path), spec)


def check_table(frame: pl.DataFrame, spec: TableSpec) -> Table:
    """Find in a table the target, ids, days and columns that can be learnt from."""
    _check_names(frame, spec)
    bad = _target(frame[spec.target])
    known = bad.is_not_null()
    table, outcomes = frame.filter(known), bad.filter(known).to_numpy()
    _check_size(outcomes, spec)
    ids = table[spec.id] if spec.id else pl.Series("id", np.arange(frame.height)).filter(known)
    _check_ids(ids)
    when = _when(table, spec)
    left_out = tuple(_left_out(table, spec, frame.height - table.height))
    gone = {name for name, _ in left_out} | {spec.target, spec.date, spec.id}
    columns = tuple(c for name in table.columns if name not in gone for c in _described(table[name], spec))
    _check_columns(table, columns)
    return Table(frame=table, columns=columns, bad=outcomes, ids=ids, when=when, left_out=left_out)


def _check_ids(ids: pl.Series) -> None:
    empty = texts(ids).null_count()
    if empty:
        raise _trouble(
            f"编号列 {ids.name} 有 {empty} 个空值。请补齐，或不指定 --id。",
            f"The id column {ids.name} holds {empty} empty cells. Fill them, or leave --id out.",
        )
    if ids.n_unique() != len(ids):
        raise _trouble(
            f"编号列 {ids.name} 有重复值。请先去重（每行一笔），或不指定 --id。",
            f"The id column {ids.name} holds the same id twice. Keep one row per id, or leave --id out.",
        )


def _check_names(frame: pl.DataFrame, spec: TableSpec) -> None:
    told = [spec.target, spec.date, spec.id, *spec.refuse, *(name for name, _ in spec.monotone)]
    asked = [name for name in told if name is not None]
    unknown = [name for name in asked if name not in frame.columns]
    if unknown:
        raise _trouble(
            f"表中没有这些列：{_some(unknown)}。请核对表头（共读出 {frame.width} 列）。",
            f"The table has no columns {_some(unknown)}. Look at its header, in which {frame.width} names "
            "were found, and write them as they stand there.",
        )
    twice = [name for name in asked if f"{name}_duplicated_0" in frame.columns]  # polars' name for a twin
    if twice:
        raise _trouble(
            f"表头中列名重复：{_some(twice)}。请改名，使每列各有其名。",
            f"The header names {_some(twice)} twice. Rename one of them.",
        )
    if frame.width > spec.most_columns:
        raise _trouble(
            f"表有 {frame.width} 列，最多 {spec.most_columns} 列。请先挑选有含义的列。",
            f"The table has {frame.width} columns, at most {spec.most_columns} can be learnt from. Keep "
            "those that mean something, or learn from parts.",
        )


def _target(column: pl.Series) -> pl.Series:
    words = texts(column).str.to_lowercase()
    bad = words.replace_strict(
        [*_GOOD, *_BAD], [0.0] * len(_GOOD) + [1.0] * len(_BAD), default=None, return_dtype=pl.Float64
    )
    odd = int((words.is_not_null() & bad.is_null()).sum())
    if odd:
        raise _trouble(
            f"目标列 {column.name} 有 {odd} 行不是 0 或 1。请改为 0（好）和 1（坏）。",
            f"The target {column.name} holds {odd} cells that are neither 0 nor 1. "
            "Write 0 (good) and 1 (bad).",
        )
    return bad


def _check_size(bad: NDArray[np.float64], spec: TableSpec) -> None:
    rarer = int(min(bad.sum(), len(bad) - bad.sum()))
    if len(bad) == 0:
        raise _trouble(
            f"没有一行写明目标列 {spec.target}。请加入结果已知的记录。",
            f"No row tells the target {spec.target}. Add rows whose outcome is known.",
        )
    if rarer == 0:
        raise _trouble(
            f"目标列 {spec.target} 只有一种结果，无从学习。请加入另一种结果的记录。",
            f"The target {spec.target} has one class only; there is nothing to tell apart. "
            "Add rows of the other.",
        )
    if len(bad) < spec.least_rows or rarer < spec.least_class:
        raise _trouble(
            f"只有 {len(bad)} 行、较少一类 {rarer} 行，至少需要 {spec.least_rows} 行"
            f"和 {spec.least_class} 行。"
            "请补充历史数据，或沿用专家评级。",
            f"{len(bad)} rows with {rarer} of the rarer class are fewer than the {spec.least_rows} and "
            f"{spec.least_class} needed. Add history, or stay with an expert rating.",
        )


def _when(table: pl.DataFrame, spec: TableSpec) -> NDArray[np.float64] | None:
    if spec.date is None:
        return None
    when = days(table[spec.date], solid=True)
    unread = when.is_null().arg_true()
    if len(unread):
        raise _trouble(
            f"日期列 {spec.date} 有 {len(unread)} 行读不出日期，首个在数据第 {unread[0] + 1} 行。"
            "请写成 2024-01-31 这样的日期，或不指定 --date。",
            f"The date column {spec.date} has {len(unread)} cells that cannot be read as a date, the first "
            f"in data row {unread[0] + 1}. Write dates like 2024-01-31, or leave --date out.",
        )
    return when.cast(pl.Float64).to_numpy()


def _left_out(table: pl.DataFrame, spec: TableSpec, unknown: int) -> Iterator[tuple[str, str]]:
    asked = {spec.target, spec.date, spec.id}
    for name in table.columns:
        refused = None if spec.keep_refused else refused_as(name)
        if name in spec.refuse:
            yield name, "--refuse"
        elif refused is not None and name not in asked:
            yield name, refused.why
        elif name not in asked and _constant(table[name]):
            yield name, "只有一个值 one value only"
    if unknown:
        yield f"({unknown} rows)", "no target"


def _constant(column: pl.Series) -> bool:
    return not column.dtype.is_nested() and column.null_count() == 0 and column.n_unique() == 1


def _described(column: pl.Series, spec: TableSpec) -> tuple[Column, ...]:
    """Tell what a column is learnt as; a mixed one is learnt as numbers and as words."""
    kind, name = column.dtype, column.name
    if kind.is_numeric() or kind == pl.Boolean:
        return (Column(source=name, kind=Kind.NUMBER),)
    if kind.base_type() in {pl.Date, pl.Datetime}:
        return (Column(source=name, kind=Kind.DATE, before=spec.date),)
    if kind.base_type() in WORDED:
        return _described_text(column, spec)
    raise _trouble(
        f"列 {name} 的类型 {kind} 无法学习。请改为数字、文字或日期，或用 --refuse 去掉。",
        f"The column {name} holds {kind}. Turn it into numbers, words or dates, "
        "or leave it out with --refuse.",
    )


def _described_text(column: pl.Series, spec: TableSpec) -> tuple[Column, ...]:
    words, name = texts(column).drop_nulls(), column.name
    plain = numbers(words).is_not_null() | words.str.to_lowercase().str.contains("^[+-]?inf")
    if plain.all():
        return (Column(source=name, kind=Kind.NUMBER),)
    if days(words).is_not_null().all():
        return (Column(source=name, kind=Kind.DATE, before=spec.date),)
    if not plain.any():
        return (Column(source=name, kind=Kind.CATEGORY),)
    _check_halves(name, plain)
    if words.n_unique() <= _FEW_WORDS:
        return (Column(source=name, kind=Kind.CATEGORY),)
    return (Column(source=name, kind=Kind.NUMBER), Column(source=name, kind=Kind.CATEGORY, words=True))


def _check_halves(name: str, plain: pl.Series) -> None:
    """Refuse a column whose cells are numbers up to a row and words from there on, or the other way."""
    changes = int((plain != plain.shift(1)).sum())
    if changes == 1 and min(int(plain.sum()), int((~plain).sum())) > 1:
        raise _trouble(
            f"列 {name} 中途由一种类型变为另一种（数字与文字），像是两份表拼接而成。"
            "请统一后再训练，或用 --refuse 去掉。",
            f"The column {name} changes its type half-way (numbers and words), as if two files had been "
            "joined. Make it one type, or leave it out with --refuse.",
        )


def _check_columns(table: pl.DataFrame, columns: tuple[Column, ...]) -> None:
    if not columns:
        raise _trouble(
            "除目标外没有可学习的列（见表头；只有一个值的列不算）。请加入特征列。",
            "No column is left to learn from; those of one value only do not count. Add some.",
        )
    empty = [c.source for c in columns if texts(table[c.source]).null_count() == table.height]
    if empty:
        raise _trouble(
            f"这些列全部缺失：{_some(empty)}。请补充，或用 --refuse 去掉。",
            f"These columns are missing in every row: {_some(empty)}. Fill them, "
            "or leave them out with --refuse.",
        )
    endless = [c.source for c in columns if c.kind is Kind.NUMBER and _endless(table[c.source])]
    if endless:
        raise _trouble(
            f"这些列含无穷大：{_some(endless)}。请改为空值或真实数值（多半是除以零）。",
            f"These columns hold infinite values: {_some(endless)}. Make them empty or right (most come from "
            "a division by zero), or leave the columns out with --refuse.",
        )


def _endless(column: pl.Series) -> bool:
    return bool(numbers(column).is_infinite().any())


def _some(names: list[str]) -> str:
    more = f" … ({len(names)})" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _trouble(zh: str, en: str) -> TrainingError:
    return TrainingError(zh=zh, en=en)
