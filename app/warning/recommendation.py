"""Recommendations: eligibility by clause, then what is known to save, then the rules' order (design §8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.words import Action, Eligibility, Light
from app.policy.policy import Rules
from app.warning.effects import ACTIONS, CAUSES, EffectTable, cause_numbers, expected_effects
from app.warning.eligibility import ELIGIBILITIES, Spoken, judge_actions
from app.warning.lists import fired
from app.warning.savings import expected_savings

RESTRUCTURING: Final = (Action.RESCHEDULE, Action.EXTENSION, Action.RENEWAL, Action.TOP_UP)
NO_ACTION: Final = ""  # where every action is refused: never null, so that lists can filter by it
_REFERRED: Final = ELIGIBILITIES.index(Eligibility.REFERRED)
_REFUSED: Final = ELIGIBILITIES.index(Eligibility.REFUSED)
_UNNAMED: Final = len(ACTIONS)  # the place of an action that a table does not name: behind those it names
_STRIDE: Final = _UNNAMED + 2
_SAVES, _UNDECIDED, _COSTS = (
    0,
    1,
    2,
)  # what evidence says of an action against collecting, beyond doubt or not
SAVINGS: Final = ("saving_fen", "saving_low_fen", "saving_high_fen")
BY_EFFECT: Final = "effect"
BY_RULE: Final = "rule"
_COLLECT: Final = ACTIONS.index(Action.COLLECT)
Ints = NDArray[np.int64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """The action table: when each situation holds; places of actions by situation, and by cause."""

    conditions: tuple[pl.Expr, ...]
    by_situation: Ints
    by_cause: Ints


def recommend(
    judged: pl.DataFrame, rules: Rules, effects: EffectTable, *, loss_given_default: float
) -> pl.DataFrame:
    """This function will put all nine actions in order for every loan, with what allows or refuses each.

    `judged` is the features frame with `light`, `top_cause`, `guard_second_person` and the estimate.
    The order: refused actions last; a green loan is collected first; then actions that save against
    collecting beyond doubt, the most first; behind all others those that cost beyond doubt. Where the
    interval of the saving covers zero, or nothing is known, the rules decide: what the top cause prefers,
    then the first situation that holds, then the declared order. Gives `row`, `actions` (best first:
    `action`, `eligibility`, `clauses` that spoke, `rank` from 1, what `expected_effects` gives, `saving_fen`
    with its ends, and `decided_by`: effect or rule), `top_action` (the first allowed, else the first
    referred, else `""`) and `second_person`: a guard asks for one, or the first action not refused
    restructures the loan and is only referred.
    """
    spoken = judge_actions(judged, rules)
    savings = expected_savings(judged, effects.groups, rules)
    order = _order(judged, rules, spoken.eligibility, savings)
    ranked = np.take_along_axis(spoken.eligibility, order, axis=1)
    expected = expected_effects(
        judged, effects, refused=spoken.eligibility == _REFUSED, loss_given_default=loss_given_default
    )
    return judged.select(
        "row",
        _top_action(order, ranked),
        (pl.col("guard_second_person") | _referred_restructuring(order, ranked)).alias("second_person"),
        _actions(spoken, expected.hstack(_told(savings)), order),
    )


def _order(judged: pl.DataFrame, rules: Rules, eligibility: Ints, savings: Matrix) -> Ints:
    """Put actions in order, loan by loan: refused, then the verdict of evidence, then the rules' places."""
    verdict = _verdicts(savings)
    verdict[(judged["light"] == Light.GREEN.value).to_numpy(), _COLLECT] = _SAVES - 1
    most = np.where(verdict == _SAVES, -savings[0], 0.0)
    keys = (_keys(judged, rules), most, verdict, eligibility == _REFUSED)
    order: Ints = np.lexsort(keys, axis=1)
    return order


def _verdicts(savings: Matrix) -> Ints:
    """Tell what evidence says of every action; collecting is what the others are held against."""
    _, least, most = savings
    verdict = np.where(least > 0, _SAVES, np.where(most < 0, _COSTS, _UNDECIDED))
    verdict[:, _COLLECT] = _UNDECIDED
    return verdict


def _told(savings: Matrix) -> pl.DataFrame:
    """Lay out savings loan by loan as whole fen, and say what decided the place of an action."""
    decided = np.where(_verdicts(savings) == _UNDECIDED, BY_RULE, BY_EFFECT).ravel()
    columns = {
        name: pl.Series(np.rint(end).ravel()).fill_nan(None).cast(pl.Int64)
        for name, end in zip(SAVINGS, savings, strict=True)
    }
    return pl.DataFrame(columns | {"decided_by": pl.Series(decided)})


def _keys(judged: pl.DataFrame, rules: Rules) -> Ints:
    """Smaller is better: the place for the cause, then the place in the situation."""
    by_cause = _table(rules).by_cause[cause_numbers(judged["top_cause"])]
    keys: Ints = by_cause * _STRIDE + situation_places(judged, rules)
    return keys


def situation_places(judged: pl.DataFrame, rules: Rules) -> Ints:
    """This function will give every action's place in the pack's order for the situation alone.

    (loans, actions), smaller is better: what the triage says without causes, evidence and lights.
    """
    table = _table(rules)
    places: Ints = table.by_situation[_situations(judged, table.conditions)]
    return places


def _situations(judged: pl.DataFrame, conditions: tuple[pl.Expr, ...]) -> Ints:
    """The first row of the action table that holds; one past the last where none does."""
    chosen = np.full(judged.height, len(conditions), dtype=np.int64)
    at, which = fired(judged, conditions)
    np.minimum.at(chosen, at, which)
    return chosen


@cache
def _table(rules: Rules) -> _Table:
    rows = sorted(rules.situations, key=lambda row: row.entry.priority)
    whens = (row.now.when for row in rows)
    return _Table(
        conditions=tuple(w.expression(rules.parameters) if w else pl.lit(value=True) for w in whens),
        by_situation=_places([*(row.now.order for row in rows), ()]),
        by_cause=_places([_preferred(rules, cause) for cause in CAUSES]),
    )


def _preferred(rules: Rules, cause: str) -> tuple[Action, ...]:
    """What the pack prefers for a cause; nothing when it has no advice."""
    given = (advice.now.prefer for advice in rules.cause_advice if advice.entry.cause == cause)
    return tuple(action for prefer in given for action in prefer)


def _places(orders: Sequence[Sequence[Action]]) -> Ints:
    """(orders, actions): the place of every action in every order."""
    return np.array(
        [[order.index(a) if a in order else _UNNAMED for a in Action] for order in orders], dtype=np.int64
    )


def _top_action(order: Ints, ranked: Ints) -> pl.Series:
    first = np.argmin(ranked, axis=1)[:, None]  # the first of the best eligibility
    action = np.take_along_axis(order, first, axis=1).ravel()
    nothing = np.take_along_axis(ranked, first, axis=1).ravel() == _REFUSED
    return pl.Series("top_action", [*ACTIONS, NO_ACTION]).gather(np.where(nothing, len(ACTIONS), action))


def _referred_restructuring(order: Ints, ranked: Ints) -> pl.Series:
    restructuring = np.array([action in RESTRUCTURING for action in Action], dtype=np.bool_)
    return pl.Series("second_person", restructuring[order[:, 0]] & (ranked[:, 0] == _REFERRED))


def _actions(spoken: Spoken, expected: pl.DataFrame, order: Ints) -> pl.Series:
    height, width = order.shape
    loan = np.arange(height)[:, None]
    cells = (loan * width + order).ravel()
    entries = pl.DataFrame(
        {
            "action": pl.Series(ACTIONS).gather(order.ravel()),
            "eligibility": pl.Series(ELIGIBILITIES).gather(spoken.eligibility.ravel()[cells]),
            "clauses": spoken.clauses.gather((order * height + loan).ravel()),
            "rank": np.tile(np.arange(1, width + 1, dtype=np.int8), height),
        }
    )
    columns = [*entries.get_columns(), *expected[cells].get_columns()]
    packed = pl.select(pl.struct(columns).alias("actions")).to_series()
    return packed.reshape((height, width)).arr.to_list()
