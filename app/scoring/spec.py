"""What is asked of a training run. It is written into the artefact, so that the run can be repeated."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

from app.features.feature import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpec:
    """One training run of one estimator.

    `default_days` is the policy pack's; `known_until` the last day whose facts the labels may use. Loans
    are cut by maturity into `shares` of train, validation (early stopping), calibration and test, in this
    order. `features` picks columns; None takes all that the catalogue lets the stage learn from.
    """

    stage: Stage
    trained_on: str
    known_until: date
    default_days: int
    seed: int = 0
    landmarks: tuple[int, ...] = (180, 90, 60, 30, 1)
    shares: tuple[float, float, float, float] = (0.55, 0.15, 0.15, 0.15)
    features: tuple[str, ...] | None = None
    context: bool = True
    bags: int = 5
    bag_share: float = 0.7
    rounds: int = 80
    patience: int = 15
    learning_rate: float = 0.15
    leaves: int = 8
    depth: int = 3
    leaf_rows: int = 100
    leaf_penalty: float = 20.0
    feature_share: float = 0.5
    censoring_weight_cap: float = 5.0
    least_loans: int = 400
    least_defaults: int = 30

    def for_stage(self, stage: Stage) -> Self:
        """Give the same run for another stage."""
        return replace(self, stage=stage)

    def to_dict(self) -> dict[str, Any]:
        """Write the spec as plain JSON values."""
        return asdict(self) | {"stage": self.stage.value, "known_until": self.known_until.isoformat()}
