import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray

from app.domain.errors import ArtefactError
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.table_lookup import CHUNK_ROWS, FEW_ROWS
from app.scoring.tabulate import concatenate, tabulate

WIDTH = 12
# Columns 0 to 5 have missing values in training, 6 to 11 have none; 3 to 8 are often zero.
MISSING_IN_TRAINING = slice(0, 6)
OFTEN_ZERO = slice(3, 9)
ODD_VALUES = (np.nan, 0.0, -0.0, np.inf, -np.inf, 1e-36, -1e-36, 1e300, -1e300)
EDGES = (float(np.float32(1e-35)), -float(np.float32(1e-35)), float(np.nextafter(np.float32(1e-35), 1)))
KINDS = {
    "missing goes the default way": {},
    "zero is missing": {"zero_as_missing": True},
    "missing is read as zero": {"use_missing": False},
}
Matrix = NDArray[np.float64]


def sprinkled(rows: Matrix, value: float, share: float, seed: int) -> Matrix:
    return np.where(np.random.default_rng(seed).random(rows.shape) < share, value, rows)


def training_rows() -> Matrix:
    rows = np.random.default_rng(1).normal(size=(3000, WIDTH))
    rows[:, OFTEN_ZERO] = sprinkled(rows[:, OFTEN_ZERO], 0.0, 0.3, seed=2)
    rows[:, MISSING_IN_TRAINING] = sprinkled(rows[:, MISSING_IN_TRAINING], np.nan, 0.2, seed=3)
    return rows


def odd_rows(n: int = 5000) -> Matrix:
    """Rows with missing and extreme values in every column, also where training had none."""
    rows = np.random.default_rng(4).normal(size=(n, WIDTH))
    for seed, value in enumerate(ODD_VALUES + EDGES):
        rows = sprinkled(rows, value, 0.05, seed)
    return rows


def booster(seed: int = 0, **params: Any) -> lightgbm.Booster:
    rows = training_rows()
    known = np.nan_to_num(rows, nan=0.7)
    signal = known @ np.linspace(-1, 1, WIDTH) + known[:, 0] * known[:, 7] - np.abs(known[:, 4])
    bad = signal + np.random.default_rng(seed).logistic(size=len(rows)) > 0
    fixed = {"objective": "binary", "max_depth": 3, "num_threads": 1, "verbose": -1, "deterministic": True}
    return lightgbm.train({**fixed, "seed": seed, **params}, lightgbm.Dataset(rows, bad), 60)


def contributions_of(model: lightgbm.Booster, rows: Matrix) -> Matrix:
    return np.asarray(model.predict(rows, pred_contrib=True, num_threads=1))


@pytest.fixture(scope="module")
def tables() -> ExplanationTables:
    return tabulate(booster(zero_as_missing=True).dump_model())


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_equal_those_of_lightgbm_on_5000_odd_rows(kind: str) -> None:
    model = booster(**KINDS[kind])
    rows = odd_rows()
    expected = contributions_of(model, rows)

    tables = tabulate(model.dump_model())
    contributions, margins = tables.contributions(rows)

    assert np.abs(tables.to_log_odds(contributions) - expected[:, :-1]).max() < 1e-9
    assert np.abs(tables.to_log_odds(margins) - expected.sum(axis=1)).max() < 1e-9
    assert abs(tables.base_fixed * 2.0**-tables.fraction_bits - expected[0, -1]) < 1e-9


def test_values_exactly_at_a_threshold_go_where_lightgbm_sends_them() -> None:
    model = booster()
    tables = tabulate(model.dump_model())
    used = tables.feature >= 0
    rows = np.zeros((int(used.sum()), WIDTH))
    rows[np.arange(len(rows)), tables.feature[used]] = tables.threshold[used]

    contributions, _ = tables.contributions(rows)

    expected = contributions_of(model, rows)[:, :-1]
    assert np.abs(tables.to_log_odds(contributions) - expected).max() < 1e-9


def test_a_bag_explains_as_the_mean_of_its_boosters() -> None:
    models = [booster(seed, bagging_fraction=0.6, bagging_freq=1) for seed in range(3)]
    rows = odd_rows()

    bag = concatenate(*(tabulate(model.dump_model(), weight=1 / 3) for model in models))
    contributions, _ = bag.contributions(rows)

    expected = np.mean([contributions_of(model, rows)[:, :-1] for model in models], axis=0)
    assert np.abs(bag.to_log_odds(contributions) - expected).max() < 1e-9


def test_the_margin_is_exactly_base_plus_contributions(tables: ExplanationTables) -> None:
    contributions, margins = tables.contributions(odd_rows())

    assert [sum(row) + tables.base_fixed for row in contributions.tolist()] == margins.tolist()


@pytest.mark.parametrize("n", [1, 2, 63, 65, FEW_ROWS, FEW_ROWS + 1, CHUNK_ROWS + 5])
def test_a_batch_is_bit_for_bit_its_single_rows(tables: ExplanationTables, n: int) -> None:
    rows = odd_rows(CHUNK_ROWS + 5)[:n]
    batch, margins = tables.contributions(rows)
    picked = np.unique(np.linspace(0, n - 1, 200).astype(int))

    singles = [tables.contributions(rows[i : i + 1]) for i in picked]

    assert np.array_equal(np.concatenate([s for s, _ in singles]), batch[picked])
    assert np.array_equal(np.concatenate([m for _, m in singles]), margins[picked])


def test_no_rows_give_no_contributions(tables: ExplanationTables) -> None:
    contributions, margins = tables.contributions(np.empty((0, WIDTH)))

    assert contributions.shape == (0, WIDTH)
    assert margins.shape == (0,)


def test_the_order_of_trees_and_the_memory_layout_change_no_bit() -> None:
    one, two = (tabulate(booster(seed).dump_model(), weight=0.5) for seed in (0, 1))
    rows = odd_rows(2000)

    there, _ = concatenate(one, two).contributions(rows)
    back, _ = concatenate(two, one).contributions(np.asfortranarray(rows))

    assert np.array_equal(there, back)


def test_threads_share_the_tables_without_harm(tables: ExplanationTables) -> None:
    rows = odd_rows(600)
    expected, _ = tables.contributions(rows)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: tables.contributions(rows[:n])[0], [600, 1, 70, 513] * 8))

    assert all(np.array_equal(result, expected[: len(result)]) for result in results)


@pytest.mark.parametrize("rows", [np.zeros((1, 11)), np.zeros(12), np.zeros((1, 12), np.float32)])
def test_rows_of_the_wrong_shape_or_type_are_refused(tables: ExplanationTables, rows: Matrix) -> None:
    with pytest.raises(ArtefactError, match="matrix of 12 columns of float64"):
        tables.contributions(rows)


def test_serving_imports_no_training_library(tables: ExplanationTables, tmp_path: Path) -> None:
    path = tmp_path / "tables.npz"
    tables.save(path)
    program = f"""
import sys, pathlib, numpy
from app.scoring.explanation_tables import ExplanationTables
ExplanationTables.load(pathlib.Path({str(path)!r})).contributions(numpy.zeros((1, {WIDTH})))
print({{"lightgbm", "shap", "sklearn", "numba", "scipy", "pandas"}} & set(sys.modules))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
