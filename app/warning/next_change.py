"""The first day on which time alone can change an assessment (design §7).

What can change: the light and the codes of its reasons, causes, eligibility, order of actions, reminders.
A count that goes on (a delay of 40 days, then 41) past every bound is not a change. Too early is allowed,
too late never: a feature that `PACES` does not list may change any day.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum, auto
from functools import cache, reduce
from typing import Final

import polars as pl

from app.policy.conditions import Bound, Condition, Of
from app.policy.policy import Rules
from app.warning.triggers import steps


class Pace(Enum):
    """How a feature moves when days pass and no new fact comes."""

    STILL = auto()
    RISES = auto()  # by one a day
    FALLS = auto()  # by one a day
    RISES_WHILE_LATE = auto()  # by one a day once above zero; at zero a due may pass
    FADES = auto()  # facts leave its window; at zero nothing is left to leave
    ANY = auto()


_STILL: Final = (
    "amount_yuan", "term_months", "annual_rate_pct", "balance_yuan", "times_extended", "times_renewed",
    "use_mode_firm", "use_not_productive", "disbursed_yyyymmdd", "earlier_loans_repaid",
    "willingness_last", "credit_mark_open", "bad_faith_open", "outside_debt_yuan", "active_loans",
    "household_balance_yuan", "members", "labourers", "labour_share", "land_mu", "assets_per_head_yuan",
    "age_at_maturity", "registration", "has_village", "misuse_found", "idle_found", "off_purpose_share",
    "use_recorded_share", "contact_lost", "production_last", "needs_funds_last",
)  # fmt: skip
_FADES: Final = (
    "illness_12m", "death_24m", "disaster_12m", "animal_disease_12m", "accident_12m",
    "shock_loss_to_income_12m", "insurance_paid_12m_yuan", "visits_12m", "pictures_12m",
)  # fmt: skip
PACES: Final[Mapping[str, Pace]] = {
    **dict.fromkeys(_STILL, Pace.STILL),
    **dict.fromkeys(_FADES, Pace.FADES),
    "days_since_disbursed": Pace.RISES,
    "days_since_visit": Pace.RISES,
    "days_since_income": Pace.RISES,
    "days_to_maturity": Pace.FALLS,
    "principal_days_late": Pace.RISES_WHILE_LATE,
    "interest_days_late": Pace.RISES_WHILE_LATE,
}
FACTS_MOVE_ON: Final = "facts_move_on"
_LANDMARKS: Final = ("landmark_days_min", "landmark_days_max")  # between them an estimate speaks
_MATURITY: Final = 0.0  # principal falls due here, whatever the pack says

_STEADY: Final = frozenset({Pace.RISES, Pace.FALLS, Pace.RISES_WHILE_LATE})

Marks = Mapping[str, frozenset[float]]


@cache
def marks(rules: Rules) -> Marks:
    """This function will list every number at which a rule, reminder or landmark reads a feature."""
    found: dict[str, set[float]] = defaultdict(set)
    for feature, numbers in _rule_marks(rules):
        found[feature].update(numbers)
    reminders = (step.now.days_before for step in rules.reminders)
    landmarks = (rules.parameters[code] for code in _LANDMARKS if code in rules.parameters)
    found["days_to_maturity"].update(map(float, (_MATURITY, *reminders, *landmarks)))
    return {feature: frozenset(numbers) for feature, numbers in found.items()}


def _rule_marks(rules: Rules) -> Iterator[tuple[str, list[float]]]:
    for step in steps(rules):
        yield step.feature, _numbers(step.bound, rules.parameters)
    for evidence in rules.evidence:
        yield evidence.entry.feature, [float(evidence.now.max_age_days)]
    for condition in _conditions(rules):
        yield from _condition_marks(condition, rules.parameters)


def _conditions(rules: Rules) -> Iterator[Condition]:
    sections = (rules.triggers, rules.evidence, rules.action_rules, rules.situations)
    optional = (resolved.now.when for section in sections for resolved in section)
    yield from (condition for condition in optional if condition is not None)
    yield from (fact.now.when for fact in rules.recorded_causes)
    yield from (guard.now.when for guard in rules.guards)


def _condition_marks(
    condition: Condition, parameters: Mapping[str, float]
) -> Iterator[tuple[str, list[float]]]:
    if condition.feature is not None:
        members = [float(value) for value in condition.is_in or () if not isinstance(value, str)]
        bound = _numbers(condition.is_, parameters) if condition.is_ is not None else []
        yield condition.feature, [*members, *bound]
    for inner in condition.inner:
        yield from _condition_marks(inner, parameters)


def _numbers(bound: Bound, parameters: Mapping[str, float]) -> list[float]:
    sides = (bound.below, bound.at_least, bound.above, bound.at_most, bound.equals)
    numbers = (parameters[side.parameter] if isinstance(side, Of) else side for side in sides)
    return [float(number) for number in numbers if number is not None and not isinstance(number, str)]


def next_change_on(judged: pl.DataFrame, at: Marks, *, policy_changes_on: date | None = None) -> pl.Expr:
    """This function will build the expression of the first day on which time alone can change a loan.

    `judged` is the features frame with `pd_ppm`; `at` is what `marks` found. A loan with an estimate is
    estimated anew every day (days to maturity is a feature): `as_of` + 1. The features builder may give
    `facts_move_on` (Date): the first day on which a feature may change that `PACES` calls neither still
    nor steady (a due passes, a fact leaves a window or becomes known, a birthday, others' delays; null
    for never). Without that column such features may change tomorrow. Null where nothing will change.
    """
    tomorrow = pl.col("as_of").dt.offset_by("1d")
    steady = [(f, numbers) for f, numbers in at.items() if PACES.get(f) in _STEADY and numbers]
    days = pl.min_horizontal(*(_days_to_cross(feature, numbers) for feature, numbers in steady))
    crossing = pl.col("as_of") + pl.duration(days=days)
    restless = reduce(
        lambda a, b: a | b, [_restless(feature) for feature in at if PACES.get(feature) is not Pace.STILL]
    )
    moved = pl.col(FACTS_MOVE_ON) if FACTS_MOVE_ON in judged.columns else pl.when(restless).then(tomorrow)
    estimated = pl.when(pl.col("pd_ppm").is_not_null()).then(tomorrow)
    soonest = pl.min_horizontal(crossing, moved, estimated, pl.lit(policy_changes_on, dtype=pl.Date))
    return soonest.alias("next_change_on")


def _days_to_cross(feature: str, numbers: frozenset[float]) -> pl.Expr:
    pace, value = PACES[feature], pl.col(feature)
    distances = [value - n if pace is Pace.FALLS else n - value for n in sorted(numbers)]
    # at a distance of 0 the number is left tomorrow; behind it nothing happens any more
    ahead = [pl.when(d >= 0).then(d.ceil().clip(lower_bound=1)) for d in distances]
    days = pl.min_horizontal(*ahead).cast(pl.Int64)
    return pl.when(value > 0).then(days) if pace is Pace.RISES_WHILE_LATE else days


def _restless(feature: str) -> pl.Expr:
    pace, value = PACES.get(feature, Pace.ANY), pl.col(feature)
    if pace is Pace.RISES_WHILE_LATE:
        return (value.fill_null(0) <= 0) & (pl.col("balance") > 0)
    if pace is Pace.FADES:
        return (value > 0).fill_null(value=False)
    return pl.lit(value=pace is Pace.ANY)
