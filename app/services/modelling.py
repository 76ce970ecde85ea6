"""Training as a use case: ledgers in, artefacts out. Nothing that serves imports this."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from app import CODE_VERSION
from app.assessment import Basis
from app.domain.frames import Frames
from app.domain.money import PPM
from app.features.feature import Stage
from app.policy.policy import Policy
from app.scoring.action_effects import FOLLOWED, EffectsSpec, estimate_effects
from app.scoring.artifact import EFFECTS_FOLDER, json_bytes, load
from app.scoring.effects_artifact import save_effects
from app.scoring.effects_record import fixed_record, whole_record
from app.scoring.groups import GROUP_COLUMNS
from app.scoring.rating import rate
from app.scoring.spec import Kind, TrainingSpec
from app.scoring.training import train
from app.scoring.training_record import RECORD, Run
from app.scoring.uplift import EXPECTED, UpliftSpec, estimate_groups, held_out_coverage
from app.services.formal import formally_assessed
from app.warning.effects import EffectTable

Progress = Callable[[str, int, int], None]
_LIBRARIES: Final = ("numpy", "polars")
_NAMES: Final = (("cluster", "township_code"), ("loan", "loan_id"))  # made unique over counties


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedCounty:
    """A county whose loans are known under every action, as only simulated ones can be.

    `outcomes`: loan_id, action, defaulted, repaid_by_24m, loss_fen. `strength` of the actions' assumed
    effects: central, low or high. `origin` says in plain values what county it is. `expected`: what to expect
    of loans under every action (loan_id, action, failed, bad_record, lost), from which groups are learnt.
    """

    frames: Frames
    outcomes: pl.DataFrame
    strength: str
    origin: Mapping[str, Any]
    expected: pl.DataFrame | None = None


def train_estimators(  # noqa: PLR0913 - one argument a part of what is asked
    counties: Sequence[Frames],
    out_dir: Path,
    *,
    policy: Policy,
    known_until: date,
    trained_on: str,
    run: Run,
    progress: Progress,
    kind: Kind = Kind.BOOSTED,
) -> Mapping[str, str]:
    """This function will train every estimator on the ledgers and save it below `out_dir`: ids by name.

    `policy` says when a loan counts as defaulted and rates each row by the rules of `known_until`, so that
    the rating stands beside the estimate. `run` goes into the record of the training, not into the
    artefact's id. Raises TrainingError with what to do; nothing half is left.
    """
    rules = policy.at(known_until)
    days = int(rules.parameters["default_days_after_maturity"])
    ids = {}
    for done, stage in enumerate(Stage):
        progress("训练 train", done, len(Stage))
        spec = TrainingSpec(
            stage=stage, trained_on=trained_on, known_until=known_until, default_days=days,
            kind=kind, flagged_ppm=round(rules.parameters["pd_yellow"] * PPM),
            group_loans=int(rules.parameters["gate_group_least_loans"]),
        )  # fmt: skip
        artefact = train(counties, spec, rating=lambda rows: rate(rows, rules)["rating_points"])
        ids[stage.value] = artefact.save(out_dir / stage.value, run)
    progress("训练 train", len(Stage), len(Stage))
    return ids


def train_effects(
    counties: Iterable[FollowedCounty],
    models_dir: Path,
    *,
    policy: Policy,
    known_until: date,
    trained_on: str,
    run: Run,
) -> str:
    """This function will estimate what actions change and save it beside the estimators: the artefact's id.

    Every loan is assessed on the day of its formal assessment by the maturity estimator in `models_dir` and
    the rules of `known_until`, on what was known then. `run` goes into the record beside it. Raises
    ArtefactError without that estimator.
    """
    estimator = load(models_dir / Stage.MATURITY.value)
    basis = Basis(policy=policy, estimator=estimator, effects=EffectTable.of(None))
    parts: list[pl.DataFrame] = []
    hopes: list[pl.DataFrame] = []
    origins: list[dict[str, Any]] = []
    for county in counties:
        rows = _numbered(formally_assessed(county.frames, basis, known_until), len(parts), county)
        parts.append(_followed(rows, county))
        hopes.extend(_expected(rows, county))
        origins.append(dict(county.origin))
    spec, uplift = EffectsSpec(basis=trained_on), UpliftSpec()
    origin = {
        "trained_on": trained_on,
        "estimator": estimator.artefact_id,
        "policy": policy.name,
        "known_until": known_until.isoformat(),
        "counties": origins,
        "spec": spec.to_dict() | {"groups": uplift.to_dict()},
        "versions": {"xindeng": CODE_VERSION} | {name: version(name) for name in _LIBRARIES},
    }
    groups = estimate_groups(pl.concat(hopes), uplift) if hopes else None
    if groups is not None:
        origin["coverage"] = held_out_coverage(pl.concat(hopes), groups, uplift)
    least = int(policy.at(known_until).parameters["gate_group_least_loans"])
    origin["record"] = fixed_record(pl.concat(parts), origin, least=least)
    effects = estimate_effects(pl.concat(parts).select(FOLLOWED), spec)
    told = save_effects(models_dir, effects, origin, groups)
    (models_dir / EFFECTS_FOLDER / RECORD).write_bytes(json_bytes(whole_record(origin, run)))
    return told


def _numbered(rows: pl.DataFrame, number: int, county: FollowedCounty) -> pl.DataFrame:
    named = [pl.format("{}-{}", pl.lit(number), c).alias(n) for n, c in _NAMES]
    told = rows.filter(pl.col("pd_ppm").is_not_null())
    return told.with_columns(*named, strength=pl.lit(county.strength), county=pl.lit(number))


def _followed(rows: pl.DataFrame, county: FollowedCounty) -> pl.DataFrame:
    """Set beside each loan's formal assessment what became of it under every action."""
    failed = (pl.col("defaulted") | ~pl.col("repaid_by_24m")).alias("failed")
    told = rows.join(county.outcomes, on="loan_id").with_columns(failed)
    return told.rename({"top_cause": "cause", "loss_fen": "loss"}).select(*FOLLOWED, *GROUP_COLUMNS)


def _expected(rows: pl.DataFrame, county: FollowedCounty) -> Iterator[pl.DataFrame]:
    """Set beside it what was to be expected then, the loss as a share of the balance."""
    if county.expected is not None:
        told = rows.filter(pl.col("balance") > 0).join(county.expected, on="loan_id")
        yield told.with_columns(pl.col("lost") / pl.col("balance")).select(EXPECTED)
