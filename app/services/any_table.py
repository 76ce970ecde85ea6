"""Training on any table as a use case: a file in, an artefact with its report out."""

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any, Final

import numpy as np
import polars as pl

from app import CODE_VERSION
from app.domain.errors import TrainingError
from app.scoring import artifact
from app.scoring.anytable.alarms import Alarm, alarms, stop_at
from app.scoring.anytable.card import card
from app.scoring.anytable.fitting import SCORECARD, method_of
from app.scoring.anytable.model import TableModel
from app.scoring.anytable.reading import Table, read_table
from app.scoring.anytable.report import report
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.trial import CROSS_VALIDATED, Progress, Trial, try_table

_LIBRARIES: Final = ("lightgbm", "numpy", "polars", "scikit-learn", "scipy")
_EXPLAINED: Final = 20_000  # rows behind the mean of |SHAP|
_TOP: Final = 20
_NOTES: Final = (
    "AUC、KS、Brier、对数损失为各折平均，其余为全部留出行合计；ECE 用十个分位箱。"
    "AUC, KS, Brier and log-loss are means over the folds, the rest is over all rows held out; "
    "ECE over ten quantile bins. "
    "区间 90 % interval: {covered:.0%} of {bins:.0f} quantile bins covered."
)


def train_table(
    path: Path, out: Path, spec: TableSpec, *, operator: str, clock: Callable[[], float], progress: Progress
) -> Mapping[str, Any]:
    """This function will learn from a table, try it on rows not learnt from, and write everything into `out`.

    `clock` gives seconds from anywhere. Gives the metrics. Raises TrainingError that says what to do;
    nothing is written before all is computed, and `out` is an artefact only once it is whole.
    """
    start = clock()
    table = read_table(path, spec)
    found = alarms(table, spec)
    if not spec.allow_leaks:
        stop_at(found)
    trial = try_table(table, spec, progress)
    told = _told(path, table, found, trial, spec) | {"operator": operator}
    metrics = dict(trial.metrics) | {"kind": trial.kind, "method": told["method"]}
    files = trial.model.files() | {"MODEL_CARD.md": card(told).encode()}
    loose = {
        "report.html": report(told, trial.predictions).encode(),
        "predictions.parquet": _parquet(trial.predictions),
        "metrics.json": artifact.json_bytes(metrics | {"seconds": round(clock() - start, 3)}),
    }
    _write(out, told["manifest"], files, loose)
    return metrics | {"alarms": told["alarms"], "left_out": told["left_out"], "summary": told["summary"]}


def _told(
    path: Path, table: Table, found: tuple[Alarm, ...], trial: Trial, spec: TableSpec
) -> dict[str, Any]:
    """Gather what manifest, card and report say; nothing in it depends on time or place."""
    method = method_of(table.bad, spec)
    data = {
        "file": path.name,
        "fingerprint": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": len(table.bad),
        "bads": int(table.bad.sum()),
        "time": _time(table),
    }
    versions = {"xindeng": CODE_VERSION} | {name: version(name) for name in _LIBRARIES}
    alarmed = [f"{a.column}: {a.zh} {a.en}" for a in found]
    manifest = {
        "estimator": "table", "kind": trial.kind, "method": method, "data": data, "spec": spec.to_dict(),
        "alarms": alarmed, "left_out": [list(pair) for pair in table.left_out], "versions": versions,
    }  # fmt: skip
    return manifest | {
        "manifest": manifest,
        "target": spec.target,
        "summary": _summary(method, table, trial, spec),
        "metrics": trial.metrics,
        "importance": _importance(trial.model, table),
        "columns": [(column.name, column.kind.value) for column in trial.model.columns],
        "calibration": trial.model.calibration.method,
        "version": CODE_VERSION,
        "environment": ", ".join([f"Python {python_version()}", *(f"{n} {v}" for n, v in versions.items())]),
        "notes": _NOTES.format(**trial.metrics["interval"]),
        "spec": json.dumps(spec.to_dict(), ensure_ascii=False, indent=1),
    }


def _summary(method: str, table: Table, trial: Trial, spec: TableSpec) -> str:
    how = (
        "交叉验证 cross-validated" if trial.kind == CROSS_VALIDATED else f"按 {spec.date} 时间外 out of time"
    )
    if method != SCORECARD:
        return f"提升树（深度不超过 3）boosted trees of depth at most 3; {how}."
    rarer = int(min(table.bad.sum(), len(table.bad) - table.bad.sum()))
    return (
        f"数据太少（{len(table.bad)} 行，较少一类 {rarer} 行），改用评分卡。Too few data for trees "
        f"({len(table.bad)} rows, {rarer} of the rarer class; trees want {spec.tree_rows} and "
        f"{spec.tree_class}), so this is a logistic scorecard; {how}."
    )


def _time(table: Table) -> str:
    if table.when is None:
        return "not told"
    days = pl.Series([table.when.min(), table.when.max()]).cast(pl.Int32).cast(pl.Date)
    return f"{days[0]} … {days[1]}"


def _importance(model: TableModel, table: Table) -> list[tuple[str, float]]:
    """Give the columns with the largest mean of |SHAP|, over evenly spread rows."""
    picked = np.unique(np.linspace(0, len(table.bad) - 1, _EXPLAINED).astype(int))
    found = model.predict(table.frame[picked])
    mean = np.abs(found.shap).mean(axis=0)
    order = np.argsort(-mean, kind="stable")[:_TOP]
    return [(found.sources[j], round(float(mean[j]), 6)) for j in order]


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _write(
    out: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes], loose: Mapping[str, bytes]
) -> None:
    """Write beside `out` first, then move file by file, the manifest last; an interruption leaves nothing."""
    aside = out.with_name(f".{out.name}.partial")
    try:
        artifact.save(aside, manifest, files)
        for name, data in loose.items():
            (aside / name).write_bytes(data)
        out.mkdir(parents=True, exist_ok=True)
        (out / artifact.MANIFEST).unlink(missing_ok=True)
        _clear(out)
        for name in sorted(path.name for path in aside.iterdir() if path.name != artifact.MANIFEST):
            (aside / name).replace(out / name)
        (aside / artifact.MANIFEST).replace(out / artifact.MANIFEST)
    except OSError as error:
        raise TrainingError(
            zh=f"无法写入文件夹 {out.name}（{type(error).__name__}）。请换一个可写的文件夹。",
            en=f"The folder {out.name} cannot be written ({type(error).__name__}). Give one that can.",
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _clear(out: Path) -> None:
    """Take away what an earlier, larger bag left."""
    for pattern in ("model_*.txt", "tables_*.npz"):
        for path in out.glob(pattern):
            path.unlink()
