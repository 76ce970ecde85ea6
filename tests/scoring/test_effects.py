"""The effects of actions: what is estimated from toy loans, and what the committed table says."""

import math
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from app.bootstrap import effects
from app.domain.effects import EFFECTS_SCHEMA
from app.domain.errors import TrainingError
from app.domain.words import Action
from app.scoring.action_effects import EffectsSpec, estimate_effects
from app.settings import ROOT
from app.warning.effects import ACTIONS, CAUSES

SPEC = EffectsSpec(basis="simulation")
COLLECTED = dict.fromkeys(ACTIONS, (0.2, 100))  # share that fails, what a failure loses
Outcomes = dict[str, tuple[float, int]]


def toy(
    outcomes: Outcomes, *, cause: str = "timing", n: int = 4000, strength: str = "central"
) -> pl.DataFrame:
    """Simulated loans of one cause: the first of them fail, the same ones under every action."""
    parts = [
        pl.DataFrame(
            {
                "cluster": [f"{cause}-{i}" for i in range(n)],
                "loan": [f"{strength}-{cause}-{i:05}" for i in range(n)],
                "strength": strength, "pd_ppm": 200_000, "cause": cause, "action": action,
                "failed": [i < share * n for i in range(n)],
                "loss": [loss if i < share * n else 0 for i in range(n)],
            }
        )
        for action, (share, loss) in (COLLECTED | outcomes).items()
    ]  # fmt: skip
    return pl.concat(parts)


def row(table: pl.DataFrame, action: str, cause: str = "") -> dict[str, Any]:
    return table.row(by_predicate=(pl.col("action") == action) & (pl.col("cause") == cause), named=True)


def log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def test_known_outcomes_give_the_known_shift_within_its_interval() -> None:
    known = log_odds(0.1) - log_odds(0.2)

    table = estimate_effects(toy({"extension": (0.1, 100)}), SPEC)

    extension = row(table, "extension")
    assert extension["shift"] == pytest.approx(known, abs=0.01)
    assert extension["shift_low"] < known < extension["shift_high"]
    assert extension["shift_high"] - extension["shift_low"] < 0.5
    assert (extension["basis"], extension["n"], extension["pd_from_ppm"]) == ("simulation", 4000, 200_000)


def test_an_action_that_changes_nothing_has_no_shift_and_no_width() -> None:
    recovery = row(estimate_effects(toy({}), SPEC), "recovery")

    assert [recovery[c] for c in ("shift", "shift_low", "shift_high")] == [0.0] * 3
    assert [recovery[c] for c in ("loss_ratio", "loss_ratio_low", "loss_ratio_high")] == [1.0] * 3


def test_fewer_failures_that_lose_more_show_as_both() -> None:
    renewal = row(estimate_effects(toy({"renewal": (0.1, 400)}), SPEC), "renewal")

    assert renewal["shift"] < 0
    assert renewal["loss_ratio"] == pytest.approx(2.0, abs=0.01)
    assert renewal["loss_ratio_low"] < 2.0 < renewal["loss_ratio_high"]


def test_collecting_has_no_row_since_the_estimate_speaks_of_it() -> None:
    table = estimate_effects(toy({}), SPEC)

    assert table.schema == EFFECTS_SCHEMA
    assert set(table["action"]) == set(ACTIONS) - {Action.COLLECT.value}


def test_pairing_by_loan_makes_the_interval_narrower_than_other_loans_would() -> None:
    paired = toy({"extension": (0.1, 100)})
    mirrored = paired.filter(action="extension").with_columns(
        pl.col("failed").reverse(), pl.col("loss").reverse()
    )
    apart = pl.concat([paired.filter(pl.col("action") != "extension"), mirrored])

    narrow, wide = (row(estimate_effects(loans, SPEC), "extension") for loans in (paired, apart))

    assert narrow["shift"] == wide["shift"]
    assert narrow["shift_high"] - narrow["shift_low"] < wide["shift_high"] - wide["shift_low"]


def test_loans_that_share_their_luck_widen_the_interval() -> None:
    alone = toy({"extension": (0.1, 100)})
    shared = alone.with_columns(cluster=pl.col("loan").str.head(-1))  # ten neighbours fare alike

    narrow, wide = (row(estimate_effects(loans, SPEC), "extension") for loans in (alone, shared))

    assert narrow["shift"] == wide["shift"]
    assert wide["shift_low"] < narrow["shift_low"] < narrow["shift_high"] < wide["shift_high"]


def test_a_cause_with_few_loans_has_no_row_of_its_own() -> None:
    few = toy({"extension": (0.05, 100)}, cause="market", n=SPEC.least_loans - 1)

    table = estimate_effects(pl.concat([toy({}), few]), SPEC)

    assert set(table["cause"]) == {"", "timing"}
    assert row(table, "extension")["n"] == 4000 + SPEC.least_loans - 1


@pytest.mark.parametrize(
    "loans", [toy({}, n=SPEC.least_loans - 1), toy({}, n=1), toy({"collect": (0.004, 100)})]
)
def test_too_few_loans_or_failures_over_all_are_an_error_that_says_so(loans: pl.DataFrame) -> None:
    with pytest.raises(TrainingError, match="Too few loans"):
        estimate_effects(loans, SPEC)


def test_causes_shrink_towards_the_overall_shift_and_keep_their_order() -> None:
    shares = {"timing": 0.08, "income": 0.14, "shock": 0.2}
    loans = pl.concat([toy({"extension": (share, 100)}, cause=c, n=600) for c, share in shares.items()])

    table = estimate_effects(loans, SPEC)

    overall = row(table, "extension")["shift"]
    shown = [row(table, "extension", cause)["shift"] for cause in shares]
    alone = [log_odds(share) - log_odds(0.2) for share in shares.values()]
    assert all(a < b for a, b in pairwise(shown))
    assert alone[0] < shown[0] < overall < shown[2] < alone[2]


def test_weak_and_strong_assumptions_widen_the_interval_and_leave_the_point() -> None:
    central = toy({"extension": (0.1, 100)})
    weak = toy({"extension": (0.19, 100)}, strength="low")

    plain, wide = (
        row(estimate_effects(loans, SPEC), "extension") for loans in (central, pl.concat([central, weak]))
    )

    assert (wide["shift"], wide["shift_low"]) == (plain["shift"], plain["shift_low"])
    assert wide["shift_high"] == pytest.approx(log_odds(0.19) - log_odds(0.2), abs=0.01)


def test_only_loans_at_or_above_the_mean_estimate_are_learnt_from() -> None:
    safe = toy({"extension": (0.2, 100)}, cause="income").with_columns(pd_ppm=pl.lit(20_000, pl.Int32))

    table = estimate_effects(pl.concat([toy({"extension": (0.1, 100)}), safe]), SPEC)

    assert set(table["cause"]) == {"", "timing"}
    assert row(table, "extension")["pd_from_ppm"] == 110_000


def test_the_order_of_the_loans_changes_nothing() -> None:
    loans = toy({"extension": (0.1, 100), "renewal": (0.25, 300)})

    assert estimate_effects(loans, SPEC).equals(estimate_effects(loans.reverse(), SPEC))


def _committed(action: str, cause: str) -> np.ndarray[Any, Any]:
    table = effects(ROOT / "models")
    at = (CAUSES.index(cause), ACTIONS.index(action))
    return np.array([*table.shifts[:, *at], *table.loss_ratios[:, *at]])


def test_extension_helps_timing_more_than_education_does_but_loses_more_money() -> None:
    extension, education = _committed("extension", "timing"), _committed("credit_education", "timing")

    assert extension[2] < education[1]  # the intervals of the chance of default lie apart
    assert extension[4] > 1.0 > education[5]  # and so do those of the money lost


def test_education_helps_weak_will_more_than_putting_off_does() -> None:
    assert _committed("credit_education", "willingness")[2] < _committed("renewal", "willingness")[0]


def test_the_committed_effects_name_their_estimator_and_their_counties(tmp_path: Path) -> None:
    manifest = effects(ROOT / "models").manifest

    assert manifest["trained_on"] == "simulation"
    assert {county["sensitivity"] for county in manifest["counties"]} == {"central", "low", "high"}
    assert max(county["loans"] for county in manifest["counties"]) <= 10_000
    assert date.fromisoformat(manifest["known_until"]) >= date(2025, 1, 1)
    assert effects(tmp_path).artefact_id == ""
