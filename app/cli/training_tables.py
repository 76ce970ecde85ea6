"""`train --table`: learn from any CSV or Parquet file with a target of 0 and 1."""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Final, Literal

import typer
import yaml
from rich.table import Table

from app.bootstrap import now
from app.cli.progress import console, progress_bars
from app.domain.errors import TrainingError

_PANEL: Final = "any table"
_SHOWN: Final = (
    "auc", "ks", "brier", "logloss", "ece", "calibration_slope", "calibration_intercept", "n", "bads",
)  # fmt: skip
_SIGNS: Final[Mapping[str, int]] = {"1": 1, "+1": 1, "+": 1, "-1": -1, "-": -1, "0": 0}

Champion = Literal["boosted", "scorecard"]  # as app.scoring.spec.Kind, which loads slowly
TableFile = Annotated[
    Path | None,
    typer.Option(
        "--table",
        help="CSV, CSV.GZ or Parquet to learn from",
        exists=True,
        dir_okay=False,
        rich_help_panel=_PANEL,
    ),
]
Target = Annotated[str | None, typer.Option(help="column of 0 (good) and 1 (bad)", rich_help_panel=_PANEL)]
DateColumn = Annotated[
    str | None,
    typer.Option("--date", help="column of the day of knowledge: tried out of time", rich_help_panel=_PANEL),
]
IdColumn = Annotated[str | None, typer.Option("--id", help="column of ids", rich_help_panel=_PANEL)]
Monotone = Annotated[
    Path | None,
    typer.Option(help="YAML or JSON: column: 1 or -1", exists=True, dir_okay=False, rich_help_panel=_PANEL),
]
Refuse = Annotated[
    list[str] | None, typer.Option(help="column to leave out; may be repeated", rich_help_panel=_PANEL)
]
KeepRefused = Annotated[
    bool, typer.Option("--keep-refused", help="keep sex and the like, to compare", rich_help_panel=_PANEL)
]
AllowLeaks = Annotated[
    bool, typer.Option("--allow-leaks", help="train although columns seem to leak", rich_help_panel=_PANEL)
]
Folds = Annotated[
    int | None, typer.Option("--cv", min=2, help="folds of the cross-validation", rich_help_panel=_PANEL)
]
Repeats = Annotated[int, typer.Option(min=1, help="how often folds are drawn", rich_help_panel=_PANEL)]
Seed = Annotated[int, typer.Option(min=0, max=2**20, help="seed of folds and trees", rich_help_panel=_PANEL)]
Speaker = Annotated[
    Champion, typer.Option("--kind", help="what shall speak; the other is measured beside it")
]
Operator = Annotated[
    str | None, typer.Option(help="who trains, a code, for the card or record; --ledger needs it")
]


def signs(file: Path | None) -> tuple[tuple[str, int], ...]:
    """This function will read the signs of columns: column and 1 (more is worse), -1 or 0."""
    if file is None:
        return ()
    try:
        found = yaml.safe_load(file.read_text())
        return tuple((str(name), _SIGNS[str(sign)]) for name, sign in found.items())
    except (OSError, ValueError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise TrainingError(
            zh=f"无法读取 {file.name}。请按行写“列名: 1”（越大越坏）或“列名: -1”。",
            en=f"{file.name} cannot be read. Write lines like `column: 1` (more is worse) or `column: -1`.",
        ) from error


def train_on(file: Path, out: Path, asked: Mapping[str, Any], operator: str) -> None:
    """This function will train on a table and show the figures; `asked` are fields of the spec."""
    from app.scoring.anytable.spec import TableSpec  # noqa: PLC0415 - the learning libraries load slowly
    from app.scoring.spec import Kind  # noqa: PLC0415
    from app.scoring.training_record import Run  # noqa: PLC0415
    from app.services.any_table import train_table  # noqa: PLC0415

    names: dict[str, Any] = {name: _bare(value) for name, value in asked.items()}
    spec, run = TableSpec(**names | {"kind": Kind(asked["kind"])}), Run(operator=operator, started_at=now())
    with progress_bars() as report:
        metrics = train_table(file, out, spec, run=run, clock=perf_counter, progress=report)
    _tell(out, metrics)


def _bare(value: object) -> object:
    """Take blanks around a name away, as they are from the names in a header."""
    if isinstance(value, tuple):
        return tuple(_bare(each) for each in value)
    return value.strip() if isinstance(value, str) else value


def _tell(out: Path, metrics: Mapping[str, Any]) -> None:
    table = Table(*_SHOWN, title=str(out))
    table.add_row(*(_number(metrics[name]) for name in _SHOWN))
    console.print(metrics["summary"], highlight=False)
    console.print(table)
    if metrics["challenger"] is not None:
        _tell_challenger(metrics["challenger"])
    for alarm in metrics["alarms"]:
        console.print(f"[red]疑似泄漏 leak[/] {alarm}", highlight=False)
    for name, why in metrics["left_out"]:
        console.print(f"未使用 left out: {name} ({why})", highlight=False, markup=False)


def _tell_challenger(challenger: Mapping[str, Any]) -> None:
    apart = challenger["minus_champion"]["auc"]
    ends = ", ".join(f"{end} {_number(apart[end])}" for end in ("low", "high"))
    console.print(
        f"挑战者 challenger: {challenger['method']}, AUC {_number(challenger['auc'])}; "
        f"减冠军 minus champion {_number(apart['value'])} ({ends})",
        highlight=False,
    )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
