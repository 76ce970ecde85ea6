"""Eligibility of every action: allowed, referred or refused, with the clauses that spoke (design §8)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.words import Action, Eligibility
from app.policy.evaluate import action_outcomes
from app.policy.policy import Rules

ELIGIBILITIES: Final = tuple(eligibility.value for eligibility in Eligibility)  # from best to worst
_RANKS: Final = {eligibility: rank for rank, eligibility in enumerate(ELIGIBILITIES)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spoken:
    """What the rules on actions say: `eligibility` (loans, actions) as places in `ELIGIBILITIES`.

    `clauses` (lists of rule codes) is as long as actions x loans, action by action.
    """

    eligibility: NDArray[np.int64]
    clauses: pl.Series


def judge_actions(features: pl.DataFrame, rules: Rules) -> Spoken:
    """This function will say for every loan and action what the rules allow, and by which clauses.

    A rule that could not be judged because a feature is missing refers, and is among the clauses.
    """
    said = action_outcomes(rules, features)
    ranks = said["eligibility"].replace_strict(_RANKS, return_dtype=pl.Int64).to_numpy()
    clauses = said.select(pl.col("spoke").list.concat("unclear").alias("clauses")).to_series()
    return Spoken(eligibility=ranks.reshape(len(Action), features.height).T, clauses=clauses)
