"""What an action is expected to change: the probability of default and the loss, with an interval."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.money import PPM
from app.domain.words import Action, Cause
from app.warning.causes import NO_CAUSE

ACTIONS: Final = tuple(action.value for action in Action)
CAUSES: Final = (*(cause.value for cause in Cause), NO_CAUSE)
NO_EVIDENCE: Final = "none"  # the rule decided; no estimate speaks for or against the action
ESTIMATE: Final = "estimate"  # the estimate itself: what happens if nobody restructures the loan
# What is known of actions: log-odds shifts; cause "" holds for every cause without a row of its own.
EFFECTS_SCHEMA: Final = pl.Schema(
    {
        "action": pl.String,
        "cause": pl.String,
        "shift": pl.Float64,
        "shift_low": pl.Float64,
        "shift_high": pl.Float64,
        "basis": pl.String,
        "n": pl.Int64,
    }
)
_LARGEST_SHIFT: Final = 50.0  # log-odds beyond which a double knows only 0 and 1
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectTable:
    """Shifts by cause and action, NaN where there is no evidence; basis and n of each (null, "none")."""

    shift: Matrix
    low: Matrix
    high: Matrix
    basis: pl.Series
    n: pl.Series

    @classmethod
    def of(cls, known: pl.DataFrame | None) -> "EffectTable":
        """This function will lay out a frame of `EFFECTS_SCHEMA` by cause and action; None knows nothing."""
        given = EFFECTS_SCHEMA.to_frame() if known is None else known.select(EFFECTS_SCHEMA.names())
        own = pl.DataFrame({"action": [Action.COLLECT.value], "cause": [NO_CAUSE], "basis": [ESTIMATE]})
        own = own.with_columns(pl.lit(0.0).alias(c) for c in ("shift", "shift_low", "shift_high"))
        told = pl.concat([given, own], how="diagonal").unique(["action", "cause"], keep="first")
        grid = pl.DataFrame({"cause": CAUSES}).join(pl.DataFrame({"action": ACTIONS}), how="cross")
        exact = grid.join(told, on=["cause", "action"], how="left", maintain_order="left")
        general = grid.join(told.filter(pl.col("cause") == NO_CAUSE).drop("cause"), on="action", how="left",
                            maintain_order="left")  # fmt: skip
        return cls._laid_out(exact, general)

    @classmethod
    def _laid_out(cls, exact: pl.DataFrame, general: pl.DataFrame) -> "EffectTable":
        own = exact["shift"].is_not_null()
        best = {c: exact[c].zip_with(own, general[c]) for c in EFFECTS_SCHEMA.names()[2:]}
        shape = (len(CAUSES), len(ACTIONS))
        shifts = [
            best[c].cast(pl.Float64).to_numpy().reshape(shape) for c in ("shift", "shift_low", "shift_high")
        ]
        basis = best["basis"].fill_null(NO_EVIDENCE)
        return cls(shift=shifts[0], low=shifts[1], high=shifts[2], basis=basis, n=best["n"])


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
    (loans, actions); `loss_given_default` a share. Gives loans x actions rows, actions in declared order:
    `pd_ppm`, `pd_low_ppm`, `pd_high_ppm`, `loss_fen`, `loss_low_fen`, `loss_high_fen` (all null where
    nothing is known, or the action is refused), `basis` and `n`.
    """
    cause = cause_numbers(judged["top_cause"])
    after = [
        _known(judged, "pd_ppm", table.shift[cause], refused),
        _known(judged, "pd_low_ppm", table.low[cause], refused),
        _known(judged, "pd_high_ppm", table.high[cause], refused),
    ]
    loss = judged["balance"].cast(pl.Float64).to_numpy()[:, None] * loss_given_default / PPM
    return _presented(table, cause, after, loss, np.isnan(after[0]))


def cause_numbers(top_cause: pl.Series) -> NDArray[np.int64]:
    """This function will give the place of every cause in `CAUSES`."""
    numbers = {cause: i for i, cause in enumerate(CAUSES)}
    return top_cause.replace_strict(numbers, return_dtype=pl.Int64).to_numpy()


def _known(judged: pl.DataFrame, column: str, shift: Matrix, refused: NDArray[np.bool_]) -> Matrix:
    pd_ppm = judged[column].cast(pl.Float64).to_numpy()[:, None]
    return np.where(refused, np.nan, shifted(pd_ppm, shift))


def _presented(
    table: EffectTable,
    cause: NDArray[np.int64],
    after: list[Matrix],
    loss: Matrix,
    unknown: NDArray[np.bool_],
) -> pl.DataFrame:
    names = ("pd_ppm", "pd_low_ppm", "pd_high_ppm", "loss_fen", "loss_low_fen", "loss_high_fen")
    values = (*after, *(np.rint(chance * loss) for chance in after))
    cell = (cause[:, None] * len(ACTIONS) + np.arange(len(ACTIONS))).ravel()
    frame = pl.DataFrame(
        {n: pl.Series(v.ravel()).fill_nan(None).cast(pl.Int64) for n, v in zip(names, values, strict=True)}
    )
    silent = pl.Series(unknown.ravel())
    return frame.with_columns(
        pl.when(silent).then(pl.lit(NO_EVIDENCE)).otherwise(table.basis.gather(cell)).alias("basis"),
        pl.when(silent).then(None).otherwise(table.n.gather(cell)).alias("n"),
    )
