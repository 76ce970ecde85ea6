"""Fits a bag of small boosted trees with LightGBM and tabulates them. Training only."""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.catalogue import BY_NAME
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.spec import TrainingSpec
from app.scoring.splitting import bag_of_households
from app.scoring.tabulate import concatenate, tabulate
from app.scoring.training_rows import matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bag:
    """Boosters fitted on different households: their text, their tables together, and each one's own."""

    texts: tuple[str, ...]
    tables: ExplanationTables
    single: tuple[ExplanationTables, ...]

    def margins(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give the bag's margins in fixed point: (n, F) to (n,)."""
        return self.tables.contributions(values)[1]

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the standard deviation of the boosters' margins in log-odds: (n, F) to (n,)."""
        each = [tables.to_log_odds(tables.contributions(values)[1]) for tables in self.single]
        return np.asarray(np.std(np.stack(each), axis=0))


def fit_bag(
    train: pl.DataFrame, validation: pl.DataFrame, columns: tuple[str, ...], spec: TrainingSpec
) -> Bag:
    """Fit the spec's number of boosters, each on some of the households, with early stopping by log-loss."""
    boosters = [_fit(train, validation, columns, spec, number) for number in range(spec.bags)]
    dumps = [booster.dump_model(num_iteration=booster.best_iteration) for booster in boosters]
    return Bag(
        texts=tuple(booster.model_to_string(num_iteration=booster.best_iteration) for booster in boosters),
        tables=concatenate(*(tabulate(dump, weight=1.0 / spec.bags) for dump in dumps)),
        single=tuple(tabulate(dump) for dump in dumps),
    )


def _fit(
    train: pl.DataFrame, validation: pl.DataFrame, columns: tuple[str, ...], spec: TrainingSpec, number: int
) -> lgb.Booster:
    picked = bag_of_households(train["group"].to_numpy(), spec.bag_share, spec.seed * 1000 + number)
    data = _dataset(train.filter(pl.Series(picked)), columns)
    return lgb.train(
        parameters(columns, spec, number),
        data,
        num_boost_round=spec.rounds,
        valid_sets=[_dataset(validation, columns, reference=data)],
        callbacks=[lgb.early_stopping(spec.patience, verbose=False)],
    )


def parameters(columns: tuple[str, ...], spec: TrainingSpec, number: int) -> dict[str, Any]:
    """Give LightGBM's parameters: shallow trees, the catalogue's signs, and nothing left to chance."""
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": spec.learning_rate,
        "num_leaves": spec.leaves,
        "max_depth": spec.depth,
        "min_data_in_leaf": spec.leaf_rows,
        "lambda_l2": spec.leaf_penalty,
        "feature_fraction": spec.feature_share,
        "monotone_constraints": [BY_NAME[name].sign.monotone for name in columns],
        "monotone_constraints_method": "intermediate",
        "seed": spec.seed * 1000 + number,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "feature_pre_filter": False,
        "verbosity": -1,
    }


def _dataset(
    rows: pl.DataFrame, columns: tuple[str, ...], reference: lgb.Dataset | None = None
) -> lgb.Dataset:
    return lgb.Dataset(
        matrix(rows, columns),
        label=rows["bad"].to_numpy(),
        weight=rows["weight"].to_numpy(),
        feature_name=list(columns),
        reference=reference,
        params={"verbosity": -1, "feature_pre_filter": False},
    )
