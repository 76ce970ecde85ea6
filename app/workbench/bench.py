"""A desk that notebooks may do anything with: one ledger, a database and models that are thrown away."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.assessment import Basis
from app.bootstrap import effects, now, settings
from app.cli.files import desk_of_file
from app.cli.ledger import LAST_DAY
from app.domain.frames import Frames
from app.features.feature import Stage
from app.ledgerfile.writing import write_ledger
from app.policy.policy import Policy, Rules, load
from app.scoring.pd_model import Estimator
from app.scoring.shelf import read_shelf
from app.services.desk import Desk
from app.services.registry import Champions
from app.simulation import CountySpec, frames, simulate

DAY: Final = LAST_DAY.date()  # the last day of simulated ledgers


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One ledger on a desk: `models` is a copy, so that nothing done here changes what is in service."""

    desk: Desk
    frames: Frames
    rules: Rules
    day: date
    models: Path
    opened: ExitStack

    def close(self) -> None:
        """This function will throw database and models folder away."""
        self.opened.close()


def open_bench(ledger: Path | None = None, *, day: date = DAY, loans: int = 600, seed: int = 1) -> Bench:
    """This function will import a ledger file, or without one that of a small simulated county.

    `day` is the business day to look from; `loans` and `seed` are the simulated county's.
    """
    opened = ExitStack()
    folder = Path(opened.enter_context(TemporaryDirectory()))
    file = ledger or _simulated(folder / "台账.xlsx", CountySpec(seed=seed, loans=loans, until=day))
    desk, facts = opened.enter_context(desk_of_file(file, pack(), lambda *_: None))
    models = Path(shutil.copytree(settings().models_dir, folder / "models"))
    speaking = Champions(desk.store, lambda: read_shelf(models), now, timedelta(0))
    return Bench(
        desk=replace(desk, estimators=speaking, challengers=speaking.challengers),
        frames=facts, rules=pack().at(day), day=day, models=models, opened=opened,
    )  # fmt: skip


def _simulated(file: Path, spec: CountySpec) -> Path:
    write_ledger(file, simulate(spec).ledger)
    return file


def pack() -> Policy:
    """This function will give the deployment's policy pack."""
    return load(settings().policy)


def facts_of(ledger: Path | None, spec: CountySpec) -> Frames:
    """This function will read the facts of a ledger file, or without one of a simulated county."""
    if ledger is None:
        return frames(simulate(spec), lags(spec.until))
    with desk_of_file(ledger, pack(), lambda *_: None) as (_, found):
        return found


def lags(day: date) -> dict[str, int]:
    """This function will give the pack's days between a fact and its being known, by kind of fact."""
    return {lag.code: lag.now.days for lag in pack().at(day).knowledge}


def quietly(*_: object) -> None:
    """This function will be told how far something is, and say nothing."""


def shipped(stage: Stage = Stage.MATURITY) -> Estimator:
    """This function will load and check the artefact that ships for a stage."""
    return read_shelf(settings().models_dir).ship(stage.value)


def shipped_basis() -> Basis:
    """This function will put together what assessments rest on: pack, estimator, effects of actions."""
    return Basis(policy=pack(), estimator=shipped(), effects=effects(settings().models_dir))
