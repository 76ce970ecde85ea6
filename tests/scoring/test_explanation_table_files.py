import dataclasses
import io
import zipfile
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.domain.errors import ArtefactError
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.tabulate import tabulate

WIDTH = 12
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


@pytest.fixture(scope="module")
def tables() -> ExplanationTables:
    rows = np.random.default_rng(1).normal(size=(1000, WIDTH))
    bad = rows[:, 0] + rows[:, 1] * rows[:, 2] > 0
    params = {"objective": "binary", "max_depth": 3, "num_threads": 1, "verbose": -1, "seed": 1}
    return tabulate(lightgbm.train(params, lightgbm.Dataset(rows, bad), 40).dump_model())


def test_a_saved_file_loads_to_the_same_tables_and_saves_to_the_same_bytes(
    tables: ExplanationTables, tmp_path: Path
) -> None:
    path = tmp_path / "tables.npz"
    rows = np.random.default_rng(2).normal(size=(700, WIDTH))

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
@example(name="features", place=8, flip=16)  # a header that ends sixteen bytes too early or too late
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
