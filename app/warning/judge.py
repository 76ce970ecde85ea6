"""From features and estimates to light, causes, advice and reminders, step by step."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from app.domain.words import Light
from app.policy.policy import Rules
from app.warning.calendar import judge_reminders
from app.warning.causes import SHAP_COLUMNS, judge_causes
from app.warning.effects import EffectTable
from app.warning.lights import judge_evidence, judge_guards, judge_lights
from app.warning.next_change import marks, next_change_on
from app.warning.recommendation import recommend
from app.warning.triggers import judge_triggers

ESTIMATES: Final = ("pd_ppm", "pd_low_ppm", "pd_high_ppm", *SHAP_COLUMNS)
_PPM_PER_PER_CENT: Final = 10_000
_PER_CENT: Final = 100


def judge(
    features: pl.DataFrame,
    rules: Rules,
    *,
    estimates: pl.DataFrame | None = None,
    effects: pl.DataFrame | None = None,
    landmark_days: Iterable[int] = (),
) -> pl.DataFrame:
    """This function will judge every loan: one or a million, the same code (design §7, §8).

    `features` is one row per loan with unique `row`; `estimates` (by `row`; rows may be missing) has
    `ESTIMATES`, all Int64; `effects` is a frame of `EFFECTS_SCHEMA`; `landmark_days` are the first and
    last days to maturity at which an estimate speaks. Gives, in the order of `features`, one row per
    loan: what `judge_triggers`, `judge_evidence`, `judge_guards`, `judge_lights`, `judge_causes`,
    `recommend` and `judge_reminders` give, and `next_change_on`.
    """
    seen = _with_estimates(features, estimates)
    for step in (judge_triggers, judge_evidence, judge_guards):
        seen = _beside(seen, step(features, rules))
    seen = _beside(seen, judge_lights(seen, pd_thresholds(rules)))
    seen = _beside(seen, judge_causes(seen, rules))
    loss = rules.parameters["loss_given_default"] / _PER_CENT
    seen = _beside(seen, recommend(seen, rules, EffectTable.of(effects), loss_given_default=loss))
    seen = _beside(seen, judge_reminders(features, rules))
    change = next_change_on(seen, marks(rules, landmark_days), policy_changes_on=rules.until)
    given = [c for c in seen.columns if c not in {*features.columns, *ESTIMATES}]
    return seen.select("row", *given, change)


def pd_thresholds(rules: Rules) -> dict[Light, int]:
    """This function will give the probabilities (ppm) from which the model's light is yellow and red.

    The pack writes `pd_yellow` and `pd_red` in per cent.
    """
    codes = {Light.YELLOW: "pd_yellow", Light.RED: "pd_red"}
    return {light: round(rules.parameters[code] * _PPM_PER_PER_CENT) for light, code in codes.items()}


def _with_estimates(features: pl.DataFrame, estimates: pl.DataFrame | None) -> pl.DataFrame:
    if estimates is None:
        return features.with_columns(pl.lit(None, dtype=pl.Int64).alias(c) for c in ESTIMATES)
    return features.join(estimates.select("row", *ESTIMATES), on="row", how="left", maintain_order="left")


def _beside(seen: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return seen.hstack(found.drop("row").get_columns())
