"""Leak alarms: columns that know the outcome, or a person, instead of a pattern. Training only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.errors import TrainingError
from app.scoring.anytable.columns import Column, Kind, cells, days, texts, words_of
from app.scoring.anytable.ranks import fit_ranks, ranked
from app.scoring.anytable.reading import Table
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.stumps import edges_of
from app.scoring.measures import auc

FloatVector = NDArray[np.float64]
_SEPARATES: Final = 0.97  # AUC of one feature alone
_MISSING_TELLS: Final = 0.3  # difference of the shares missing among bad and good rows
_SURE: Final = 4.0  # standard errors of that difference
_DIFFERENT: Final = 0.9  # share of cells that are unlike all others, in words
_DENSE: Final = 1.5  # whole numbers that fill their range are a count of rows
_LONG: Final = 1e8  # whole numbers this large, different and equally long: numbers of persons or papers
_CUTS: Final = 20  # bins in which a number is asked whether its middle or its ends separate


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One column that should not be learnt from, and why, in both languages."""

    column: str
    code: str
    zh: str
    en: str


def alarms(table: Table, spec: TableSpec) -> tuple[Alarm, ...]:
    """Find leaks: alone separating, dated after the day of knowledge, ID-like, missing by outcome."""
    checks = (_separates, _later, _like_an_id, _missing_by_outcome)
    return tuple(
        alarm for column in table.columns for check in checks for alarm in check(table, column, spec)
    )


def stop_at(found: tuple[Alarm, ...]) -> None:
    """Raise TrainingError that names every alarm and what to do."""
    if found:
        zh, en = ("; ".join(f"{a.column}: {getattr(a, word)}" for a in found) for word in ("zh", "en"))
        columns = " ".join(f"--refuse {name}" for name in dict.fromkeys(a.column for a in found))
        raise TrainingError(
            zh=f"疑似泄漏，训练已停止：{zh}。请加上 {columns}，确认无误时用 --allow-leaks。",
            en=f"Training stopped, as columns seem to leak: {en}. Add {columns}, or --allow-leaks if "
            "they are right.",
        )


def _separates(table: Table, column: Column, spec: TableSpec) -> Iterator[Alarm]:
    found = max((abs(a - 0.5) + 0.5 for a in _aucs(table, column, spec) if a is not None), default=0.0)
    if found > _SEPARATES:
        zh, en = f"单独即可区分好坏（AUC {found:.3f}）", f"separates alone (AUC {found:.3f})"
        yield _alarm(column, "separates", zh, en)


def _aucs(table: Table, column: Column, spec: TableSpec) -> Iterator[float | None]:
    """Rank by one column, missing lowest and highest; by bins or words by the rates that other rows have."""
    if column.kind is Kind.CATEGORY:
        levels = words_of(table.frame, column).drop_nulls().unique().sort().to_list()
        codes = cells(table.frame, [column], [levels]).codes[:, 0]
        yield _by_rates_elsewhere(codes, len(levels), table.bad, spec)
        return
    values = cells(table.frame, [column]).numbers[:, 0]
    for missing in (-np.inf, np.inf):
        yield auc(np.where(np.isnan(values), missing, values), table.bad)
    edges = edges_of(values, _CUTS)
    bins = np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values)).astype(np.int32)
    yield _by_rates_elsewhere(bins, len(edges) + 2, table.bad, spec)


def _by_rates_elsewhere(
    codes: NDArray[np.int32], levels: int, bad: FloatVector, spec: TableSpec
) -> float | None:
    """Rank each half of the rows by the rates of the other half: the mean AUC, None where a half is none."""
    half = np.random.default_rng(spec.seed).random(len(bad)) < 0.5
    found = []
    for learn in (half, ~half):
        known = fit_ranks(codes[learn], bad[learn], levels, spec.smoothing, 1)
        ranks = np.nan_to_num(ranked(codes[~learn, None], (known,))[:, 0], nan=-1.0)
        found.append(auc(ranks, bad[~learn]))
    return None if None in found else float(np.mean(found))  # type: ignore[arg-type]


def _later(table: Table, column: Column, spec: TableSpec) -> Iterator[Alarm]:
    if column.kind is not Kind.DATE or table.when is None:
        return
    told = days(table.frame[column.source]).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    late = int((told > table.when).sum())
    if late:
        zh, en = f"有 {late} 行晚于 {spec.date}", f"{late} rows are dated after {spec.date}"
        yield _alarm(column, "later", zh, en)


def _like_an_id(table: Table, column: Column, spec: TableSpec) -> Iterator[Alarm]:
    check = _ID_CHECKS.get(column.kind)
    if check is not None and check(table, column, spec):
        yield _alarm(column, "id", "像编号：几乎每行都不同", "looks like an id: nearly every row has its own")


def _different_words(table: Table, column: Column, spec: TableSpec) -> bool:
    words = words_of(table.frame, column).drop_nulls()
    return len(words) >= spec.least_rows and words.n_unique() >= _DIFFERENT * len(words)


def _counted(table: Table, column: Column, spec: TableSpec) -> bool:
    """Find numbers of rows, however far apart, and long numbers of as many digits each."""
    values = cells(table.frame, [column]).numbers[:, 0]
    known = np.abs(values[~np.isnan(values)])
    if len(known) < spec.least_rows or (known % 1).any():
        return False
    different = int(texts(table.frame[column.source]).drop_nulls().n_unique())
    if known.min() >= _LONG and np.ptp(np.floor(np.log10(known))) == 0:
        return different >= _DIFFERENT * len(known)
    return different == len(known) == len(np.unique(known)) and _even(known)


def _even(known: FloatVector) -> bool:
    """Tell whether whole numbers fill their range, counted in their common step."""
    apart = known - known.min()
    step = np.gcd.reduce(apart.astype(np.int64))
    return bool(np.ptp(known) < _DENSE * len(known) * step)


_ID_CHECKS: Final[dict[Kind, Callable[[Table, Column, TableSpec], bool]]] = {
    Kind.CATEGORY: _different_words,
    Kind.NUMBER: _counted,
}


def _missing_by_outcome(table: Table, column: Column, _: TableSpec) -> Iterator[Alarm]:
    if column.words:
        return  # its numbers tell
    missing = _missing(table, column)
    shares = [missing[table.bad == y].mean() for y in (1.0, 0.0)]
    sizes = [int((table.bad == y).sum()) for y in (1.0, 0.0)]
    spread = np.sqrt(missing.mean() * (1 - missing.mean()) * sum(1 / n for n in sizes))
    apart = abs(shares[0] - shares[1])
    if apart > _MISSING_TELLS and apart > _SURE * spread:
        zh = f"缺失与结果有关（坏样本缺失 {shares[0]:.0%}，好样本 {shares[1]:.0%}）"
        en = f"is missing by the outcome ({shares[0]:.0%} of the bad rows, {shares[1]:.0%} of the good)"
        yield _alarm(column, "missing", zh, en)


def _missing(table: Table, column: Column) -> NDArray[np.bool_]:
    if column.kind is Kind.CATEGORY:
        return words_of(table.frame, column).is_null().to_numpy()
    return np.isnan(cells(table.frame, [column]).numbers[:, 0])


def _alarm(column: Column, code: str, zh: str, en: str) -> Alarm:
    return Alarm(column=column.source, code=code, zh=zh, en=en)
