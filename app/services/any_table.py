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

import polars as pl

from app import CODE_VERSION
from app.domain.errors import TrainingError
from app.scoring import artifact
from app.scoring.anytable.alarms import Alarm, alarms, stop_at
from app.scoring.anytable.card import card
from app.scoring.anytable.drivers import by_year, drivers
from app.scoring.anytable.fitting import SCORECARD
from app.scoring.anytable.points import points_table
from app.scoring.anytable.reading import Table, read_table
from app.scoring.anytable.record import fixed_record, whole_record
from app.scoring.anytable.report import report
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.trial import CROSS_VALIDATED, Progress, Trial, try_table
from app.scoring.training_record import RECORD, Run

_OURS: Final = {artifact.MANIFEST, "MODEL_CARD.md", "calibration.json", "metrics.json"}
_LIBRARIES: Final = ("lightgbm", "numpy", "polars", "scikit-learn", "scipy")


def train_table(
    path: Path, out: Path, spec: TableSpec, *, run: Run, clock: Callable[[], float], progress: Progress
) -> Mapping[str, Any]:
    """This function will learn from a table, try it on rows not learnt from, and write everything into `out`.

    `clock` gives seconds from anywhere; `run` goes into the record, not into the artefact's id. Gives the
    metrics. Raises TrainingError that says what to do; nothing is written before all is computed, and `out`
    is an artefact only once it is whole.
    """
    start = clock()
    _check_out(out)
    table = read_table(path, spec)
    found = alarms(table, spec)
    if not spec.allow_leaks:
        stop_at(found)
    trial = try_table(table, spec, progress)
    told = _told(path, table, found, trial, spec)
    metrics = dict(trial.metrics) | {"kind": trial.kind, "method": trial.method}
    files = trial.model.files() | {
        "MODEL_CARD.md": card(told).encode(),
        artifact.SCORECARD: artifact.json_bytes(told["points"]),
    }
    loose = {
        "report.html": report(told, trial.judged, trial.beside).encode(),
        "predictions.parquet": _parquet(trial.predictions),
        "metrics.json": artifact.json_bytes(metrics | {"seconds": round(clock() - start, 3)}),
        RECORD: artifact.json_bytes(whole_record(told["manifest"], metrics, run)),
    }
    _write(out, told["manifest"], files, loose)
    return metrics | {"alarms": told["alarms"], "left_out": told["left_out"], "summary": told["summary"]}


def _check_out(out: Path) -> None:
    """Refuse what would only fail after hours: a file or another folder in the way, no right to write."""
    found = {path.name for path in out.iterdir()} if out.is_dir() else set()
    strange = bool(found) and not found & _OURS
    if strange or (out.exists() and not out.is_dir()):
        raise TrainingError(
            zh=f"--out {out.name} 已存在且不是训练结果文件夹。请换一个新文件夹。",
            en=f"--out {out.name} is there and is no folder of a training. Give a new folder.",
        )
    aside = _aside(out)
    try:
        aside.mkdir(parents=True)
        aside.rmdir()
    except OSError as error:
        raise _unwritten(out, error) from error


def _aside(out: Path) -> Path:
    """Name the folder that is written first; what a killed run left there goes."""
    aside = out.with_name(f".{out.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    return aside


def _unwritten(out: Path, error: OSError) -> TrainingError:
    return TrainingError(
        zh=f"无法写入文件夹 {out.name}（{type(error).__name__}）。请换一个可写的文件夹。",
        en=f"The folder {out.name} cannot be written ({type(error).__name__}). Give one that can.",
    )


def _told(
    path: Path, table: Table, found: tuple[Alarm, ...], trial: Trial, spec: TableSpec
) -> dict[str, Any]:
    """Gather what manifest, card and report say; nothing in it depends on time or place."""
    versions = {"xindeng": CODE_VERSION} | {name: version(name) for name in _LIBRARIES}
    record = fixed_record(path, _fingerprint(path), table, trial, spec)
    days = record["data"]["known_from"], record["data"]["known_until"]
    manifest = {
        "estimator": "table", "kind": trial.kind, "method": trial.method, "record": record,
        "spec": spec.to_dict(), "alarms": [f"{a.column}: {a.zh} {a.en}" for a in found],
        "left_out": [list(pair) for pair in table.left_out], "versions": versions,
    }  # fmt: skip
    return manifest | {
        "manifest": manifest,
        "target": spec.target,
        "time": "未说明 not told" if days[0] is None else " … ".join(days),
        "summary": _summary(table, trial, spec),
        "metrics": trial.metrics,
        "drivers": drivers(trial.model, table, spec),
        "points": points_table(trial.scorecard),
        "years": by_year(trial.judged, table),
        "columns": [(column.name, column.kind.value) for column in trial.model.columns],
        "calibration": trial.model.calibration.method,
        "version": CODE_VERSION,
        "environment": ", ".join([f"Python {python_version()}", *(f"{n} {v}" for n, v in versions.items())]),
        "settings": json.dumps(spec.to_dict(), ensure_ascii=False, indent=1),
    }


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _summary(table: Table, trial: Trial, spec: TableSpec) -> str:
    how = (
        "交叉验证 cross-validated" if trial.kind == CROSS_VALIDATED else f"按 {spec.date} 时间外 out of time"
    )
    if trial.method != SCORECARD:
        return f"提升树（深度不超过 3）boosted trees of depth at most 3; {how}."
    if trial.other is not None:
        return f"按要求采用评分卡 a logistic scorecard, as asked; {how}."
    rarer = int(min(table.bad.sum(), len(table.bad) - table.bad.sum()))
    return (
        f"数据太少（{len(table.bad)} 行，较少一类 {rarer} 行），改用评分卡。Too few data for trees "
        f"({len(table.bad)} rows, {rarer} of the rarer class; trees want {spec.tree_rows} and "
        f"{spec.tree_class}), so this is a logistic scorecard; {how}."
    )


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _write(
    out: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes], loose: Mapping[str, bytes]
) -> None:
    """Write beside `out` first, then move file by file, the manifest last; an interruption leaves nothing."""
    aside = _aside(out)
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
        raise _unwritten(out, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _clear(out: Path) -> None:
    """Take away what an earlier, larger bag left."""
    for pattern in ("model_*.txt", "tables_*.npz"):
        for path in out.glob(pattern):
            path.unlink()
