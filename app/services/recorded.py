"""Recorded dispositions against the truth: what a ledger alone would say of an action's effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from app.domain.frames import Frames
from app.domain.money import PPM
from app.domain.words import Action
from app.scoring.doubly_robust import Treated, effect_on_treated, strengths
from app.scoring.logistic import logit
from app.warning.causes import SHAP_COLUMNS

_TRIED: Final = (Action.RENEWAL, Action.EXTENSION, Action.EXTRA_HELP, Action.CREDIT_EDUCATION)
_FACTS: Final = ("production_last", "willingness_last", "needs_funds_last", "times_renewed", "times_extended",
                 "interest_on_time_share_24m", "months_to_main_income_after_maturity")  # fmt: skip
_ESTIMATE: Final = "pd"
_FOLLOWED: Final = "25mo"  # from maturity until the outcome of every action is in the books
_LEAST: Final = 30  # treated loans
_EDGE: Final = 1.0 / PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How much more often treated loans failed than untreated: estimated doubly robust, naive, and true.

    `agrees` tells whether the truth lies within the interval that takes the facts for all that treatment was
    chosen by, `holds` whether within the one that lets hidden reasons be as strong as `yardstick`, the kind
    of fact that chooses most.
    """

    action: str
    estimate: Treated
    yardstick: str
    naive: float
    truth: float
    agrees: bool
    holds: bool


def check_recorded(
    judged: pl.DataFrame, frames: Frames, outcomes: pl.DataFrame, until: date
) -> Iterator[Check]:
    """This function will estimate effects from recorded dispositions, and hold them against the truth.

    Loans whose following ended by `until` count: those with the disposition, and those with none before
    maturity. Failing is what a ledger shows: a part not paid in time, or not all 24 months after maturity.
    """
    done = judged.filter(pl.col("matures_on").dt.offset_by(_FOLLOWED) <= until)
    decided = frames["dispositions"].join(done.select("loan_id", "matures_on"), on="loan_id")
    before = decided.filter(pl.col("decided_on") <= pl.col("matures_on")).unique("loan_id", keep="first")
    known = done.join(before.select("loan_id", pl.col("action").alias("decided")), on="loan_id", how="left")
    failed = outcomes.with_columns(failed=pl.col("defaulted") | ~pl.col("repaid_by_24m"))
    for action in _TRIED:
        rows = known.filter(pl.col("decided").is_null() | (pl.col("decided") == action.value)).sort("loan_id")
        if rows["decided"].count() >= _LEAST:
            yield _check(action, rows, failed)


def _check(action: Action, rows: pl.DataFrame, failed: pl.DataFrame) -> Check:
    own, collected = (
        rows.select("loan_id")
        .join(failed.filter(action=name), on="loan_id", how="left", maintain_order="left")["failed"]
        .to_numpy()
        .astype(np.float64)
        for name in (action.value, Action.COLLECT.value)
    )
    treated = rows["decided"].is_not_null().to_numpy()
    seen = np.where(treated, own, collected)
    cluster = rows["village_code"].rank("dense").cast(pl.Int64).to_numpy() - 1
    facts = _facts(rows)
    found = strengths(facts, _kinds(facts.shape[1]), treated, cluster)
    yardstick = max(found, key=lambda kind: found[kind])
    estimate = effect_on_treated(facts, treated, seen, cluster, found[yardstick])
    truth = float((own - collected)[treated].mean())
    return Check(
        action=action.value,
        estimate=estimate,
        yardstick=yardstick,
        naive=float(seen[treated].mean() - seen[~treated].mean()),
        truth=truth,
        agrees=estimate.low <= truth <= estimate.high,
        holds=estimate.least <= truth <= estimate.most,
    )


def _kinds(columns: int) -> dict[str, list[int]]:
    """Name the columns of `_facts` by kind: each fact is one, the estimate with its causes another."""
    own = {name: [place] for place, name in enumerate(_FACTS)}
    return own | {_ESTIMATE: list(range(len(_FACTS), columns))}


def _facts(rows: pl.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    columns = rows.select(*_FACTS, *SHAP_COLUMNS).cast(pl.Float64).fill_null(np.nan).to_numpy()
    pd = rows["pd_ppm"].cast(pl.Float64).fill_null(0.0).to_numpy() / PPM
    return np.column_stack([columns, logit(np.clip(pd, _EDGE, 1.0 - _EDGE))])
