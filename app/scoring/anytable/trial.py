"""Tries the whole fit on rows it has not seen: cross-validation, or out of time. Training only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from app.domain.errors import TrainingError
from app.scoring.anytable.disparities import group_figures
from app.scoring.anytable.figures import coverage, figures
from app.scoring.anytable.fitting import SCORECARD, TREES, fit_table, method_of, trees_fit
from app.scoring.anytable.model import TableModel
from app.scoring.anytable.paired import paired, ranked
from app.scoring.anytable.reading import Table
from app.scoring.anytable.spec import TableSpec
from app.scoring.calibration_check import check_calibration

IntVector = NDArray[np.int64]
Progress = Callable[[str, int, int], None]
OUT_OF_TIME: Final = "out of time"
CROSS_VALIDATED: Final = "cross-validated"
_FOLDS: Final = 5
_STAGES: Final = {TREES: "树 trees", SCORECARD: "评分卡 scorecard"}
_MEANS: Final = ("auc", "ks", "brier", "logloss")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """What came of it: what was judged (see `hold_out`), the figures, the model that is kept.

    `other` is the challenger, learnt from the same rows, and `beside` what it judged; None where the rows
    carry no trees.
    """

    kind: str
    method: str
    judged: pl.DataFrame
    beside: pl.DataFrame | None
    metrics: Mapping[str, Any]
    model: TableModel
    other: TableModel | None

    @property
    def predictions(self) -> pl.DataFrame:
        """Give id, fold, y and pd of every row held out."""
        return self.judged.select("id", "fold", "y", "pd")

    @property
    def scorecard(self) -> TableModel:
        """Give the scorecard, whichever part it has."""
        return self.model if self.method == SCORECARD or self.other is None else self.other


def try_table(table: Table, spec: TableSpec, progress: Progress) -> Trial:
    """Fit champion and challenger on every part to learn from, judge what was held out, and keep both.

    Out of time, the models kept are those judged; cross-validated, they are fitted once more on all rows.
    """
    kind = CROSS_VALIDATED if table.when is None or spec.cv else OUT_OF_TIME
    method = method_of(table.bad, spec)
    other = _other(table, spec, method)
    judged, model = hold_out(table, spec, progress)
    folds = len(splits(table, spec)) // (1 if kind == OUT_OF_TIME else spec.repeats)
    metrics = measured(judged) | {
        "groups": group_figures(table, judged, spec), "challenger": None,
        "auc_interval": ranked(judged, folds), "calibration_check": _check(judged),
    }  # fmt: skip
    beside, against = None, None
    if other is not None:
        beside, against = hold_out(table, spec, progress, method=other)
        metrics["challenger"] = {
            "method": other, "minus_champion": paired(judged, beside, folds),
            "auc_interval": ranked(beside, folds),
        } | {name: value for name, value in measured(beside).items() if name != "folds"}  # fmt: skip
    if kind == CROSS_VALIDATED:
        every = np.arange(len(table.bad))
        model = _fit(table, every, spec, method)
        against = None if other is None else _fit(table, every, spec, other)
    return Trial(
        kind=kind,
        method=method,
        judged=judged,
        beside=beside,
        metrics=metrics,
        model=model,
        other=against,
    )


def _check(judged: pl.DataFrame) -> dict[str, Any]:
    """Hold the probabilities of rows held out against what came; a row judged again is one witness."""
    pd, y = (judged[name].to_numpy().astype(np.float64) for name in ("pd", "y"))
    return check_calibration(pd, y, np.ones_like(y), judged["row"].to_numpy())


def _other(table: Table, spec: TableSpec, method: str) -> str | None:
    """Name the challenger: the scorecard against trees; trees against the scorecard where they can be."""
    if method == TREES:
        return SCORECARD
    return TREES if trees_fit(table.bad, spec) else None


def hold_out(
    table: Table, spec: TableSpec, progress: Progress, method: str | None = None
) -> tuple[pl.DataFrame, TableModel]:
    """Fit on every part and judge what it held out: row, id, fold, y, pd, low, high; and the last model.

    `method` is what the whole table carries, unless it is given.
    """
    parts, how = splits(table, spec), method or method_of(table.bad, spec)
    judged, stage = [], _STAGES[how]
    for done, (learn, held) in enumerate(parts):
        progress(stage, done, len(parts))
        model = _fit(table, learn, spec, how)
        judged.append(_judged(model, table, held, done))
    progress(stage, len(parts), len(parts))
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


def _fit(table: Table, learn: IntVector, spec: TableSpec, method: str) -> TableModel:
    return fit_table(table.frame[learn], table.columns, table.bad[learn], spec, method)


def _judged(model: TableModel, table: Table, held: IntVector, fold: int) -> pl.DataFrame:
    found = model.predict(table.frame[held])
    return pl.DataFrame({
        "row": held, "id": table.ids[held], "fold": np.full(len(held), fold, np.int32),
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
