from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from app.scoring.anytable.spec import TableSpec
from app.scoring.crossfit import CrossfitRecipe
from app.scoring.training_record import Run
from app.services.any_table import train_table

RECIPE = CrossfitRecipe(rounds=60, patience=10, learning_rate=0.1, repeats=())
Train = Callable[..., dict[str, Any]]


def spec(**more: Any) -> TableSpec:
    return TableSpec(target="bad", **{"recipe": RECIPE, **more})


def invented(rows: int = 600) -> pl.DataFrame:
    """A simulated table: a number, one with gaps, a category, a mixed column, a date, noise."""
    rng = np.random.default_rng(7)
    income, crop = rng.normal(size=rows), rng.choice(["枸杞", "wheat", "maize"], rows)
    odds = 1.4 * income + 1.2 * (crop == "maize") - 1.6
    day = pl.Series(np.datetime64("2021-01-01") + np.sort(rng.integers(0, 700, rows)))
    score = [str(round(v, 3)) for v in rng.normal(size=rows)]
    return pl.DataFrame({
        "no": [f"L{k:05}" for k in range(rows)],
        "income": income,
        "gaps": [None if v > 0.8 else v for v in rng.normal(size=rows)],
        "crop": crop,
        "mixed": [w if k % 3 else "refused" for k, w in enumerate(score)],
        "opened": day - pl.Series(rng.integers(10, 900, rows) * 86_400_000_000).cast(pl.Duration("us")),
        "day": day,
        "sex": rng.choice(["m", "f"], rows),
        "bad": (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int),
    })  # fmt: skip


@pytest.fixture(scope="session")
def train(tmp_path_factory: pytest.TempPathFactory) -> Train:
    def run(frame: pl.DataFrame, out: Path | None = None, **more: Any) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("table")
        frame.write_parquet(folder / "table.parquet")
        where = out or folder / "out"
        found = train_table(
            folder / "table.parquet", where, spec(**more), run=Run(operator="somebody"),
            clock=lambda: 0.0, progress=lambda *_: None,
        )  # fmt: skip
        return {"out": where, **found}

    return run


@pytest.fixture(scope="session")
def trained(train: Train) -> dict[str, Any]:
    return train(invented(), id="no", cv=5)
