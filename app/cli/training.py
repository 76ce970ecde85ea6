"""`train`: both estimators from a ledger, or the demonstration artefacts from simulated counties."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table

from app.bootstrap import make_desk, now, settings
from app.cli import training_tables as tables
from app.cli.files import desk_of_file
from app.cli.ledger import DAY, LAST_DAY, Pack
from app.cli.progress import Report, console, progress_bars
from app.domain.frames import Frames
from app.features.feature import Stage
from app.policy.policy import Policy
from app.scoring.artifact import EFFECTS_FOLDER, MANIFEST
from app.simulation import REGIMES, CountySpec, expected_outcomes, simulate
from app.simulation import frames as county_frames

if TYPE_CHECKING:  # the learning libraries load slowly
    from app.services.modelling import FollowedCounty

_FIRST_SEED: Final = 101
_FIRST_EFFECTS_SEED: Final = 201  # counties of their own: no estimate there was learnt from their outcomes
_FUTURES: Final = 8  # how often the months after the assessment are played, to know what to expect
_STRENGTHS: Final = {"central": 2, "low": 1, "high": 1}  # how many counties of every regime; same draws
_UNTOLD: Final = "not told"
_DEMO: Final = "demo"
Day = Annotated[datetime, typer.Option(formats=DAY, help="last day whose facts the outcomes may use")]


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command()(train)


def train(  # noqa: PLR0913, PLR0917 - one option a part of what is asked
    out: Annotated[Path, typer.Option(help="folder that gets a folder per artefact")],
    ledger: Annotated[Path | None, typer.Option(help="ledger to learn from", exists=True)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="learn from simulated counties")] = False,  # noqa: FBT002
    effects_only: Annotated[  # noqa: FBT002
        bool,
        typer.Option(
            "--effects-only", help="with --demo: only the effects of actions, by the estimators in --out"
        ),
    ] = False,
    loans: Annotated[int, typer.Option(min=100, help="loans of each simulated county")] = 10_000,
    until: Day = LAST_DAY,
    policy: Pack = None,
    table: tables.TableFile = None,
    target: tables.Target = None,
    date: tables.DateColumn = None,
    id: tables.IdColumn = None,  # noqa: A002 - the option's name
    monotone: tables.Monotone = None,
    refuse: tables.Refuse = None,
    keep_refused: tables.KeepRefused = False,  # noqa: FBT002
    allow_leaks: tables.AllowLeaks = False,  # noqa: FBT002
    cv: tables.Folds = None,
    repeats: tables.Repeats = 1,
    seed: tables.Seed = 0,
    kind: tables.Speaker = "boosted",
    operator: tables.Operator = None,
) -> None:
    """Train the estimators out of time, calibrate them and write artefacts without pickles.

    With --demo also the effects of actions: outcomes under every action are known of simulated loans only.
    With --table learn from any table: the artefact, report.html, metrics.json, predictions.parquet.
    """
    if table is not None:
        if ledger is not None or demo or target is None:
            raise typer.BadParameter(
                "--table FILE goes with --target COLUMN, and without --ledger and --demo"
            )
        asked = {
            "target": target, "date": date, "id": id, "refuse": tuple(refuse or ()), "kind": kind,
            "monotone": tables.signs(monotone), "keep_refused": keep_refused, "allow_leaks": allow_leaks,
            "cv": cv, "repeats": repeats, "seed": seed,
        }  # fmt: skip
        tables.train_on(table, out, asked, operator or _UNTOLD)
        return
    if (ledger is None) != demo or (effects_only and not demo):
        raise typer.BadParameter(
            "give --ledger FILE, --table FILE or --demo; --effects-only goes with --demo"
        )
    if ledger is not None and not (operator and operator.strip()):
        raise typer.BadParameter("--operator CODE goes with --ledger: the record of the training names it")
    pack = make_desk(settings()).policies.get(policy or settings().policy)
    with progress_bars() as report:
        if not effects_only:
            counties = counties_of(ledger, pack, loans, until.date(), report)
            run = (None if demo else operator), kind
            _estimators(counties, out, pack, until.date(), report, *run)
        if demo:
            _effects(out, pack, loans, until.date(), report)
    _tell(out, demo=demo)


def _estimators(
    counties: Sequence[Frames],
    out: Path,
    pack: Policy,
    until: date,
    report: Report,
    operator: str | None,
    kind: str,
) -> None:
    """Train on a ledger for an operator, or on simulated counties for none: that record tells no time."""
    from app.scoring.spec import Kind  # noqa: PLC0415 - the learning libraries load slowly
    from app.scoring.training_record import Run  # noqa: PLC0415
    from app.services.modelling import train_estimators  # noqa: PLC0415

    train_estimators(
        counties,
        out,
        policy=pack,
        known_until=until,
        trained_on="ledger" if operator else "simulation",
        run=Run(operator=operator, started_at=now()) if operator else Run(operator=_DEMO),
        progress=report,
        kind=Kind(kind),
    )


def counties_of(
    ledger: Path | None, pack: Policy, loans: int, until: date, report: Report
) -> Sequence[Frames]:
    """This function will read what to learn from: a ledger file, or the simulated counties without one."""
    return _simulated(loans, until, pack, report) if ledger is None else [_of_file(ledger, pack, report)]


def _effects(out: Path, pack: Policy, loans: int, until: date, report: Report) -> None:
    from app.scoring.training_record import Run  # noqa: PLC0415 - the learning libraries load slowly
    from app.services.modelling import train_effects  # noqa: PLC0415

    counties = _followed(loans, until, pack, report)
    run = Run(operator=_DEMO)
    train_effects(counties, out, policy=pack, known_until=until, trained_on="simulation", run=run)


def _simulated(loans: int, until: date, policy: Policy, report: Report) -> Sequence[Frames]:
    """Simulate two counties of every regime, so that misfortunes of all kinds have been seen."""
    specs = [
        CountySpec(seed=seed, loans=loans, until=until, regime=regime)
        for seed, regime in enumerate((*REGIMES, *REGIMES), start=_FIRST_SEED)
    ]
    counties = []
    for done, spec in enumerate(specs, start=1):
        counties.append(county_frames(simulate(spec), _lags(policy, until)))
        report("模拟 simulate", done, len(specs))
    return counties


def _followed(loans: int, until: date, policy: Policy, report: Report) -> "Iterator[FollowedCounty]":
    """Simulate counties of every regime one after the other, with weak and strong effects of actions too."""
    from app.services.modelling import FollowedCounty  # noqa: PLC0415 - the learning libraries load slowly

    specs = [
        CountySpec(seed=seed, loans=loans, until=until, regime=regime, sensitivity=strength)
        for strength, times in _STRENGTHS.items()
        for seed, regime in enumerate(REGIMES * times, start=_FIRST_EFFECTS_SEED)
    ]
    for done, spec in enumerate(specs, start=1):
        county = simulate(spec)
        yield FollowedCounty(
            frames=county_frames(county, _lags(policy, until)),
            outcomes=county.outcomes,
            strength=spec.sensitivity,
            origin=asdict(spec) | {"until": until.isoformat(), "futures": _FUTURES},
            expected=expected_outcomes(spec, times=_FUTURES),
        )
        report("措施效果 effects", done, len(specs))


def _lags(policy: Policy, day: date) -> Mapping[str, int]:
    return {lag.code: lag.now.days for lag in policy.at(day).knowledge}


def _of_file(file: Path, policy: Policy, report: Report) -> Frames:
    with desk_of_file(file, policy, report) as (_, frames):
        return frames


def _tell(out: Path, *, demo: bool) -> None:
    table = Table(
        "estimator 模型", "artefact 工件", "out of time: estimate", "scorecard", "rating", title=str(out)
    )
    for folder in (out / stage.value for stage in Stage):
        metrics = json.loads((folder / "metrics.json").read_text())
        test, note = metrics["test"], metrics.get("note")
        if note is not None:
            console.print(f"{folder.name}: {note['zh']} {note['en']}", highlight=False)
        opinions = (test.get(opinion, {}).get("auc") for opinion in ("learned", "scorecard", "rating"))
        auc = ("-" if value is None else f"AUC {value:.4f}" for value in opinions)
        table.add_row(folder.name, _artefact_id(folder), *auc)
    console.print(table)
    kept = "措施效果保持不变 the effects of actions stay as they are: a ledger shows one outcome of each loan"
    new = f"措施效果 effects of actions: {_artefact_id(out / EFFECTS_FOLDER)}" if demo else kept
    console.print(new, highlight=False)


def _artefact_id(folder: Path) -> str:
    return str(json.loads((folder / MANIFEST).read_text())["artefact_id"])
