"""`train`: both estimators from a ledger, or the demonstration ones from simulated counties."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.bootstrap import make_desk, settings
from app.cli.files import desk_of_file
from app.cli.ledger import DAY, LAST_DAY, Pack
from app.cli.progress import Report, console, progress_bars
from app.domain.frames import Frames
from app.policy.policy import Policy
from app.simulation import REGIMES, CountySpec, simulate
from app.simulation import frames as county_frames

Day = Annotated[datetime, typer.Option(formats=DAY, help="last day whose facts the outcomes may use")]


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command()(train)


def train(
    out: Annotated[Path, typer.Option(help="folder that gets a folder per estimator")],
    ledger: Annotated[Path | None, typer.Option(help="ledger to learn from", exists=True)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="learn from simulated counties")] = False,  # noqa: FBT002
    loans: Annotated[int, typer.Option(min=100, help="loans of each simulated county")] = 10_000,
    until: Day = LAST_DAY,
    policy: Pack = None,
) -> None:
    """Train the estimators out of time, calibrate them and write artefacts without pickles."""
    if (ledger is None) != demo:
        raise typer.BadParameter("give either --ledger FILE or --demo")
    from app.services.modelling import train_estimators  # noqa: PLC0415 - the learning libraries load slowly

    pack = make_desk(settings()).policies.get(policy or settings().policy)
    with progress_bars() as report:
        counties = (
            _simulated(loans, until, pack, report) if ledger is None else [_of_file(ledger, pack, report)]
        )
        ids = train_estimators(
            counties, out, policy=pack, known_until=until.date(),
            trained_on="simulation" if demo else "ledger", progress=report,
        )  # fmt: skip
    _tell(out, ids)


def _simulated(loans: int, until: datetime, policy: Policy, report: Report) -> Sequence[Frames]:
    """Simulate two counties of every regime, so that misfortunes of all kinds have been seen."""
    lags = {lag.code: lag.now.days for lag in policy.at(until.date()).knowledge}
    specs = [
        CountySpec(seed=seed, loans=loans, until=until.date(), regime=regime)
        for seed, regime in enumerate((*REGIMES, *REGIMES), start=101)
    ]
    counties = []
    for done, spec in enumerate(specs, start=1):
        counties.append(county_frames(simulate(spec), lags))
        report("模拟 simulate", done, len(specs))
    return counties


def _of_file(file: Path, policy: Policy, report: Report) -> Frames:
    with desk_of_file(file, policy, report) as (_, frames):
        return frames


def _tell(out: Path, ids: Mapping[str, str]) -> None:
    table = Table(
        "estimator 模型", "artefact 工件", "out of time: estimate", "scorecard", "rating", title=str(out)
    )
    for name, artefact_id in ids.items():
        test = json.loads((out / name / "metrics.json").read_text())["test"]
        opinions = (test.get(opinion, {}).get("auc") for opinion in ("learned", "scorecard", "rating"))
        table.add_row(name, artefact_id[:16], *("-" if auc is None else f"AUC {auc:.4f}" for auc in opinions))
    console.print(table)
