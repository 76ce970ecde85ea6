import json
import shutil
from pathlib import Path

import pytest

from app.domain.errors import ArtefactError
from app.scoring.artifact import artefact_id, json_bytes, load, load_estimators
from app.scoring.pd_model import Estimator
from app.scoring.training import Artefact


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "maturity"))


def _changed(folder: Path, **changes: object) -> None:
    """Change a manifest and give it the id that goes with the change, as a forger would."""
    manifest = json.loads((folder / "manifest.json").read_bytes()) | changes
    manifest["artefact_id"] = artefact_id(manifest)
    (folder / "manifest.json").write_bytes(json_bytes(manifest))


def test_a_saved_artefact_loads_as_it_was(estimator: Estimator, artefact: Artefact) -> None:
    assert estimator.name == "maturity"
    assert estimator.trained_on == "simulation"
    assert estimator.landmark_days == (1, 180)
    assert estimator.tables.to_bytes() == artefact.files["tables.npz"]


@pytest.mark.parametrize(
    "file", ["tables.npz", "calibration.json", "scorecard.json", "model_0.txt", "MODEL_CARD.md"]
)
def test_an_altered_file_is_refused_by_its_hash(folder: Path, file: str) -> None:
    data = bytearray((folder / file).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / file).write_bytes(bytes(data))

    with pytest.raises(ArtefactError, match=file):
        load(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "tables.npz").unlink()

    with pytest.raises(ArtefactError, match=r"tables\.npz"):
        load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}'])
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)

    with pytest.raises(ArtefactError, match="manifest"):
        load(folder)


def test_a_manifest_changed_without_its_id_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes()) | {"trained_on": "ledger"}
    (folder / "manifest.json").write_bytes(json_bytes(manifest))

    with pytest.raises(ArtefactError, match="altered"):
        load(folder)


def test_a_file_name_that_leaves_the_folder_is_refused(folder: Path) -> None:
    _changed(folder, files={"../secret": "0" * 64})

    with pytest.raises(ArtefactError, match="altered"):
        load(folder)


def test_golden_rows_that_give_other_margins_are_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    golden = manifest["golden"]
    golden["margin_fixed"][0] += 1
    _changed(folder, golden=golden)

    with pytest.raises(ArtefactError, match="golden"):
        load(folder)


def test_an_artefact_without_golden_rows_is_refused(folder: Path) -> None:
    _changed(folder, golden={"rows": [], "margin_fixed": []})

    with pytest.raises(ArtefactError, match=r"golden|columns"):
        load(folder)


def test_a_feature_that_has_changed_its_unit_since_is_refused(folder: Path) -> None:
    features = json.loads((folder / "manifest.json").read_bytes())["features"]
    features[0]["unit"] = "fen"
    _changed(folder, features=features)

    with pytest.raises(ArtefactError, match="train again"):
        load(folder)


def test_an_interrupted_save_leaves_nothing_that_loads(folder: Path, artefact: Artefact) -> None:
    broken = Artefact(
        manifest=artefact.manifest, files={**artefact.files, "no/such/place": b""}, metrics=artefact.metrics
    )

    with pytest.raises(OSError, match="no/such"):
        broken.save(folder)

    assert load_estimators(folder.parent) == {}


def test_estimators_are_found_by_name(folder: Path) -> None:
    assert set(load_estimators(folder.parent)) == {"maturity"}
    assert load_estimators(folder / "nothing") == {}


def test_saving_twice_gives_the_same_files(folder: Path, artefact: Artefact) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    artefact.save(folder)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
