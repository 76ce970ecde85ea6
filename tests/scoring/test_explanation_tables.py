import dataclasses
import io
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
MEMBERS = [
    "features",
    "feature",
    "threshold",
    "missing_left",
    "zero_is_missing",
    "paths",
    "base",
    "fraction_bits",
]
NOT_WHOLE = r"not a whole \.npz file"
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


def test_a_saved_file_loads_to_the_same_tables_and_saves_to_the_same_bytes(
    tables: ExplanationTables, tmp_path: Path
) -> None:
    path = tmp_path / "tables.npz"
    rows = odd_rows(700)

    tables.save(path)
    loaded = ExplanationTables.load(path)

    assert loaded.features == tables.features
    assert loaded.to_bytes() == path.read_bytes() == tables.to_bytes()
    assert np.array_equal(loaded.contributions(rows)[0], tables.contributions(rows)[0])


def test_a_missing_file_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="cannot be opened"):
        ExplanationTables.load(tmp_path / "none.npz")


@pytest.mark.parametrize("keep", [0, 1, 100, 5000, -1])
def test_a_truncated_file_is_refused(tables: ExplanationTables, keep: int) -> None:
    with pytest.raises(ArtefactError, match=NOT_WHOLE):
        ExplanationTables.from_bytes(tables.to_bytes()[:keep])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_an_altered_byte_is_refused_or_without_effect(tables: ExplanationTables, data: st.DataObject) -> None:
    whole = tables.to_bytes()
    # Most bytes are array contents; the last kilobytes and the first are where the structure is.
    near_an_end = st.integers(-1500, 300)
    place = data.draw(st.one_of(near_an_end, st.integers(0, len(whole) - 1))) % len(whole)
    altered = bytearray(whole)
    altered[place] ^= data.draw(st.integers(1, 255))

    try:
        loaded = ExplanationTables.from_bytes(bytes(altered))
    except ArtefactError:
        return

    assert loaded.to_bytes() == whole


def rebuilt(
    tables: ExplanationTables, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED
) -> bytes:
    """The same archive with some members replaced, checksums and all."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(tables.to_bytes())) as old,
        zipfile.ZipFile(buffer, "w", compression) as new,
    ):
        for name in old.namelist():
            new.writestr(name, members.get(name.removesuffix(".npy"), old.read(name)))
    return buffer.getvalue()


def npy(array: NDArray[Any], *, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def test_members_that_are_not_what_they_should_be_are_refused(tables: ExplanationTables) -> None:
    promise = npy(np.zeros((1, 7))).replace(b"(1, 7), }          ", b"(10000000000, 7), }")
    unfinished = npy(np.zeros((1, 7))).replace(b"(1, 7), }", b"(1, 7), (")
    hostile = {
        "a pickle": {"features": npy(np.array([{}], dtype=object), allow_pickle=True)},
        "another type": {"threshold": npy(tables.threshold.astype(np.float32))},
        "another rank": {"fraction_bits": npy(np.array([44]))},
        "an archive": {"base": tables.to_bytes()},
        "no array": {"base": b"tables"},
        "a header that promises more": {"threshold": promise},
        "a header without an end": {"threshold": unfinished},
    }

    for members in hostile.values():
        with pytest.raises(ArtefactError, match=NOT_WHOLE):
            ExplanationTables.from_bytes(rebuilt(tables, members))


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(MEMBERS), place=st.integers(0, 127), flip=st.integers(1, 255))
def test_an_altered_array_header_is_refused_or_without_effect(
    tables: ExplanationTables, name: str, place: int, flip: int
) -> None:
    with zipfile.ZipFile(io.BytesIO(tables.to_bytes())) as archive:
        member = bytearray(archive.read(f"{name}.npy"))
    member[place] ^= flip

    try:
        loaded = ExplanationTables.from_bytes(rebuilt(tables, {name: bytes(member)}))
    except ArtefactError:
        return

    assert loaded.to_bytes() == tables.to_bytes()


def test_a_compressed_archive_is_refused(tables: ExplanationTables) -> None:
    with pytest.raises(ArtefactError, match=NOT_WHOLE):
        ExplanationTables.from_bytes(rebuilt(tables, {}, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: {"threshold": t.threshold[:, :6]}, "threshold should have shape"),
        (lambda t: {"paths": t.paths[:-1]}, "feature should have shape"),
        (lambda t: {"base": t.base.astype(np.float64)}, "base should have shape"),
        (lambda t: {"feature": t.feature + np.int32(1)}, "a feature that does not exist"),
        (lambda t: {"threshold": np.full_like(t.threshold, np.inf)}, "no proper threshold"),
        (lambda t: {"features": t.features[:-1] + t.features[:1]}, "feature names do not hold"),
        (lambda t: {"base": np.full_like(t.base, 2**61)}, "exceed the fixed-point range"),
        (lambda t: {"paths": np.full_like(t.paths, -(2**63))}, "exceed the fixed-point range"),
        (lambda _: {"fraction_bits": 63}, "exceed the fixed-point range"),
    ],
)
def test_tables_whose_parts_do_not_fit_are_refused(
    tables: ExplanationTables, change: Any, sentence: str
) -> None:
    with pytest.raises(ArtefactError, match=sentence):
        dataclasses.replace(tables, **change(tables))


def test_nothing_can_be_written_into_tables(tables: ExplanationTables) -> None:
    with pytest.raises(ValueError, match="read-only"):
        tables.paths[0, 0, 0, 0] = 1


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
