"""What an action is expected to save against collecting, in yuan of one loss that the pack weighs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.effects import MEASURES
from app.domain.groups import GroupEffects
from app.domain.money import FEN_PER_YUAN
from app.domain.words import Action
from app.policy.policy import Rules

CONTINUING: Final = (Action.EXTENSION, Action.RENEWAL, Action.TOP_UP)  # the loan goes on; it may fail later
_COLLECT: Final = tuple(Action).index(Action.COLLECT)
_ENDS: Final = ("", "_high", "_low")  # the least saving is where the measures are highest
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What the pack counts beside money lost, in fen; `cost` and `visits` by action, in declared order."""

    bad_record: float
    failed: Matrix
    visit: float
    cost: Matrix
    visits: NDArray[np.int64]

    @classmethod
    def of(cls, rules: Rules) -> "Weights | None":
        """This function will read the weights in force; None from a pack that does not weigh advice."""
        said = rules.parameters
        if "advice_bad_record" not in said:
            return None
        return cls(
            bad_record=said["advice_bad_record"] * FEN_PER_YUAN,
            failed=np.array([a in CONTINUING for a in Action])
            * (said["advice_failed_continuation"] * FEN_PER_YUAN),
            visit=said["advice_visit"] * FEN_PER_YUAN,
            cost=_by_action(said, "advice_cost_") * FEN_PER_YUAN,
            visits=_by_action(said, "advice_visits_").astype(np.int64),
        )

    def loss(self, lost: Matrix, bad_record: Matrix, failed: Matrix) -> Matrix:
        """This function will weigh money (fen) and chances by action, (n, actions), visits apart."""
        return np.asarray(lost + self.bad_record * bad_record + self.failed * failed + self.cost)


def _by_action(said: Mapping[str, float], prefix: str) -> Matrix:
    return np.array([float(said.get(f"{prefix}{action.value}", 0.0)) for action in Action])


def expected_savings(judged: pl.DataFrame, known: GroupEffects | None, rules: Rules) -> Matrix:
    """This function will estimate what every action saves against collecting: (3, n, actions) in fen.

    The point, the least and the most; NaN without an estimate of the loan, without groups, and under a
    pack that has no weights. The ends add the measures' own ends, so that the interval is rather too wide.
    """
    weights = Weights.of(rules)
    nothing = np.full((len(_ENDS), judged.height, len(Action)), np.nan)
    if known is None or weights is None:
        return nothing
    group = known.groups.of(known.groups.facts(judged))
    balance = judged["balance"].cast(pl.Float64).fill_null(np.nan).to_numpy()[:, None]
    extra = [_extra(_grid(known, end)[group], balance, weights) for end in _ENDS]
    spoken = judged["pd_ppm"].is_not_null().to_numpy()[:, None]
    return np.where(spoken, -np.stack(extra), nothing)


def _extra(measures: Matrix, balance: Matrix, weights: Weights) -> Matrix:
    """The loss beyond that of collecting; collecting itself has none."""
    lost, bad_record, failed = np.moveaxis(measures, 2, 0)
    extra = weights.loss(lost * balance, bad_record, failed) + weights.visit * weights.visits
    extra[:, _COLLECT] = 0.0
    return extra


@lru_cache(maxsize=16)
def _grid(known: GroupEffects, end: str) -> Matrix:
    """Lay out one end of the measures by node of the tree and action: (nodes, actions, measures)."""
    places = {action.value: i for i, action in enumerate(Action)}
    grid = np.full((len(known.groups.feature), len(Action), len(MEASURES)), np.nan)
    action = known.rows["action"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
    grid[known.rows["group"].to_numpy(), action] = known.rows.select(f"{m}{end}" for m in MEASURES).to_numpy()
    return grid
