"""What the trainer is measured against on any table: each refitted on the same rows, everything inside.

All get what the trainer reads of a table: numbers with NaN where missing, categories as codes with -1 where
missing or never seen. A peer whose package is not installed is named, never left out silently.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from app.scoring.anytable.columns import Cells

FloatVector = NDArray[np.float64]
IntVector = NDArray[np.int64]
Fit = Callable[[Cells, FloatVector, Cells, int], FloatVector]
QUIET: dict[str, Any] = {"n_jobs": 1, "verbosity": -1, "deterministic": True, "force_row_wise": True}
TUNED: dict[str, Any] = {"learning_rate": 0.05, "subsample": 0.8, "subsample_freq": 1}
SIZES = tuple((leaves, least) for leaves in (4, 8, 16, 31) for least in (20, 100))
ROUNDS, PATIENCE, INNER = 1_000, 50, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A learner: from rows learnt from, their outcomes, rows held out and a seed to these rows' pd."""

    name: str
    fit: Fit
    package: str | None = None

    @property
    def installed(self) -> bool:
        return self.package is None or find_spec(self.package) is not None


def joined(cells: Cells) -> NDArray[np.float64]:
    return np.hstack([cells.numbers, cells.codes])


def places(cells: Cells) -> tuple[list[int], list[int]]:
    """Numbers first, then categories, as `joined` has them."""
    numbers, codes = cells.numbers.shape[1], cells.codes.shape[1]
    return list(range(numbers)), list(range(numbers, numbers + codes))


def logistic(learn: Cells, bad: FloatVector, held: Cells, seed: int) -> FloatVector:
    numbers, codes = places(learn)
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    coded = OneHotEncoder(handle_unknown="ignore", min_frequency=5)
    model = make_pipeline(
        make_column_transformer((scaled, numbers), (coded, codes)),
        LogisticRegression(max_iter=2_000, random_state=seed),
    )
    return second(model.fit(joined(learn), bad).predict_proba(joined(held)))


def second(both: Any) -> FloatVector:
    return np.asarray(both, np.float64)[:, 1]


def trees(seed: int, **more: Any) -> lgb.LGBMClassifier:
    return lgb.LGBMClassifier(**QUIET, random_state=seed, **more)


def fitted(model: Any, learn: Cells, bad: FloatVector, held: Cells) -> FloatVector:
    model.fit(joined(learn), bad, categorical_feature=places(learn)[1])
    return second(model.predict_proba(joined(held)))


def lightgbm(learn: Cells, bad: FloatVector, held: Cells, seed: int) -> FloatVector:
    return fitted(trees(seed), learn, bad, held)


def calibrated(learn: Cells, bad: FloatVector, held: Cells, seed: int) -> FloatVector:
    return fitted(CalibratedClassifierCV(trees(seed), method="sigmoid", cv=5), learn, bad, held)


def tuned(learn: Cells, bad: FloatVector, held: Cells, seed: int) -> FloatVector:
    """Leaves, rows of a leaf and rounds by the log-loss of inner folds, then once more on all rows."""
    x = joined(learn)
    cuts = list(StratifiedKFold(INNER, shuffle=True, random_state=seed).split(x, bad))
    tried = [searched(learn, x, bad, cuts, seed, size) for size in SIZES]
    best = min(range(len(SIZES)), key=lambda j: tried[j][0])
    return fitted(trees(seed, n_estimators=tried[best][1], **sized(SIZES[best])), learn, bad, held)


def sized(size: tuple[int, int]) -> dict[str, Any]:
    return {"num_leaves": size[0], "min_child_samples": size[1], **TUNED}


def searched(cells: Cells, x: Any, bad: FloatVector, cuts: Any, seed: int, size: tuple[int, int]) -> Any:
    """Least mean log-loss of the inner folds, and the rounds it took."""
    found: Any = lgb.cv(
        {"objective": "binary", "seed": seed, **QUIET, **sized(size)},
        lgb.Dataset(x, bad, categorical_feature=places(cells)[1]),
        num_boost_round=ROUNDS,
        folds=cuts,
        callbacks=[lgb.early_stopping(PATIENCE, verbose=False)],
    )
    losses = found["valid binary_logloss-mean"]
    return min(losses), len(losses)


def scorecard(learn: Cells, bad: FloatVector, held: Cells, seed: int) -> FloatVector:
    """Weights of evidence by optbinning, then a logistic regression."""
    names = [f"f{place}" for place in range(joined(learn).shape[1])]
    named = [f"f{place}" for place in places(learn)[1]]
    frame, rows = (import_module("pandas").DataFrame(joined(c), columns=names) for c in (learn, held))
    binning = import_module("optbinning").BinningProcess(names, categorical_variables=named)
    woe = {"metric": "woe", "metric_missing": "empirical", "metric_special": "empirical"}
    x = binning.fit(frame, bad.astype(int)).transform(frame, **woe)
    model = LogisticRegression(max_iter=2_000, random_state=seed).fit(np.asarray(x), bad)
    return second(model.predict_proba(np.asarray(binning.transform(rows, **woe))))


def catboost(learn: Cells, bad: FloatVector, held: Cells, seed: int) -> FloatVector:
    package = import_module("catboost")
    model = package.CatBoostClassifier(
        random_seed=seed, thread_count=1, verbose=False, allow_writing_files=False
    )
    pools = [features(package, cells) for cells in (learn, held)]
    return second(model.fit(package.Pool(pools[0], bad)).predict_proba(package.Pool(pools[1])))


def features(package: Any, cells: Cells) -> Any:
    words = cells.codes.astype(str).astype(bytes).astype(object)
    return package.FeaturesData(
        num_feature_data=cells.numbers.astype(np.float32) if cells.numbers.shape[1] else None,
        cat_feature_data=words if words.shape[1] else None,
    )


def ebm(learn: Cells, bad: FloatVector, held: Cells, seed: int) -> FloatVector:
    numbers, codes = places(learn)
    kinds = ["continuous"] * len(numbers) + ["nominal"] * len(codes)
    boosted = import_module("interpret.glassbox").ExplainableBoostingClassifier
    model = boosted(feature_types=kinds, random_state=seed, n_jobs=1)
    return second(model.fit(joined(learn), bad.astype(int)).predict_proba(joined(held)))


PEERS = (
    Peer(name="logistic", fit=logistic),
    Peer(name="scorecard (optbinning)", fit=scorecard, package="optbinning"),
    Peer(name="LightGBM", fit=lightgbm),
    Peer(name="LightGBM calibrated", fit=calibrated),
    Peer(name="LightGBM tuned", fit=tuned),
    Peer(name="CatBoost", fit=catboost, package="catboost"),
    Peer(name="EBM", fit=ebm, package="interpret"),
)
