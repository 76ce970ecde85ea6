"""Trains an estimator: rows, out-of-time split, cross-fitted bag, calibration, simpler opinions beside.

Training only: the server loads what `Artefact.save` writes and needs none of the learning libraries.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import CODE_VERSION
from app.domain.frames import Frames
from app.domain.money import PPM
from app.features.catalogue import BY_NAME, catalogue_hash, declaration
from app.features.feature import Stage
from app.scoring import artifact
from app.scoring.beside import LEARNED, beside, strongest
from app.scoring.calibrating import days_of, fit_calibration, fit_rating_rates
from app.scoring.calibration import Calibration, RatingRates
from app.scoring.calibration_check import check_loans
from app.scoring.explanation_tables import FRACTION_BITS
from app.scoring.groups import all_gaps
from app.scoring.labels import DEFAULTED, RESTRUCTURED
from app.scoring.learning import Learned, learn
from app.scoring.measures import auc, ks, truth_of
from app.scoring.model_card import model_card
from app.scoring.prior_shift import PriorShift, measure_shift, shifted
from app.scoring.proxies import proxy_report
from app.scoring.references import training_reference
from app.scoring.reliability import coverage, deciles, in_the_large, judged_loans
from app.scoring.report_page import report_page
from app.scoring.spec import Kind, TrainingSpec
from app.scoring.splitting import Split, enough_for_trees, split_by_maturity
from app.scoring.stability import cause_lead
from app.scoring.training_record import RECORD, Run, fixed_record, whole_record
from app.scoring.training_rows import matrix, scored_columns, training_rows

# Rates a features frame: (n,) whole points, null where the rating refers to a person.
Rater = Callable[[pl.DataFrame], pl.Series]
_GOLDEN: Final = 16
_FORMAL: Final = 30  # the landmark of the formal assessment, shown apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """What a training run made: the manifest's body and every other file's bytes."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    metrics: Mapping[str, Any]

    def save(self, folder: Path, run: Run | None = None) -> str:
        """Write the artefact into a folder and give its id; nothing that loads is left by an interruption.

        With a run also its record, outside the id.
        """
        if run is not None:
            record = whole_record(self.manifest, self.metrics, run)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / RECORD).write_bytes(artifact.json_bytes(record))
        return artifact.save(folder, self.manifest, self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    columns: tuple[str, ...]
    learned: Learned
    calibration: Calibration
    shift: PriorShift
    rates: RatingRates | None


def train(counties: Sequence[Frames], spec: TrainingSpec, *, rating: Rater | None = None) -> Artefact:
    """Train one estimator on one or more counties' ledgers.

    With too few loans for trees the scorecard speaks. Raises TrainingError for refused columns, for one class
    only and for too few loans even for a scorecard, with what to do.
    Same ledgers, spec and versions give the same bytes.
    """
    columns = scored_columns(spec)
    rows = training_rows(counties, spec)
    return train_rows(
        rows if rating is None else rows.with_columns(rating(rows).alias("points")), columns, spec
    )


def train_rows(rows: pl.DataFrame, columns: tuple[str, ...], spec: TrainingSpec) -> Artefact:
    """Train on rows that `training_rows` made, with the rating's `points` (nullable) where it is to speak."""
    split = split_by_maturity(rows, spec)
    enough = enough_for_trees(rows, spec)
    fitted = _fit(split, columns, spec, spec.kind if enough else Kind.SCORECARD)
    trees = _fit(split, columns, spec, Kind.BOOSTED) if enough and spec.kind is Kind.SCORECARD else None
    metrics = _metrics(rows, split, fitted, spec) | {"beside": _beside(split.parts["test"], fitted, trees)}
    manifest = _manifest(split, fitted, spec) | {"record": fixed_record(rows, columns, spec)}
    reference = training_reference(rows, fitted.learned.tables, spec, test_from=split.starts["test"])
    files = _files(fitted, manifest, metrics) | {artifact.REFERENCE: artifact.json_bytes(reference.to_dict())}
    return Artefact(manifest=manifest, files=files, metrics=metrics)


def _files(fitted: _Fitted, manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, bytes]:
    files = {
        artifact.TABLES: fitted.learned.tables.to_bytes(),
        artifact.CALIBRATION: artifact.json_bytes(fitted.calibration.to_dict()),
        artifact.SCORECARD: artifact.json_bytes(fitted.learned.scorecard.to_dict()),
        "metrics.json": artifact.json_bytes(metrics),
        "MODEL_CARD.md": model_card(manifest, metrics).encode(),
        "report.html": report_page(manifest, metrics).encode(),
        **{f"model_{k}.txt": text.encode() for k, text in enumerate(fitted.learned.texts)},
    }
    if fitted.rates is not None:
        files[artifact.RATING_RATES] = artifact.json_bytes(fitted.rates.to_dict())
    return files


def _fit(split: Split, columns: tuple[str, ...], spec: TrainingSpec, kind: Kind) -> _Fitted:
    """Learn from everything before the test; the later loans calibrate by margins that had not seen them."""
    later = split.parts["later"]
    learned = learn(split.before_test, columns, spec, kind)
    unseen = np.rint(learned.unseen[-later.height :] * 2.0**FRACTION_BITS).astype(np.int64)
    spread = learned.spread(matrix(later, columns))
    calibration = fit_calibration(unseen, later, spread, FRACTION_BITS)
    shift = measure_shift(later, calibration.apply(unseen, _days(later))[0])
    return _Fitted(
        columns=columns,
        learned=learned,
        calibration=shifted(calibration, shift.log_odds),
        shift=shift,
        rates=_rating_rates(later),
    )


def _days(rows: pl.DataFrame) -> NDArray[np.int64] | None:
    return None if rows["days_to_maturity"].null_count() else days_of(rows)


def _rating_rates(rows: pl.DataFrame) -> RatingRates | None:
    if "points" not in rows.columns:
        return None
    rated = rows.filter(pl.col("points").is_not_null())
    if rated.is_empty():
        return None
    once = rated["weight"] / rated.select(pl.len().over("county", "loan_id")).to_series()
    return fit_rating_rates(rated["points"].to_numpy(), rated["bad"].to_numpy(), once.to_numpy())


def _metrics(rows: pl.DataFrame, split: Split, fitted: _Fitted, spec: TrainingSpec) -> dict[str, Any]:
    test = split.parts["test"]
    judged = _judged_once(test, fitted)
    loans = rows.unique(["county", "loan_id"])
    outcome = loans["outcome"]
    found: dict[str, Any] = {
        "loans": loans.height,
        "restructured": int((outcome == RESTRUCTURED).sum()),
        "observed_practice_rate": round(float((outcome == DEFAULTED).sum()) / loans.height, 6),
        "parts": {name: _counts(part) for name, part in split.parts.items()},
        "kind": fitted.learned.kind.value,
        "trees": len(fitted.learned.tables.base),
        "prior_shift": fitted.shift.to_dict(),
        "reliability": _reliability(test, fitted, spec),
        "test": _measured(test, fitted),
        "calibration_check": check_loans(*judged),
        "groups": all_gaps(*judged, least=spec.group_loans, flagged_ppm=spec.flagged_ppm),
        "proxies": proxy_report(rows, fitted.columns),
    }
    if fitted.learned.kind is not spec.kind:
        found["note"] = _NOTE
    if spec.stage is Stage.MATURITY and _FORMAL in spec.landmarks:
        found[f"test_at_{_FORMAL}_days"] = _measured(test.filter(_on_formal_day()), fitted)
    return found


def _on_formal_day() -> pl.Expr:
    return (pl.col("ends_on") - pl.col("as_of")).dt.total_days() == _FORMAL


def _once(test: pl.DataFrame) -> pl.DataFrame:
    """Take each loan once: on the day of the formal assessment, or else at its last row."""
    formal = test.filter(_on_formal_day())
    last = test.unique(["county", "loan_id"], keep="last", maintain_order=True)
    return formal if formal.height else last


def _judged_once(test: pl.DataFrame, fitted: _Fitted) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    once = _once(test)
    return once, fitted.calibration.apply(fitted.learned.margins(matrix(once, fitted.columns)), _days(once))[
        0
    ]


def _beside(test: pl.DataFrame, fitted: _Fitted, trees: _Fitted | None) -> dict[str, Any]:
    """Hold the scorecard in points, the rating and, where a scorecard speaks by choice, trees beside it."""
    once = _once(test)
    values = matrix(once, fitted.columns)
    risks = {LEARNED: fitted.learned.margins(values).astype(np.float64)}
    if fitted.learned.kind is Kind.BOOSTED:
        risks["scorecard"] = -fitted.learned.scorecard.points(once).astype(np.float64)
    if trees is not None:
        risks["trees"] = trees.learned.margins(values).astype(np.float64)
    if "points" in once.columns:
        risks["rating"] = -once["points"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return beside(once, risks) | {"strongest": strongest(fitted.learned.tables, values)}


_NOTE: Final = {
    "zh": "可用贷款或违约笔数不足以训练树模型，已改用评分卡；积累更多到期贷款后请重新训练。",
    "en": "There are too few loans or defaults for trees, so the scorecard speaks; train again when more "
    "have matured.",
}


def _reliability(test: pl.DataFrame, fitted: _Fitted, spec: TrainingSpec) -> dict[str, Any]:
    said = fitted.calibration.apply(fitted.learned.margins(matrix(test, fitted.columns)), _days(test))
    loans = judged_loans(test, *said)
    return {
        "method": fitted.calibration.method,
        "deciles": deciles(loans),
        "interval": coverage(loans, spec.seed),
        "by_township": in_the_large(loans, "township_code"),
        "by_year": in_the_large(loans, "year"),
    }


def _counts(part: pl.DataFrame) -> dict[str, Any]:
    loans = part.unique(["county", "loan_id"])
    ends = part["ends_on"].cast(pl.String)
    return {
        "rows": part.height, "loans": loans.height, "defaults": int(loans["bad"].sum()),
        "first_maturity": ends.min(), "last_maturity": ends.max(),
    }  # fmt: skip


def _measured(part: pl.DataFrame, fitted: _Fitted) -> dict[str, Any]:
    bad, weight = part["bad"].to_numpy(), part["weight"].to_numpy()
    margin = fitted.learned.margins(matrix(part, fitted.columns))
    learned, low, high = fitted.calibration.apply(margin, _days(part))
    risk = margin.astype(np.float64)
    found: dict[str, Any] = {"n": part.height, "bads": int(bad.sum())}
    found["learned"] = {"auc": auc(risk, bad, weight), "ks": ks(risk, bad, weight)} | truth_of(
        learned, bad, weight
    )
    found["learned"]["mean_interval_ppm"] = round(float((high - low).mean()))
    found["scorecard"] = {"auc": auc(-fitted.learned.scorecard.points(part).astype(np.float64), bad, weight)}
    if "points" in part.columns:
        rated = part.filter(pl.col("points").is_not_null())
        risk = -rated["points"].to_numpy().astype(np.float64)
        found["rating"] = {
            "auc": auc(risk, rated["bad"].to_numpy(), rated["weight"].to_numpy()),
            "n": rated.height,
        }
    return found


def _manifest(split: Split, fitted: _Fitted, spec: TrainingSpec) -> dict[str, Any]:
    test = matrix(split.parts["test"], fitted.columns)[: _GOLDEN - 1]
    rows = np.vstack([test, np.full((1, len(fitted.columns)), np.nan)])
    maturity = spec.stage is Stage.MATURITY
    return {
        "estimator": spec.stage.value,
        "kind": fitted.learned.kind.value,
        "trained_on": spec.trained_on,
        "landmark_days": [min(spec.landmarks), max(spec.landmarks)] if maturity else None,
        "features": _features(split.before_test, fitted.columns),
        "catalogue_hash": catalogue_hash(),
        "cause_lead": _cause_lead(split.before_test, fitted, spec),
        "spec": spec.to_dict(),
        "split": {name: day.isoformat() for name, day in split.starts.items()},
        "golden": artifact.golden(rows, fitted.learned.margins(rows)),
        "versions": {"xindeng": CODE_VERSION} | {name: version(name) for name in _LIBRARIES},
    }


def _cause_lead(rows: pl.DataFrame, fitted: _Fitted, spec: TrainingSpec) -> int:
    features = tuple(artifact.scored(BY_NAME[name], typical=None) for name in fitted.columns)
    members, flagged = fitted.learned.single, spec.flagged_ppm / PPM
    return cause_lead(members, rows, features, folds=spec.recipe.folds, flagged=flagged)


_LIBRARIES: Final = ("lightgbm", "numpy", "polars", "scikit-learn", "scipy")


def _features(train: pl.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    typical = _medians(matrix(train, columns))
    return [dict(declaration(BY_NAME[n])) | {"typical": t} for n, t in zip(columns, typical, strict=True)]


def _medians(values: NDArray[np.float64]) -> list[float | None]:
    known = [column[~np.isnan(column)] for column in values.T]
    return [float(np.median(column)) if column.size else None for column in known]
