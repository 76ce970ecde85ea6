"""What is asked of a training run. It is written into the artefact, so that the run can be repeated."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from app.domain.money import PPM
from app.features.feature import Stage
from app.scoring.crossfit import CrossfitRecipe


class Kind(StrEnum):
    """What speaks for an artefact: boosted trees, or the logistic scorecard in points."""

    BOOSTED = "boosted"
    SCORECARD = "scorecard"


# Fewer and larger steps than for any table: what serves pays for every tree (at most 5 * 96 of many rows;
# with few rows the folds are drawn more often, and each booster stops far earlier).
OURS: Final = CrossfitRecipe(repeats=((8_000, 2),), rounds=96, learning_rate=0.1, patience=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpec:
    """One training run of one estimator.

    `default_days` is the policy pack's; `known_until` the last day whose facts the labels may use. Loans
    are cut by maturity into `shares` of earlier, later and test, in this order: earlier and later ones are
    learnt from, the later ones calibrate by margins of trees that have not seen them, the test judges.
    `features` picks columns; None takes all that the catalogue lets the stage learn from. Below
    `least_loans` or `least_defaults` the scorecard speaks, down to `card_loans` and `card_defaults`.
    To the trees a loan repaid more than `late_days` late, but within `default_days`, counts as `late_counts`
    of a default: it came near one, and such loans are as many again. What the probability means is left to
    the calibration, which counts defaults only.
    Groups of at least `group_loans` loans are told apart; `flagged_ppm`, the pack's threshold of yellow, says
    whom of them a warning would hit (nobody where it is not given).
    """

    stage: Stage
    trained_on: str
    known_until: date
    default_days: int
    kind: Kind = Kind.BOOSTED
    seed: int = 0
    landmarks: tuple[int, ...] = (180, 90, 60, 30, 1)
    shares: tuple[float, float, float] = (0.55, 0.3, 0.15)
    features: tuple[str, ...] | None = None
    context: bool = True
    recipe: CrossfitRecipe = OURS
    censoring_weight_cap: float = 5.0
    late_days: int = 3
    late_counts: float = 0.3
    least_loans: int = 400
    least_defaults: int = 30
    card_loans: int = 100
    card_defaults: int = 10
    group_loans: int = 50
    flagged_ppm: int = PPM

    def for_stage(self, stage: Stage) -> Self:
        """Give the same run for another stage."""
        return replace(self, stage=stage)

    def to_dict(self) -> dict[str, Any]:
        """Write the spec as plain JSON values."""
        words = {"stage": self.stage.value, "kind": self.kind.value}
        return asdict(self) | words | {"known_until": self.known_until.isoformat()}
