"""Tries the whole fit on rows it has not seen: cross-validation, or out of time. Training only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from app.domain.errors import TrainingError
from app.scoring.anytable.figures import coverage, figures
from app.scoring.anytable.fitting import fit_table
from app.scoring.anytable.model import TableModel
from app.scoring.anytable.reading import Table
from app.scoring.anytable.spec import TableSpec

IntVector = NDArray[np.int64]
Progress = Callable[[str, int, int], None]
OUT_OF_TIME: Final = "out of time"
CROSS_VALIDATED: Final = "cross-validated"
_FOLDS: Final = 5
_MEANS: Final = ("auc", "ks", "brier", "logloss")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """What came of it: predictions (id, fold, y, pd), the figures, and the model that is kept."""

    kind: str
    predictions: pl.DataFrame
    metrics: Mapping[str, Any]
    model: TableModel


def try_table(table: Table, spec: TableSpec, progress: Progress) -> Trial:
    """Fit on every part to learn from, judge what was held out, and fit the model that is kept.

    Out of time, the model kept is the one judged; cross-validated, it is fitted once more on all rows.
    """
    kind = CROSS_VALIDATED if table.when is None or spec.cv else OUT_OF_TIME
    judged, model = hold_out(table, spec, progress)
    if kind == CROSS_VALIDATED:
        model = _fit(table, np.arange(len(table.bad)), spec)
    shown = judged.select("id", "fold", "y", "pd")
    return Trial(kind=kind, model=model, metrics=measured(judged), predictions=shown)


def hold_out(table: Table, spec: TableSpec, progress: Progress) -> tuple[pl.DataFrame, TableModel]:
    """Fit on every part and judge what it held out: id, fold, y, pd, low, high; and the last model."""
    parts = splits(table, spec)
    judged = []
    for done, (learn, held) in enumerate(parts):
        progress("试验 try", done, len(parts))
        model = _fit(table, learn, spec)
        judged.append(_judged(model, table, held, done))
    progress("试验 try", len(parts), len(parts))
    return pl.concat(judged), model


def splits(table: Table, spec: TableSpec) -> list[tuple[IntVector, IntVector]]:
    """Cut the rows: pairs of row numbers to learn from and to judge."""
    if table.when is not None and not spec.cv:
        return [_by_time(table.when, table.bad, spec)]
    folds = min(spec.cv or _FOLDS, int(table.bad.sum()), int((1 - table.bad).sum()))
    cuts = (StratifiedKFold(folds, shuffle=True, random_state=spec.seed + k) for k in range(spec.repeats))
    return [pair for cut in cuts for pair in cut.split(table.bad, table.bad)]


def _by_time(
    when: NDArray[np.float64], bad: NDArray[np.float64], spec: TableSpec
) -> tuple[IntVector, IntVector]:
    """Hold the last days out; rows of one day stay together."""
    start = np.quantile(when, 1 - spec.test_share, method="higher")
    learn, held = np.flatnonzero(when < start), np.flatnonzero(when >= start)
    if len(learn) < len(held) or bad[held].min(initial=1) == bad[held].max(initial=1):
        raise TrainingError(
            zh=f"按 {spec.date} 切分后，最后一段没有两种结果，或日期过于集中。"
            "请加入更长时间的数据，或用 --cv 5 代替。",
            en=f"Cut by {spec.date}, the last part lacks one of the classes, or most rows share one day. "
            "Add a longer history, or use --cv 5 instead.",
        )
    return learn, held


def _fit(table: Table, learn: IntVector, spec: TableSpec) -> TableModel:
    return fit_table(table.frame[learn], table.columns, table.bad[learn], spec)


def _judged(model: TableModel, table: Table, held: IntVector, fold: int) -> pl.DataFrame:
    found = model.predict(table.frame[held])
    return pl.DataFrame({
        "id": table.ids[held], "fold": np.full(len(held), fold, np.int32),
        "y": table.bad[held].astype(np.int8), "pd": found.pd, "low": found.low, "high": found.high,
    })  # fmt: skip


def measured(judged: pl.DataFrame) -> dict[str, Any]:
    """Measure predictions: means over the folds of auc, ks, brier and log-loss; the rest over all."""
    by_fold = [
        {"fold": number} | figures(part["pd"].to_numpy(), part["y"].to_numpy().astype(np.float64))
        for (number,), part in judged.partition_by("fold", as_dict=True, maintain_order=True).items()
    ]
    pd, low, high, y = (judged[name].to_numpy().astype(np.float64) for name in ("pd", "low", "high", "y"))
    pooled = figures(pd, y)
    means = {name: _mean([fold[name] for fold in by_fold]) for name in _MEANS}
    return pooled | means | {
        "pooled": {name: pooled[name] for name in _MEANS},
        "folds": by_fold,
        "interval": coverage(pd, low, high, y),
    }  # fmt: skip


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 6) if known else None
