"""`make bench-tables DIR=…`: cross-validate the trainer on every table of a folder, one setting for all.

The target is the first of TARGETS among a table's columns, the ids the first of IDS. Columns of refused
information are kept and alarms are not asked, so that figures compare with public baselines. With PEERS=1
every peer is refitted on the same folds, and the paired differences are printed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from time import perf_counter
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table as Shown

from app.domain.errors import XindengError
from app.scoring.anytable.reading import Table, check_table
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.tablefile import read_file
from app.scoring.anytable.trial import hold_out, measured, splits
from bench.table_match import LEVEL, Fold, Held, lines, peer_on
from bench.table_peers import PEERS, Peer

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeat:
    """One drawing of the folds: the table, the folds, what ours said of the rows held out, its figures."""

    table: Table
    folds: tuple[Fold, ...]
    judged: pl.DataFrame
    figures: dict[str, Any]


def measure(frame: pl.DataFrame, repeats: int) -> Iterator[Repeat]:
    for seed in range(repeats):
        spec = spec_of(frame, seed)
        if spec is None:
            return
        start, table = perf_counter(), check_table(frame, spec)
        judged, _ = hold_out(table, spec, lambda *_: None)
        folds = tuple(Fold(seed=seed, learn=learn, held=held) for learn, held in splits(table, spec))
        found = measured(judged) | {"seconds": perf_counter() - start}
        yield Repeat(table=table, folds=folds, judged=judged, figures=found)


def ours(runs: Sequence[Repeat]) -> Held:
    parts = [part for run in runs for part in run.judged.partition_by("fold", maintain_order=True)]
    pd, bad = (tuple(part[name].to_numpy().astype(float) for part in parts) for name in ("pd", "y"))
    return Held(name="ours", pd=pd, bad=bad)


def show_peers(name: str, runs: Sequence[Repeat], peers: Sequence[Peer]) -> None:
    """Refit every peer that is installed on the same folds, and name the others."""
    folds = [fold for run in runs for fold in run.folds]
    others = [peer_on(peer, runs[0].table, folds) for peer in peers if peer.installed]
    heads = ("learner", "auc", "logloss", "slope", "intercept", "ours less it: auc", "logloss")
    shown = Shown(*heads, title=f"{name}: {LEVEL:.0%} intervals, corrected resampled t; * best AUC of peers")
    for cells in lines(ours(runs), others, len(runs[0].folds)):
        shown.add_row(*cells)
    console.print(shown)
    for peer in peers:
        if not peer.installed:
            console.print(f"{name}: {peer.name} was not measured, {peer.package} is not installed")


def line(name: str, repeats: Sequence[Repeat]) -> list[str]:
    """Means over the repeats, and how much the AUC of the repeats differs."""
    runs = [repeat.figures for repeat in repeats]
    spread = stdev(run["auc"] for run in runs) if len(runs) > 1 else 0.0
    means = [f"{fmean(run[figure] for run in runs):.4f}" for figure in FIGURES]
    seconds = f"{fmean(run['seconds'] for run in runs):.0f}"
    return [name, str(runs[0]["n"]), str(runs[0]["bads"]), *means, f"{spread:.4f}", seconds]


def main(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    repeats: Annotated[int, typer.Option(min=1)] = 5,
    *,
    peers: Annotated[bool, typer.Option("--peers", help="refit peers on the same folds")] = False,
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
        console.print(path.name, f"{fmean(run.figures['auc'] for run in runs):.4f}")
        shown.add_row(*line(path.name, runs))
        if peers:
            show_peers(path.name, runs, PEERS)
    console.print(shown)


if __name__ == "__main__":
    typer.run(main)
