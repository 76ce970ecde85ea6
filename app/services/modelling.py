"""Training as a use case: ledgers in, both estimators' artefacts out. Nothing that serves imports this."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from app.domain.frames import Frames
from app.features.feature import Stage
from app.policy.policy import Policy
from app.scoring.rating import rate
from app.scoring.spec import TrainingSpec
from app.scoring.training import train

Progress = Callable[[str, int, int], None]


def train_estimators(
    counties: Sequence[Frames],
    out_dir: Path,
    *,
    policy: Policy,
    known_until: date,
    trained_on: str,
    progress: Progress,
) -> Mapping[str, str]:
    """This function will train every estimator on the ledgers and save it below `out_dir`: ids by name.

    `policy` says when a loan counts as defaulted and rates each row by the rules of `known_until`, so that
    the rating stands beside the estimate. Raises TrainingError with what to do; nothing half is left.
    """
    rules = policy.at(known_until)
    days = int(rules.parameters["default_days_after_maturity"])
    ids = {}
    for done, stage in enumerate(Stage):
        progress("训练 train", done, len(Stage))
        spec = TrainingSpec(stage=stage, trained_on=trained_on, known_until=known_until, default_days=days)
        artefact = train(counties, spec, rating=lambda rows: rate(rows, rules)["rating_points"])
        ids[stage.value] = artefact.save(out_dir / stage.value)
    progress("训练 train", len(Stage), len(Stage))
    return ids
