"""A models folder with the shipped artefacts and copies of one under ids of their own."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

from app.features.feature import Stage
from app.scoring.artifact import MANIFEST, REFERENCE, artefact_id, json_bytes
from app.scoring.drift import Reference
from app.settings import ROOT


def models_folder(folder: Path) -> Path:
    """Copy what ships."""
    for stage in Stage:
        shutil.copytree(ROOT / "models" / stage.value, folder / stage.value)
    return folder


def add_copy(models: Path, name: str, *, reference: Reference | None = None) -> str:
    """Put a copy of the maturity artefact beside it, told apart by its name: the copy's id."""
    target = models / name
    shutil.copytree(models / "maturity", target)
    manifest = json.loads((target / MANIFEST).read_bytes()) | {"copy": name}
    if reference is not None:
        data = json_bytes(reference.to_dict())
        (target / REFERENCE).write_bytes(data)
        manifest["files"][REFERENCE] = sha256(data).hexdigest()
    manifest["artefact_id"] = artefact_id(manifest)
    (target / MANIFEST).write_bytes(json_bytes(manifest))
    return str(manifest["artefact_id"])
