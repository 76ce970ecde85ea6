"""The effects of actions on disk, beside the estimators: checked before anything rests on them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from app.domain.effects import EFFECTS_SCHEMA, EVERY_CAUSE, GROUP_SCHEMA, MEASURES
from app.domain.groups import LEAF, GroupEffects, Groups
from app.domain.words import Action, Cause
from app.scoring import artifact
from app.scoring.artifact import EFFECTS_FOLDER, UNREADABLE, broken
from app.scoring.effects_card import effects_card

EFFECTS: Final = "effects.json"
GROUPS: Final = "groups.json"
CARD: Final = "MODEL_CARD.md"
KIND: Final = "effects"
_ACTIONS: Final = [action.value for action in Action if action is not Action.COLLECT]
_CAUSES: Final = [EVERY_CAUSE, *(cause.value for cause in Cause)]
_UNFIT: Final = (pl.exceptions.PolarsError, AttributeError, *UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEffects:
    """A verified table of effects (EFFECTS_SCHEMA) and the manifest that names it and its origin."""

    frame: pl.DataFrame
    manifest: Mapping[str, Any]
    groups: GroupEffects | None = None


def save_effects(
    models_dir: Path, frame: pl.DataFrame, origin: Mapping[str, Any], groups: GroupEffects | None = None
) -> str:
    """Write effects with what they come from (`trained_on` and more, plain JSON); gives the artefact's id.

    `groups` tells what actions save in groups of loans; without it the rules alone order actions.

    A table that would not load is an ArtefactError, and nothing is written.
    """
    _check(frame)
    if groups is not None:
        _check_groups(groups)
    files = {
        EFFECTS: artifact.json_bytes(frame.to_dicts()),
        CARD: effects_card(frame, origin, groups).encode(),
    }
    if groups is not None:
        files[GROUPS] = artifact.json_bytes({"tree": asdict(groups.groups), "rows": groups.rows.to_dicts()})
    return artifact.save(models_dir / EFFECTS_FOLDER, dict(origin) | {"kind": KIND}, files)


def load_effects(models_dir: Path) -> ActionEffects | None:
    """Load the effects below a folder after checking hashes and every row.

    None where there is no manifest: nothing was ever written, or not to the end. Anything altered, missing
    from what the manifest names, or unfit for this code is an ArtefactError.
    """
    folder = models_dir / EFFECTS_FOLDER
    if not (folder / artifact.MANIFEST).is_file():
        return None
    manifest, files = artifact.verified(folder)
    try:
        fits = manifest["kind"] == KIND and bool(manifest["trained_on"])
        frame = _frame(json.loads(files[EFFECTS]))
        groups = _groups(json.loads(files[GROUPS])) if GROUPS in files else None
    except _UNFIT as error:
        raise broken(EFFECTS, "内容不完整", f"it is incomplete ({type(error).__name__})") from error
    if not fits:
        raise broken(EFFECTS, "不是措施效果", "it does not hold the effects of actions")
    _check(frame)
    if groups is not None:
        _check_groups(groups)
    return ActionEffects(frame=frame, manifest=manifest, groups=groups)


def _groups(told: Mapping[str, Any]) -> GroupEffects:
    tree = Groups(**{name: tuple(values) for name, values in told["tree"].items()})
    return GroupEffects(groups=tree, rows=pl.DataFrame(told["rows"], schema=GROUP_SCHEMA, orient="row"))


def _check_groups(known: GroupEffects) -> None:
    """Make sure that every loan falls into one group, and every group knows all actions."""
    tree, rows = known.groups, known.rows
    nodes = len(tree.feature)
    inner = [node for node, feature in enumerate(tree.feature) if feature != LEAF]
    descends = all(node < child < nodes for node in inner for child in (tree.left[node], tree.right[node]))
    known_facts = all(0 <= tree.feature[node] < len(tree.names) for node in inner)
    even = nodes > 0 and {len(tree.left), len(tree.right), len(tree.threshold)} == {nodes}
    wanted = [(leaf, action.value) for leaf in tree.leaves for action in Action]
    whole = sorted(rows.select("group", "action").rows()) == sorted(wanted)
    ends = [pl.col(name).is_between(f"{name}_low", f"{name}_high") for name in MEASURES]
    sound = (*ends, pl.all_horizontal(pl.col(pl.Float64).is_finite()), pl.col("n") > 0)
    holds = rows.select(pl.all_horizontal(sound).fill_null(value=False).all()).item()
    if not (even and descends and known_facts and whole and holds):
        raise broken(GROUPS, "有不成立的数值", "a group does not hold")


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    if any(row.keys() != EFFECTS_SCHEMA.keys() for row in rows):
        raise KeyError(EFFECTS)
    return pl.DataFrame(rows, schema=EFFECTS_SCHEMA, orient="row")


def _check(frame: pl.DataFrame) -> None:
    """Make sure of what readers rely on: known words, one row each, ends around points, numbers that hold."""
    sound = (
        pl.col("action").is_in(_ACTIONS),
        pl.col("cause").is_in(_CAUSES),
        pl.struct("action", "cause").is_unique(),
        pl.all_horizontal(pl.col(pl.Float64).is_finite()),
        pl.col("shift").is_between("shift_low", "shift_high"),
        pl.col("loss_ratio").is_between("loss_ratio_low", "loss_ratio_high")
        & (pl.col("loss_ratio_low") >= 0),
        pl.col("n") > 0,
        pl.col("pd_from_ppm") >= 0,
        pl.col("basis") != "",
    )
    holds = frame.select(pl.all_horizontal(sound).fill_null(value=False).all()).item()
    if frame.is_empty() or not holds:
        raise broken(EFFECTS, "有不成立的数值", "a row does not hold")
