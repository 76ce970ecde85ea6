"""How well each opinion ranks out of time, next to the best that the visible facts allow.

The best possible: a large learner fitted to the *true* probabilities of many simulated loans, with the same
features. What is left up to the true probability itself is not in any ledger.
"""

from collections.abc import Sequence
from datetime import date
from time import perf_counter
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.frames import Frames
from app.features.catalogue import RULE_COLUMNS
from app.features.feature import Stage
from app.policy.policy import Policy, load
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.measures import auc
from app.scoring.rating import rate
from app.scoring.scorecard import Scorecard
from app.scoring.scorecard_fit import fit_scorecard
from app.scoring.spec import TrainingSpec
from app.scoring.splitting import split_by_maturity
from app.scoring.training import train_rows
from app.scoring.training_rows import matrix, scored_columns, training_rows
from app.simulation import CountySpec, frames, simulate

UNTIL = date(2025, 9, 30)
LANDMARKS = (180, 90, 60, 30)  # where the simulator tells the truth
LOANS, TRUTH_COUNTIES, TRUTH_LOANS = 28_000, 10, 20_000
SPEC = TrainingSpec(
    stage=Stage.MATURITY, trained_on="simulation", known_until=UNTIL, default_days=30, landmarks=LANDMARKS
)
COLUMNS = scored_columns(SPEC)
LARGE = {
    "objective": "cross_entropy", "num_leaves": 63, "learning_rate": 0.05, "min_data_in_leaf": 50,
    "feature_fraction": 0.5, "num_threads": 2, "verbosity": -1, "seed": 0, "deterministic": True,
}  # fmt: skip
Risk = NDArray[np.float64]


def measure(
    *, loans: int = LOANS, counties: int = TRUTH_COUNTIES, truth_loans: int = TRUTH_LOANS
) -> dict[str, Any]:
    """AUC out of time by opinion, and how far the learned one comes from 0.5 to the best possible."""
    started = perf_counter()
    policy = load("yanchi", features=RULE_COLUMNS)
    rows = simulated_rows([301], loans, policy)
    test = split_by_maturity(rows, SPEC).parts["test"]
    risks = opinions(rows, test) | {"best possible": best_possible(test, counties, truth_loans, policy)}
    risks["true probability"] = test["true_pd"].to_numpy()
    bad, weight = test["bad"].to_numpy(), test["weight"].to_numpy()
    found = {name: _auc(risk, bad, weight) for name, risk in risks.items()}
    return {
        "auc": found,
        "way": (found["learned"] - 0.5) / (found["best possible"] - 0.5),
        "test_rows": test.height,
        "test_loans": test["loan_id"].n_unique(),
        "seconds": round(perf_counter() - started, 1),
    }


def _auc(risk: Risk, bad: Risk, weight: Risk) -> float:
    found = auc(risk, bad, weight)
    assert found is not None, "the test part holds both outcomes"
    return found


def opinions(rows: pl.DataFrame, test: pl.DataFrame) -> dict[str, Risk]:
    """The 631's, the scorecard's and the learned opinion's risk of each test row."""
    artefact = train_rows(rows, COLUMNS, SPEC)
    tables = ExplanationTables.from_bytes(artefact.files["tables.npz"])
    card: Scorecard = fit_scorecard(split_by_maturity(rows, SPEC).parts["train"], COLUMNS)
    return {
        "631": -test["points"].cast(pl.Float64).fill_null(50.0).to_numpy(),
        "scorecard": -card.points(test).astype(np.float64),
        "learned": tables.contributions(matrix(test, COLUMNS))[1].astype(np.float64),
    }


def best_possible(test: pl.DataFrame, counties: int, loans: int, policy: Policy) -> Risk:
    """A large learner fitted to the true probabilities of other counties' loans."""
    seen = pl.concat([simulated_rows([401 + n], loans, policy) for n in range(counties)])
    data = lightgbm.Dataset(matrix(seen, COLUMNS), label=seen["true_pd"].to_numpy())
    learner = lightgbm.train(LARGE, data, 600)
    return np.asarray(learner.predict(matrix(test, COLUMNS)), np.float64)


def simulated_rows(seeds: Sequence[int], loans: int, policy: Policy) -> pl.DataFrame:
    """Training rows of simulated counties with the rating's points and the true probability of each."""
    rules = policy.at(UNTIL)
    lags = {lag.code: lag.now.days for lag in rules.knowledge}
    counties = [simulate(CountySpec(seed=seed, loans=loans, until=UNTIL)) for seed in seeds]
    known: list[Frames] = [frames(county, lags) for county in counties]
    rows = training_rows(known, SPEC)
    truth = pl.concat(
        county.landmarks.with_columns(pl.lit(number, pl.Int32).alias("county"))
        for number, county in enumerate(counties)
    ).select("county", "loan_id", "as_of", "true_pd")
    return rows.with_columns(rate(rows, rules)["rating_points"].alias("points")).join(
        truth, on=["county", "loan_id", "as_of"], maintain_order="left"
    )


def main() -> None:
    """Print the table."""
    found = measure()
    for name, value in found["auc"].items():
        print(f"{name:18} AUC {value:.4f}")
    print(f"{found['way']:.1%} of the way; {found['test_loans']} loans, {found['seconds']} s")


if __name__ == "__main__":
    main()
