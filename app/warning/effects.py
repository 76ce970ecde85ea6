"""What an action is expected to change: the probability of default and the loss, with an interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.effects import EFFECTS_SCHEMA
from app.domain.groups import GroupEffects
from app.domain.money import PPM
from app.domain.words import Action, Cause
from app.warning.causes import NO_CAUSE

ACTIONS: Final = tuple(action.value for action in Action)
CAUSES: Final = (*(cause.value for cause in Cause), NO_CAUSE)
_CAUSE_ENUM: Final = pl.Enum(CAUSES)
NO_EVIDENCE: Final = "none"  # the rule decided; no estimate speaks for or against the action
ESTIMATE: Final = "estimate"  # the estimate itself: what happens if nobody restructures the loan
_SHIFTS: Final = ("shift", "shift_low", "shift_high")
_RATIOS: Final = ("loss_ratio", "loss_ratio_low", "loss_ratio_high")
_PDS: Final = ("pd_ppm", "pd_low_ppm", "pd_high_ppm")
_LOSSES: Final = ("loss_fen", "loss_low_fen", "loss_high_fen")
_LARGEST_SHIFT: Final = 50.0  # log-odds beyond which a double knows only 0 and 1
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectTable:
    """What is known by cause and action: (causes, actions), NaN where there is no evidence.

    `shifts` and `loss_ratios` hold the point, the low and the high end, (3, causes, actions); `pd_from` the
    least estimate of which a cell speaks; `basis` ("none") and `n` (null) are laid out row by row. `manifest`
    is that of the artefact the table came from, empty for a table that came from nowhere. `groups` tells what
    actions save in groups of loans, where that is known.
    """

    shifts: Matrix
    loss_ratios: Matrix
    pd_from: Matrix
    basis: pl.Series
    n: pl.Series
    manifest: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    groups: GroupEffects | None = None

    @property
    def artefact_id(self) -> str:
        """This function will name the artefact that the table came from; empty where there is none."""
        return str(self.manifest.get("artefact_id", ""))

    @classmethod
    def of(
        cls,
        known: pl.DataFrame | None,
        manifest: Mapping[str, Any] | None = None,
        groups: GroupEffects | None = None,
    ) -> "EffectTable":
        """This function will lay out a frame of `EFFECTS_SCHEMA` by cause and action; None knows nothing."""
        given = EFFECTS_SCHEMA.to_frame() if known is None else known.select(EFFECTS_SCHEMA.names())
        own = pl.DataFrame({"action": [Action.COLLECT.value], "cause": [NO_CAUSE], "basis": [ESTIMATE]})
        own = own.with_columns(pl.lit(0.0).alias(c) for c in _SHIFTS)
        own = own.with_columns(*(pl.lit(1.0).alias(c) for c in _RATIOS), pd_from_ppm=pl.lit(0, pl.Int64))
        told = pl.concat([given, own], how="diagonal").unique(["action", "cause"], keep="first")
        grid = pl.DataFrame({"cause": CAUSES}).join(pl.DataFrame({"action": ACTIONS}), how="cross")
        exact = grid.join(told, on=["cause", "action"], how="left", maintain_order="left")
        general = grid.join(told.filter(pl.col("cause") == NO_CAUSE).drop("cause"), on="action", how="left",
                            maintain_order="left")  # fmt: skip
        return replace(cls._laid_out(exact, general, manifest or {}), groups=groups)

    @classmethod
    def _laid_out(
        cls, exact: pl.DataFrame, general: pl.DataFrame, manifest: Mapping[str, Any]
    ) -> "EffectTable":
        own = exact["shift"].is_not_null()
        best = {c: exact[c].zip_with(own, general[c]) for c in EFFECTS_SCHEMA.names()[2:]}
        return cls(
            shifts=np.stack([_grid(best[c]) for c in _SHIFTS]),
            loss_ratios=np.stack([_grid(best[c]) for c in _RATIOS]),
            pd_from=_grid(best["pd_from_ppm"]),
            basis=best["basis"].fill_null(NO_EVIDENCE),
            n=best["n"],
            manifest=MappingProxyType(dict(manifest)),
        )


def _grid(cells: pl.Series) -> Matrix:
    return cells.cast(pl.Float64).to_numpy().reshape(len(CAUSES), len(ACTIONS))


def shifted(pd_ppm: Matrix, shift: Matrix) -> Matrix:
    """This function will move probabilities (parts per million) by log-odds; NaN where either is unknown.

    >>> shifted(np.array([500_000.0]), np.array([0.0])).tolist()
    [500000.0]
    """
    share = np.clip(pd_ppm / PPM, 0.0, 1.0)
    odds_against = np.exp(-np.clip(shift, -_LARGEST_SHIFT, _LARGEST_SHIFT))
    # p / (p + (1 - p) e^-shift): the logistic function of moved log-odds, finite at 0 and 1 too
    moved: Matrix = np.rint(PPM * share / (share + (1.0 - share) * odds_against))
    return moved


def expected_effects(
    judged: pl.DataFrame, table: EffectTable, *, refused: NDArray[np.bool_], loss_given_default: float
) -> pl.DataFrame:
    """This function will estimate, for every loan and action, the default and the loss to expect.

    `judged` has `top_cause`, `balance` (fen) and `pd_ppm`, `pd_low_ppm`, `pd_high_ppm`; `refused` is
    (loans, actions); `loss_given_default` a share. The loss is that of collecting (chance times balance
    times share) times the action's ratio, never more than that of certain default. Gives loans x actions
    rows, actions in declared order: `pd_ppm`, `pd_low_ppm`, `pd_high_ppm`, `loss_fen`, `loss_low_fen`,
    `loss_high_fen` (all null where nothing is known of such a loan, or the action is refused), `basis`, `n`.
    """
    cause = cause_numbers(judged["top_cause"])
    pds = [judged[name].cast(pl.Float64).to_numpy()[:, None] for name in _PDS]
    silent = refused | ~(pds[0] >= table.pd_from[cause])
    after = [shifted(pd, shift[cause]) for pd, shift in zip(pds, table.shifts, strict=True)]
    full = judged["balance"].cast(pl.Float64).to_numpy()[:, None] * loss_given_default
    lost = [np.minimum(pd * r[cause] / PPM, 1.0) * full for pd, r in zip(pds, table.loss_ratios, strict=True)]
    values = [np.where(silent, np.nan, value) for value in (*after, *(np.rint(loss) for loss in lost))]
    return _presented(table, cause, values, np.isnan(values[0]))


def cause_numbers(top_cause: pl.Series) -> NDArray[np.int64]:
    """This function will give the place of every cause in `CAUSES`."""
    return top_cause.cast(_CAUSE_ENUM).to_physical().cast(pl.Int64).to_numpy()


def _presented(
    table: EffectTable, cause: NDArray[np.int64], values: list[Matrix], unknown: NDArray[np.bool_]
) -> pl.DataFrame:
    cell = (cause[:, None] * len(ACTIONS) + np.arange(len(ACTIONS))).ravel()
    named = zip((*_PDS, *_LOSSES), values, strict=True)
    frame = pl.DataFrame({n: pl.Series(v.ravel()).fill_nan(None).cast(pl.Int64) for n, v in named})
    silent = pl.Series(unknown.ravel())
    return frame.with_columns(
        pl.when(silent).then(pl.lit(NO_EVIDENCE)).otherwise(table.basis.gather(cell)).alias("basis"),
        pl.when(silent).then(None).otherwise(table.n.gather(cell)).alias("n"),
    )
