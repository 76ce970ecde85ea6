"""A models folder with the shipped artefacts and copies of one under ids of their own."""

import json
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.features.feature import Stage
from app.scoring.artifact import CALIBRATION, MANIFEST, REFERENCE, artefact_id, json_bytes
from app.scoring.drift import Reference
from app.settings import ROOT


def models_folder(folder: Path) -> Path:
    """Copy what ships."""
    for stage in Stage:
        shutil.copytree(ROOT / "models" / stage.value, folder / stage.value)
    return folder


def add_copy(models: Path, name: str, *, reference: Reference | None = None) -> str:
    """Put a copy of the maturity artefact beside it, told apart by its name: the copy's id."""
    files = {} if reference is None else {REFERENCE: json_bytes(reference.to_dict())}
    return add_altered(models, name, files)


def add_altered(models: Path, name: str, files: Mapping[str, bytes], **entries: Any) -> str:
    """Put a copy with other files and entries of the manifest, whose hashes all fit: the copy's id."""
    target = models / name
    shutil.copytree(models / "maturity", target)
    manifest = json.loads((target / MANIFEST).read_bytes()) | {"copy": name} | entries
    for file, data in files.items():
        (target / file).write_bytes(data)
        manifest["files"][file] = sha256(data).hexdigest()
    manifest["artefact_id"] = artefact_id(manifest)
    (target / MANIFEST).write_bytes(json_bytes(manifest))
    return str(manifest["artefact_id"])


def add_failing(models: Path, name: str = "bad") -> str:
    """Put a copy beside it that loads, but whose calibration can shift no margin: its reach is not whole."""
    told = json.loads((models / "maturity" / CALIBRATION).read_bytes())
    horizon = {"middle": 90, "reach": 30.5, "stretch_ppm": 1000, "shift_fixed": 0}
    return add_altered(models, name, {CALIBRATION: json_bytes(told | {"horizon": horizon})})
