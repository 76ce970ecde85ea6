"""The effects of actions on disk, beside the estimators: checked before anything rests on them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from app.domain.effects import EFFECTS_SCHEMA, EVERY_CAUSE, GROUP_SCHEMA, MEASURES
from app.domain.groups import LEAF, GroupEffects, Groups
from app.domain.money import PPM
from app.domain.words import Action, Cause
from app.scoring import artifact
from app.scoring.artifact import EFFECTS_FOLDER, UNREADABLE, broken

EFFECTS: Final = "effects.json"
GROUPS: Final = "groups.json"
CARD: Final = "MODEL_CARD.md"
KIND: Final = "effects"
_ACTIONS: Final = [action.value for action in Action if action is not Action.COLLECT]
_CAUSES: Final = [EVERY_CAUSE, *(cause.value for cause in Cause)]
_UNFIT: Final = (pl.exceptions.PolarsError, AttributeError, *UNREADABLE)
_CARD: Final = """# Card: effects of actions

> **Estimated from {trained_on}{warning}**

What each action changes against collecting: the chance of default (shift of its log-odds) and the loss
(ratio), over all loans and by named cause, with intervals. It speaks of loans whose estimate is at least
{least:.2%}. The docstring of `estimate_effects` tells the method, `manifest.json` what went in.

| action | cause | loans | shift | loss ratio |
|---|---|---|---|---|
{rows}

## What actions save, by group of loans

Differences against collecting, of loans that a small tree of visible facts tells apart (`groups.json`; the
docstring of `estimate_groups` tells the method). The policy pack weighs them into one loss in yuan.

| group | loans | action | share of the balance lost | bad record |
|---|---|---|---|---|
{groups}

{coverage}

## Limits

A default is counted on the day that an action sets, and then until 24 months after the original maturity; the
loss is what is not repaid by then, so that an action can lower the one and raise the other. What an action
changes in simulated loans follows from the simulation's assumptions; the intervals span its weak and strong
ones. A cause without rows takes those of all loans. Not for deciding without a person.
{recorded}"""
_RECORDED: Final = """
## Record of the training 训练记录

| | |
|---|---|
| 数据来源 source | {origin}, {counties} counties |
| 数据量 volume | {loans} loans, {rows} rows, known until {known_until} |
| 数据指纹 fingerprint | {fingerprint} |
| 代码版本 code version | {version}, catalogue {catalogue} |
| 群体差异 group disparities, 操作人 operator | `training_record.json` beside this card |

不得用于 must not be used for: {not_for}.
"""
_SIMULATED: Final = "**; they are no evidence about any real loan. **由模拟贷款估计，不代表真实贷款。"


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
        CARD: _card(frame, origin, groups).encode(),
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


def _card(frame: pl.DataFrame, origin: Mapping[str, Any], groups: GroupEffects | None) -> str:
    return _CARD.format(
        trained_on=origin["trained_on"],
        warning=_SIMULATED if origin["trained_on"] == "simulation" else ".**",
        least=int(frame["pd_from_ppm"].max() or 0) / PPM,  # type: ignore[arg-type]
        rows="\n".join(_line(row) for row in frame.to_dicts()),
        groups="\n".join(_group_lines(groups)) if groups else "| - | - | - | - | - |",
        recorded=_recorded(origin["record"]) if "record" in origin else "",
        coverage=_coverage(origin.get("coverage", {})),
    )


def _recorded(record: Mapping[str, Any]) -> str:
    uses = "；".join(f"{each['zh']} {each['en']}" for each in record["not_for"])
    return _RECORDED.format_map(dict(record["data"]) | dict(record["code"]) | {"not_for": uses})


def _coverage(held: Mapping[str, float]) -> str:
    """Say how often the intervals held what is true in a county that they were not filled from."""
    if not held:
        return "Coverage of the intervals was not measured: that needs two counties beside those of the tree."
    shares = ", ".join(f"{name} {share:.0%}" for name, share in held.items())
    return (
        "The intervals (95 %, stretched to weak and strong assumptions) held, but for its sampling error,\n"
        f"the mean of a county left out of them in: {shares} of its groups and actions."
    )


def _group_lines(known: GroupEffects) -> Iterator[str]:
    """Show the actions that lower both money lost and bad records in a group beyond doubt."""
    paths = known.groups.paths
    for row in known.rows.filter(pl.col("action") != Action.COLLECT.value).to_dicts():
        if max(row["lost_high"], row["bad_record_high"]) < 0:
            lost = f"{row['lost']:+.3f} ({row['lost_low']:+.3f} … {row['lost_high']:+.3f})"
            bad = f"{row['bad_record']:+.3f} ({row['bad_record_low']:+.3f} … {row['bad_record_high']:+.3f})"
            yield f"| {paths[row['group']]} | {row['n']} | {row['action']} | {lost} | {bad} |"


def _line(row: Mapping[str, Any]) -> str:
    shift = f"{row['shift']:+.2f} ({row['shift_low']:+.2f} … {row['shift_high']:+.2f})"
    ratio = f"{row['loss_ratio']:.2f} ({row['loss_ratio_low']:.2f} … {row['loss_ratio_high']:.2f})"
    return f"| {row['action']} | {row['cause'] or 'all'} | {row['n']} | {shift} | {ratio} |"
