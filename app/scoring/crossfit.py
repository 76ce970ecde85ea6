"""Cross-fits a bag of small boosted trees: every row is also judged by trees that have not seen it.

Each booster learns four fifths; all stop where the mean log-loss of their held-out fifths is lowest, so that
no fold picks the end that flatters it. With few rows the folds are drawn again with other seeds. The bag is
the mean of all. The out-of-fold margins it leaves are what a calibration may be fitted on. Training only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from app.domain.errors import TrainingError
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.tabulate import concatenate, tabulate

FloatMatrix = NDArray[np.float64]
FloatVector = NDArray[np.float64]
IntVector = NDArray[np.int64]
# From the numbers of the rows learnt from to more columns of all rows, (n, E): what must be learnt too.
Encode = Callable[[IntVector], FloatMatrix]
_SEEDS_APART: Final = 1000  # no two boosters of neighbouring seeds share one


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossfitRecipe:
    """How a cross-fitted bag is learnt: one setting for every table, in which only sizes follow the rows.

    `repeats` are pairs (below so many rows, so often are the folds drawn); beyond the last, once.
    A leaf holds `leaf_share` of the rows, within `leaf_rows`. `large_learning_rate` saves time from
    `large_rows` on, where it costs no accuracy; from `huge_rows` on there are at most `huge_folds` and
    `huge_rounds`.
    """

    folds: int = 5
    repeats: tuple[tuple[int, int], ...] = ((5_000, 3), (20_000, 2))
    rounds: int = 2_000
    patience: int = 60
    learning_rate: float = 0.03
    large_rows: int = 100_000
    large_learning_rate: float = 0.1
    huge_rows: int = 400_000
    huge_folds: int = 5
    huge_rounds: int = 2_000
    leaves: int = 8
    depth: int = 3
    leaf_share: float = 0.02
    leaf_rows: tuple[int, int] = (5, 60)
    leaf_penalty: float = 5.0
    path_smooth: float = 1.0
    feature_share: float = 0.5
    bag_share: float = 0.7
    few_rows: int = 5_000
    bins: tuple[int, int] = (63, 127)  # below few_rows, and from there on

    def to_dict(self) -> dict[str, Any]:
        """Write the recipe as plain JSON values."""
        return asdict(self)

    def times(self, rows: int) -> int:
        """Give how often the folds are drawn for so many rows."""
        return next((times for below, times in self.repeats if rows < below), 1)

    def parts(self, rows: int) -> int:
        """Give how many folds are drawn of so many rows."""
        return self.folds if rows < self.huge_rows else min(self.folds, self.huge_folds)

    def longest(self, rows: int) -> int:
        """Give how many trees a booster of so many rows has at most."""
        return self.rounds if rows < self.huge_rows else min(self.rounds, self.huge_rounds)

    def parameters(self, rows: int, monotone: tuple[int, ...], seed: int) -> dict[str, Any]:
        """Give LightGBM's parameters for so many rows; nothing is left to chance or to the machine."""
        least, most = self.leaf_rows
        return {
            "objective": "binary",
            "metric": "binary_logloss",
            "learning_rate": self.learning_rate if rows < self.large_rows else self.large_learning_rate,
            "num_leaves": self.leaves,
            "max_depth": self.depth,
            "min_data_in_leaf": min(most, max(least, int(self.leaf_share * rows))),
            "lambda_l2": self.leaf_penalty,
            "path_smooth": self.path_smooth,
            "feature_fraction": self.feature_share,
            "bagging_fraction": self.bag_share,
            "bagging_freq": 1,
            "max_bin": self.bins[rows >= self.few_rows],
            "seed": seed,
            **({"monotone_constraints": list(monotone), **_MONOTONE} if any(monotone) else {}),
            **_EXACT,
        }


_MONOTONE: Final = {"monotone_constraints_method": "intermediate"}
_EXACT: Final = {
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "feature_pre_filter": False,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossFitted:
    """A cross-fitted bag: per booster its text, its tables (already divided by their number) and its rows.

    `margins` (n,) are log-odds out of fold, averaged over the repeats; `learnt_on` holds the numbers of the
    rows that each booster learnt from, so that whatever `encode` learnt can be learnt again.
    """

    texts: tuple[str, ...]
    single: tuple[ExplanationTables, ...]
    learnt_on: tuple[IntVector, ...]
    margins: FloatVector

    @property
    def tables(self) -> ExplanationTables:
        """Put all boosters' trees together, where every booster has the same columns: their mean."""
        return concatenate(*self.single)

    def spread(self, values: FloatMatrix) -> FloatVector:
        """Give the standard deviation of the boosters' margins in log-odds: (n, F) to (n,)."""
        times = len(self.single)
        each = [times * one.to_log_odds(one.contributions(values)[1]) for one in self.single]
        return np.asarray(np.std(np.stack(each), axis=0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What is learnt from: (n, F) values with NaN where missing, bad (n,) of 0.0 and 1.0.

    Rows of one group stay together (None: every row alone). `names` and `monotone` (-1, 0, 1; None: no
    signs) speak of the values' columns and, after them, of those that are encoded.
    """

    values: FloatMatrix
    bad: FloatVector
    names: tuple[str, ...]
    weight: FloatVector | None = None
    groups: NDArray[Any] | None = None
    monotone: tuple[int, ...] | None = None


def crossfit(rows: Rows, recipe: CrossfitRecipe, seed: int, encode: Encode | None = None) -> CrossFitted:
    """Cross-fit a bag; `encode` adds columns that must be learnt inside every fold as well.

    Same rows, recipe and seed give the same bits. Raises TrainingError where a class has one group only.
    """
    times, margins = recipe.times(len(rows.bad)), np.zeros_like(rows.bad)
    grown = [
        _begin(rows, recipe, seed * _SEEDS_APART + number, part, encode)
        for number, part in enumerate(folds(rows, recipe, seed))
    ]
    rounds = _grow([one.booster for one in grown], recipe.longest(len(rows.bad)), recipe.patience)
    for one in grown:
        held = one.booster.predict(one.unseen, raw_score=True, num_iteration=rounds, num_threads=1)
        margins[one.held] += np.asarray(held) / times
    texts, dumps = zip(*(_written(one.booster, rounds, rows.names) for one in grown), strict=True)
    single = tuple(tabulate(dump, weight=1.0 / len(dumps)) for dump in dumps)
    learnt_on = tuple(one.learnt for one in grown)
    return CrossFitted(texts=texts, single=single, learnt_on=learnt_on, margins=margins)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Growing:
    """A booster that grows, the rows it learns from, and the values of those it has not seen."""

    booster: lgb.Booster
    learnt: IntVector
    held: IntVector
    unseen: FloatMatrix


def _begin(
    rows: Rows, recipe: CrossfitRecipe, seed: int, part: tuple[IntVector, IntVector], encode: Encode | None
) -> _Growing:
    learn, held = part
    values = rows.values if encode is None else np.hstack([rows.values, encode(learn)])
    parameters = recipe.parameters(len(learn), rows.monotone or (0,) * len(rows.names), seed)
    known, unseen = (_dataset(rows, values, which) for which in part)
    for data in (known, unseen):
        data.params = {name: parameters[name] for name in ("max_bin", *_EXACT)}
    booster = lgb.Booster(parameters, known)
    booster.add_valid(unseen.set_reference(known), "unseen")
    return _Growing(booster=booster, learnt=learn, held=held, unseen=values[held])


def _grow(boosters: Sequence[lgb.Booster], rounds: int, patience: int) -> int:
    """Grow all by one tree at a time until `patience` rounds lower the mean loss no more; give the best."""
    lowest, best = np.inf, 1
    for number in range(1, rounds + 1):
        loss = float(np.mean([_unseen_loss(booster) for booster in boosters]))
        if loss < lowest:
            lowest, best = loss, number
        if number - best >= patience:
            break
    return best


def _unseen_loss(booster: lgb.Booster) -> float:
    booster.update()
    return float(booster.eval_valid()[0][2])


def _dataset(rows: Rows, values: FloatMatrix, part: IntVector) -> lgb.Dataset:
    """Take some of the rows; columns are numbered, as LightGBM refuses names with signs of JSON in them."""
    numbered = [f"f{number}" for number in range(len(rows.names))]
    weight = None if rows.weight is None else rows.weight[part]
    return lgb.Dataset(values[part], rows.bad[part], weight=weight, feature_name=numbered)


def _written(booster: lgb.Booster, rounds: int, names: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    dump = dict(booster.dump_model(num_iteration=rounds)) | {"feature_names": list(names)}
    return booster.model_to_string(num_iteration=rounds), dump


def folds(rows: Rows, recipe: CrossfitRecipe, seed: int) -> Iterator[tuple[IntVector, IntVector]]:
    """Draw the folds as often as the recipe says: pairs of row numbers, to learn from and held out."""
    bad, groups = rows.bad, rows.groups
    whose = np.arange(len(bad)) if groups is None else np.unique(groups, return_inverse=True)[1]
    worst = np.zeros(whose.max(initial=-1) + 1)
    np.maximum.at(worst, whose, bad)
    folds = min(recipe.parts(len(bad)), int(worst.sum()), int((1 - worst).sum()))
    if folds < 2:
        raise TrainingError(
            zh="坏样本或好样本不足两个（或两户），无法交叉训练。请补充数据。",
            en="There are fewer than two bad or two good rows (or households), so nothing can be held out. "
            "Add more data.",
        )
    for repeat in range(recipe.times(len(bad))):
        cut = StratifiedKFold(folds, shuffle=True, random_state=seed * _SEEDS_APART + repeat)
        for learn, held in cut.split(worst, worst):
            yield np.flatnonzero(np.isin(whose, learn)), np.flatnonzero(np.isin(whose, held))
