"""Trained artefacts on disk: written once, checked before anything is computed from them. No pickles."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import ArtefactError
from app.features.catalogue import BY_NAME, declaration
from app.features.feature import Feature
from app.scoring.calibration import Calibration, RatingRates
from app.scoring.drift import Reference
from app.scoring.explanation import ScoredFeature
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.pd_model import Estimator
from app.scoring.scorecard import Scorecard

MANIFEST: Final = "manifest.json"
TABLES: Final = "tables.npz"
CALIBRATION: Final = "calibration.json"
RATING_RATES: Final = "rating_rates.json"
SCORECARD: Final = "scorecard.json"
RECORD: Final = "training_record.json"  # who trained and when: beside the artefact, outside its id
REFERENCE: Final = "reference.json"  # what was learnt from, for watching drift
EFFECTS_FOLDER: Final = "effects"  # beside the estimators' folders, read by effects_artifact
FORMAT: Final = 1
_ID_DIGITS: Final = 16
_LARGEST_FILE: Final = 16 * 2**20
UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, IndexError)


def json_bytes(value: object) -> bytes:
    """Write JSON whose bytes depend on nothing but the value; NaN and infinity are refused."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return (text + "\n").encode()


def artefact_id(manifest: Mapping[str, Any]) -> str:
    """Hash a manifest without its own id: 16 hexadecimal digits that name estimator and bytes."""
    body = {name: value for name, value in manifest.items() if name != "artefact_id"}
    return hashlib.sha256(json_bytes(body)).hexdigest()[:_ID_DIGITS]


def save(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Write an artefact: its files, then its manifest with their hashes; gives the artefact's id.

    The manifest comes last, so that an interrupted run leaves nothing that loads.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    full = dict(manifest) | {"format": FORMAT, "files": hashes}
    full["artefact_id"] = artefact_id(full)
    (folder / MANIFEST).write_bytes(json_bytes(full))
    return str(full["artefact_id"])


def load(folder: Path) -> Estimator:
    """Load an artefact after checking every hash, every feature and its golden rows bit for bit.

    Anything missing, altered or unfit for this code is an ArtefactError that names the folder's file.
    """
    manifest, files = verified(folder)
    try:
        estimator = _assembled(manifest, files)
    except UNREADABLE as error:
        raise broken(folder.name, "内容不完整", f"it is incomplete ({type(error).__name__})") from error
    _check_golden(folder.name, estimator, manifest)
    return estimator


def load_estimators(folder: Path) -> dict[str, Estimator]:
    """Load every artefact below a folder, by the estimator's name; a folder without any gives none."""
    found = [path.parent for path in sorted(folder.glob(f"*/{MANIFEST}"))]
    loaded = (load(each) for each in found if each.name != EFFECTS_FOLDER)
    return {estimator.name: estimator for estimator in loaded}


def verified(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read a manifest and every file that it names; raises ArtefactError where a hash does not fit."""
    manifest = _manifest(folder)
    return manifest, {name: _checked(folder / name, digest) for name, digest in manifest["files"].items()}


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        fits = manifest["format"] == FORMAT and manifest["artefact_id"] == artefact_id(manifest)
        names = list(manifest["files"])
    except UNREADABLE as error:
        raise broken(folder.name, "清单无法读取", "its manifest cannot be read") from error
    if not fits or any(Path(name).name != name for name in names):
        raise broken(folder.name, "清单被改动或版本不符", "its manifest was altered or is of another format")
    return dict(manifest)


def _checked(path: Path, digest: str) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise broken(path.name, "文件过大", "the file is too large")
        data = path.read_bytes()
    except OSError as error:
        raise broken(path.name, "文件无法打开", "the file cannot be opened") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise broken(path.name, "文件与清单不符", "the file is not the one that the manifest names")
    return data


def _assembled(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Estimator:
    landmarks = manifest["landmark_days"]
    rates, reference = files.get(RATING_RATES), files.get(REFERENCE)
    features = tuple(_feature(entry) for entry in manifest["features"])
    tables = ExplanationTables.from_bytes(files[TABLES])
    if tables.features != tuple(feature.name for feature in features):
        raise broken(
            str(manifest["estimator"]), "特征次序不符", "tables and manifest differ in their features"
        )
    return Estimator(
        artefact_id=manifest["artefact_id"],
        name=manifest["estimator"],
        trained_on=manifest["trained_on"],
        landmark_days=None if landmarks is None else (int(landmarks[0]), int(landmarks[1])),
        features=features,
        tables=tables,
        calibration=Calibration.from_dict(json.loads(files[CALIBRATION])),
        scorecard=Scorecard.from_dict(json.loads(files[SCORECARD])),
        rating_rates=None if rates is None else RatingRates.from_dict(json.loads(rates)),
        manifest=manifest,
        reference=None if reference is None else Reference.from_dict(json.loads(reference)),
        cause_lead=int(manifest.get("cause_lead", 0)),
    )


def _feature(entry: Mapping[str, Any]) -> ScoredFeature:
    """Read a feature and make sure that this code still means the same by it."""
    known = BY_NAME.get(entry["name"])
    if known is None or any(entry[key] != value for key, value in declaration(known).items()):
        name = str(entry["name"])
        raise broken(
            name, "特征定义已改变，请重新训练", "the feature has changed since training; train again"
        )
    return scored(known, typical=entry["typical"])


def scored(feature: Feature, *, typical: float | None) -> ScoredFeature:
    """Give a feature of the catalogue as a column of an estimator."""
    return ScoredFeature(
        name=feature.name, unit=feature.unit, cause=feature.cause, sign=feature.sign, typical=typical
    )


def golden(rows: NDArray[np.float64], margins: NDArray[np.int64]) -> dict[str, Any]:
    """Write golden rows and the margins they must give; missing values become null."""
    plain = [[None if math.isnan(value) else value for value in row] for row in rows.tolist()]
    return {"rows": plain, "margin_fixed": margins.tolist()}


def _check_golden(name: str, estimator: Estimator, manifest: Mapping[str, Any]) -> None:
    try:
        rows = _rows(manifest["golden"]["rows"])
        expected = np.array(manifest["golden"]["margin_fixed"], np.int64)
    except UNREADABLE as error:
        raise broken(name, "没有校验样本", "its golden rows cannot be read") from error
    _, margins = estimator.tables.contributions(rows)
    if len(rows) == 0 or not np.array_equal(margins, expected):
        raise broken(name, "校验样本结果不符", "its golden rows give other margins than they should")


def _rows(plain: Sequence[Sequence[float | None]]) -> NDArray[np.float64]:
    return np.array([[np.nan if v is None else v for v in row] for row in plain], np.float64)


def broken(what: str, zh: str, en: str) -> ArtefactError:
    """Make the error that names an artefact or its file and says what is wrong with it."""
    return ArtefactError(
        zh=f"模型文件 {what} 不可用：{zh}。", en=f"The artefact {what} cannot be used: {en}.", artefact=what
    )
