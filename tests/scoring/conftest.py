from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from app.domain.frames import Frames
from app.features.feature import Stage
from app.scoring.artifact import load
from app.scoring.pd_model import Estimator
from app.scoring.spec import OURS, TrainingSpec
from app.scoring.training import Artefact, train_rows
from app.scoring.training_rows import scored_columns, training_rows
from app.simulation import CountySpec, frames, simulate

UNTIL = date(2024, 6, 30)
SPEC = TrainingSpec(
    stage=Stage.MATURITY, trained_on="simulation", known_until=UNTIL, default_days=30,
    recipe=replace(OURS, folds=3, rounds=30),
)  # fmt: skip


@pytest.fixture(scope="session")
def county() -> Frames:
    return frames(simulate(CountySpec(seed=11, loans=2500, until=UNTIL)), {"incomes": 30, "repayments": 1})


@pytest.fixture(scope="session")
def rows(county: Frames) -> pl.DataFrame:
    found = training_rows([county], SPEC)
    points = (100 - found["interest_days_late_max_12m"].fill_null(0)).clip(0, 100).cast(pl.Int64)
    return found.with_columns(points.alias("points"))


@pytest.fixture(scope="session")
def artefact(rows: pl.DataFrame) -> Artefact:
    return train_rows(rows, scored_columns(SPEC), SPEC)


@pytest.fixture(scope="session")
def saved(artefact: Artefact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "maturity"
    artefact.save(folder)
    return folder


@pytest.fixture(scope="session")
def estimator(saved: Path) -> Estimator:
    return load(saved)
