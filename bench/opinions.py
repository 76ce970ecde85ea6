"""The opinions ranked side by side, and the simulated loans with their truth that they are ranked on."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.frames import Frames
from app.domain.words import Light
from app.features.feature import Stage
from app.policy.policy import Policy
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.logistic import fit
from app.scoring.rating import rate
from app.scoring.scorecard import Scorecard
from app.scoring.spec import TrainingSpec
from app.scoring.training import Artefact
from app.scoring.training_rows import matrix, scored_columns, training_rows
from app.simulation import CountySpec, frames, simulate
from app.warning.triggers import judge_triggers

UNTIL = date(2025, 9, 30)
LANDMARKS = (180, 90, 60, 30)  # where the simulator tells the truth
SPEC = TrainingSpec(
    stage=Stage.MATURITY, trained_on="simulation", known_until=UNTIL, default_days=30, landmarks=LANDMARKS
)
COLUMNS = scored_columns(SPEC)
LARGE = {
    "objective": "cross_entropy", "num_leaves": 63, "learning_rate": 0.05, "min_data_in_leaf": 50,
    "feature_fraction": 0.5, "num_threads": 1, "verbosity": -1, "seed": 0, "deterministic": True,
}  # fmt: skip
LARGE_ROUNDS = 600
Risk = NDArray[np.float64]
Values = NDArray[np.float64]
# of intercept, margin, points, amber, red, points missing: the margin alone, unless defaults say otherwise
STACK_PRIOR, STACK_RIDGE = np.array([0.0, 1.0, 0.0, 0.0, 0.0, 0.0]), np.full(6, 10.0)


def opinions(artefact: Artefact, test: pl.DataFrame, best: lightgbm.Booster) -> dict[str, Risk]:
    """Every opinion's risk of each test row.

    Together as the work list has them: triggers, then learned. Stacked: one probability from the margin, the
    points and what fired.
    """
    tables = ExplanationTables.from_bytes(artefact.files["tables.npz"])
    card = Scorecard.from_dict(json.loads(artefact.files["scorecard.json"]))
    learned = tables.to_log_odds(tables.contributions(matrix(test, COLUMNS))[1])
    fired, drawn = test["fired"].cast(pl.Float64).to_numpy(), np.random.default_rng(0).random(test.height)
    return {
        "random": drawn,
        "triggers": fired + 1e-6 * drawn,
        "631": -test["points"].cast(pl.Float64).fill_null(50.0).to_numpy(),
        "scorecard": -card.points(test).astype(np.float64),
        "learned": learned,
        "together": 1e3 * fired + learned,
        "stacked": stacked(test, learned),
        "best possible": np.asarray(best.predict(matrix(test, COLUMNS)), np.float64),
        "true probability": test["true_pd"].to_numpy(),
    }


def stacked(test: pl.DataFrame, learned: Risk) -> Risk:
    """Weigh margin, points and what fired by logistic regression, fitted on the other half's households."""
    points, fired = (test[name].cast(pl.Float64) for name in ("points", "fired"))
    asks = [points.fill_null(points.mean()) / 10, fired >= 1, fired >= 2, points.is_null()]
    x = np.stack(
        [np.ones_like(learned), learned, *(part.cast(pl.Float64).to_numpy() for part in asks)], axis=1
    )
    half = test["group"].to_numpy() % 2
    risk, bad, weight = np.zeros_like(learned), test["bad"].to_numpy(), test["weight"].to_numpy()
    for one in (0, 1):
        other = half != one
        beta = fit(x[other], bad[other], weight[other], STACK_RIDGE, STACK_PRIOR)
        risk[~other] = x[~other] @ beta
    return risk


def best_learner(policy: Policy, counties: int, loans: int) -> lightgbm.Booster:
    """A large learner fitted to the true probabilities of other counties' loans.

    Each county is seen at two of the four landmarks in turn: more loans teach more than more days of each.
    """
    parts = [_seen(401 + n, loans, policy, (LANDMARKS[n % 2], LANDMARKS[n % 2 + 2])) for n in range(counties)]
    values = np.concatenate([values for values, _ in parts])
    data = lightgbm.Dataset(values, label=np.concatenate([truth for _, truth in parts]))
    return lightgbm.train(LARGE, data, LARGE_ROUNDS)


def _seen(seed: int, loans: int, policy: Policy, landmarks: tuple[int, ...]) -> tuple[Values, Risk]:
    rows = simulated_rows([seed], loans, policy, landmarks)
    return matrix(rows, COLUMNS), rows["true_pd"].to_numpy()


def simulated_rows(
    seeds: Sequence[int], loans: int, policy: Policy, landmarks: tuple[int, ...] = LANDMARKS
) -> pl.DataFrame:
    """Training rows of simulated counties with the rating's points, what triggers say, and the true pd."""
    rules = policy.at(UNTIL)
    lags = {lag.code: lag.now.days for lag in rules.knowledge}
    counties = [simulate(CountySpec(seed=seed, loans=loans, until=UNTIL)) for seed in seeds]
    known: list[Frames] = [frames(county, lags) for county in counties]
    rows = training_rows(known, replace(SPEC, landmarks=landmarks))
    truth = pl.concat(
        county.landmarks.with_columns(pl.lit(number, pl.Int32).alias("county"))
        for number, county in enumerate(counties)
    ).select("county", "loan_id", "as_of", "true_pd")
    lights = judge_triggers(rows, rules)["trigger_light"]
    worst = {light.value: light.rank for light in Light}
    said = (rate(rows, rules)["rating_points"].alias("points"), lights.replace_strict(worst).alias("fired"))
    return rows.with_columns(said).join(truth, on=["county", "loan_id", "as_of"], maintain_order="left")
