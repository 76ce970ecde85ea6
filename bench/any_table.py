"""`make bench-tables DIR=…`: cross-validate the trainer on every table of a folder, one setting for all.

The target is the first of TARGETS among a table's columns, the ids the first of IDS. Columns of refused
information are kept and alarms are not asked, so that figures compare with public baselines.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean, stdev
from time import perf_counter
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table as Shown

from app.domain.errors import XindengError
from app.scoring.anytable.reading import check_table
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.tablefile import read_file
from app.scoring.anytable.trial import hold_out, measured

TARGETS = ("bad", "target", "default_next_month", "y")
IDS = ("ID", "id")
ENDINGS = (".csv", ".csv.gz", ".parquet")
FIGURES = (
    "auc", "ks", "brier", "logloss", "ece", "calibration_slope", "calibration_intercept",
    "calibration_in_the_large",
)  # fmt: skip
FOLDS = 5
console = Console(width=150)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.name.endswith(ENDINGS))


def spec_of(frame: pl.DataFrame, seed: int) -> TableSpec | None:
    """What is asked of a table; None for one without a target."""
    target = next((name for name in TARGETS if name in frame.columns), None)
    ids = next((name for name in IDS if name in frame.columns), None)
    return (
        None if target is None else TableSpec(target=target, id=ids, seed=seed, cv=FOLDS, keep_refused=True)
    )


def measure(frame: pl.DataFrame, repeats: int) -> Iterator[dict[str, Any]]:
    for seed in range(repeats):
        spec = spec_of(frame, seed)
        if spec is None:
            return
        start = perf_counter()
        judged, _ = hold_out(check_table(frame, spec), spec, lambda *_: None)
        yield measured(judged) | {"seconds": perf_counter() - start}


def line(name: str, runs: Sequence[dict[str, Any]]) -> list[str]:
    """Means over the repeats, and how much the AUC of the repeats differs."""
    spread = stdev(run["auc"] for run in runs) if len(runs) > 1 else 0.0
    means = [f"{fmean(run[figure] for run in runs):.4f}" for figure in FIGURES]
    seconds = f"{fmean(run['seconds'] for run in runs):.0f}"
    return [name, str(runs[0]["n"]), str(runs[0]["bads"]), *means, f"{spread:.4f}", seconds]


def main(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    repeats: Annotated[int, typer.Option(min=1)] = 5,
) -> None:
    heads = [figure.removeprefix("calibration_").replace("_", " ") for figure in FIGURES]
    shown = Shown("table", "n", "bads", *heads, "sd auc", "s", title=f"{FOLDS} folds, {repeats} repeats")
    for path in files(folder):
        try:
            runs = list(measure(read_file(path), repeats))
        except XindengError as error:
            console.print(f"{path.name}: {error.problem.en}")
            continue
        if not runs:
            console.print(f"{path.name}: left out, it has none of the targets {', '.join(TARGETS)}")
            continue
        console.print(path.name, f"{fmean(run['auc'] for run in runs):.4f}")
        shown.add_row(*line(path.name, runs))
    console.print(shown)


if __name__ == "__main__":
    typer.run(main)
