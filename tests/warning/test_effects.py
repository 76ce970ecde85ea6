import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.effects import EFFECTS_SCHEMA
from app.warning.effects import EffectTable, shifted
from tests.warning.simulated import estimates, frame, judge, loan, rules

RULES = rules()
KNOWN = pl.DataFrame(
    [
        ("extension", "", -0.5, -1.0, 0.0, 1.0, 0.9, 1.1, 0, "simulation", 900),
        ("extension", "timing", -2.0, -2.5, -1.5, 1.5, 1.0, 2.0, 50_000, "simulation", 300),
        ("renewal", "income", 0.4, 0.1, 0.7, 1.2, 1.0, 1.4, 0, "observed", 40),
    ],
    schema=EFFECTS_SCHEMA,
    orient="row",
)


def _effects(cause: str, pd_ppm: int | None = 100_000, **differences: Any) -> dict[str, dict[str, Any]]:
    told = estimates({"pd_ppm": pd_ppm, f"shap_{cause}": 1})
    judged = judge(frame(loan(**differences)), RULES, estimated=told, effects=KNOWN)
    return {action["action"]: action for action in judged.row(0, named=True)["actions"]}


def _moved(pd_ppm: float, shift: float) -> int:
    odds = pd_ppm / (1_000_000 - pd_ppm) * math.exp(shift)
    return round(1_000_000 * odds / (1 + odds))


def test_an_action_moves_the_log_odds_of_default() -> None:
    extension = _effects("timing")["extension"]

    assert extension["pd_ppm"] == _moved(100_000, -2.0)
    assert (extension["pd_low_ppm"], extension["pd_high_ppm"]) == (
        _moved(50_000, -2.5),
        _moved(200_000, -1.5),
    )
    assert (extension["basis"], extension["n"]) == ("simulation", 300)


def test_a_cause_without_evidence_of_its_own_takes_the_general_effect() -> None:
    assert _effects("market")["extension"]["pd_ppm"] == _moved(100_000, -0.5)


def test_an_action_without_evidence_gives_no_numbers_and_says_so() -> None:
    renewal = _effects("timing")["renewal"]

    numbers = ("pd_ppm", "pd_low_ppm", "pd_high_ppm", "loss_fen", "loss_low_fen", "loss_high_fen", "n")
    assert [renewal[name] for name in numbers] == [None] * 7
    assert renewal["basis"] == "none"


def test_collecting_is_what_the_estimate_itself_speaks_of() -> None:
    collect = _effects("timing")["collect"]

    assert (collect["pd_ppm"], collect["pd_low_ppm"], collect["pd_high_ppm"]) == (100_000, 50_000, 200_000)
    assert (collect["basis"], collect["n"]) == ("estimate", None)


def test_the_expected_loss_is_chance_times_balance_times_loss_given_default() -> None:
    collect = _effects("timing", balance=4_000_000)["collect"]

    assert collect["loss_fen"] == 240_000  # 10 % of 40 000 yuan, of which 60 % are lost
    assert (collect["loss_low_fen"], collect["loss_high_fen"]) == (120_000, 480_000)


def test_an_action_may_lower_the_chance_of_default_and_raise_the_loss() -> None:
    extension = _effects("timing", balance=4_000_000)["extension"]

    assert extension["pd_ppm"] < 100_000
    assert extension["loss_fen"] == 360_000  # one and a half times what collecting loses
    assert (extension["loss_low_fen"], extension["loss_high_fen"]) == (120_000, 960_000)


def test_an_expected_loss_is_never_more_than_that_of_certain_default() -> None:
    extension = _effects("timing", pd_ppm=900_000, balance=4_000_000)["extension"]

    assert extension["loss_fen"] == 2_400_000


def test_evidence_of_risky_loans_does_not_speak_of_safe_ones() -> None:
    actions = _effects("timing", pd_ppm=49_999)

    assert (actions["extension"]["pd_ppm"], actions["extension"]["basis"]) == (None, "none")
    assert actions["collect"]["basis"] == "estimate"


def test_a_refused_action_has_no_expected_effect() -> None:
    assert _effects("timing", times_extended=1.0)["extension"]["pd_ppm"] is None


def test_without_an_estimate_every_action_is_decided_by_rule() -> None:
    assert {action["basis"] for action in _effects("timing", pd_ppm=None).values()} == {"none"}


def test_without_known_effects_only_collecting_has_numbers() -> None:
    table = EffectTable.of(None)

    assert set(table.basis.to_list()) == {"none", "estimate"}
    assert int(np.isfinite(table.shifts[0]).sum()) == table.shifts.shape[1]
    assert table.artefact_id == ""


@pytest.mark.parametrize(("pd_ppm", "shift"), [(0.0, 900.0), (1_000_000.0, -900.0)])
def test_certainty_stays_certain(pd_ppm: float, shift: float) -> None:
    assert shifted(np.array([pd_ppm]), np.array([shift])).tolist() == [pd_ppm]


@given(
    pd_ppm=st.integers(min_value=0, max_value=1_000_000),
    shifts=st.tuples(*[st.floats(min_value=-1_000, max_value=1_000)] * 2),
)
def test_a_larger_shift_never_lowers_the_chance_and_keeps_it_a_chance(
    pd_ppm: int, shifts: tuple[float, float]
) -> None:
    low, high = shifted(np.full(2, float(pd_ppm)), np.array(sorted(shifts)))

    assert 0 <= low <= high <= 1_000_000
