"""Warning triggers: dated, cited bounds of the policy pack on single features."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl

from app.domain.words import Light
from app.policy.conditions import Bound, Condition, Of
from app.policy.policy import Rules
from app.warning.lists import Positions, fired, lists, observed

LIGHTS: Final = pl.Series([light.value for light in Light])  # by rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A trigger at one of its lights; `milder_than` is the bound of the worse light, which speaks alone."""

    code: str
    feature: str
    cause: str
    light: Light
    bound: Bound
    milder_than: Bound | None
    when: Condition | None

    def fires(self, parameters: Mapping[str, float]) -> pl.Expr:
        """This function will build the expression that is true where the step fires.

        A loan of which nobody knows whether `when` holds is judged as if it did: not knowing is no excuse.
        """
        column = pl.col(self.feature)
        fires = self.bound.holds(column, parameters)
        if self.milder_than is not None:
            fires &= ~self.milder_than.holds(column, parameters)
        return fires if self.when is None else fires & self.when.expression(parameters).fill_null(value=True)


@cache
def steps(rules: Rules) -> tuple[Step, ...]:
    """This function will list the triggers in force light by light, the worst first, in the pack's order."""
    return (*_steps(rules, Light.RED), *_steps(rules, Light.YELLOW))


@cache
def _fires(rules: Rules) -> tuple[pl.Expr, ...]:
    return tuple(step.fires(rules.parameters) for step in steps(rules))


def _steps(rules: Rules, light: Light) -> Iterator[Step]:
    for trigger in rules.triggers:
        bound = trigger.now.red if light is Light.RED else trigger.now.yellow
        if bound is not None:
            yield Step(
                code=trigger.code,
                feature=trigger.entry.feature,
                cause=trigger.entry.cause.value,
                light=light,
                bound=bound,
                milder_than=trigger.now.red if light is Light.YELLOW else None,
                when=trigger.now.when,
            )


def met(bound: Bound, parameters: Mapping[str, float]) -> float | None:
    """This function will give the number of a bound that an observed value met; None where it is a word."""
    sides = (bound.at_least, bound.above, bound.at_most, bound.below, bound.equals)
    operand = next(side for side in sides if side is not None)
    if isinstance(operand, Of):
        return float(parameters[operand.parameter])
    return None if isinstance(operand, str) else float(operand)


def judge_triggers(features: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will say which triggers fire on every loan.

    Gives `row`, `trigger_light` (the worst) and `triggers`: those that fired, worst first, each with
    `code`, `light`, the observed `value`, the `threshold` that it met, and `cause`.
    """
    ordered = steps(rules)
    at, which = fired(features, _fires(rules))
    rank = np.zeros(features.height, dtype=np.int8)
    np.maximum.at(rank, at, np.array([step.light.rank for step in ordered], dtype=np.int8)[which])
    return features.select(
        "row",
        LIGHTS.gather(rank).alias("trigger_light"),
        lists(features.height, at, _entries(features, rules, ordered, at, which), "triggers"),
    )


def _entries(
    features: pl.DataFrame, rules: Rules, ordered: tuple[Step, ...], at: Positions, which: Positions
) -> pl.DataFrame:
    table = pl.DataFrame(
        [(s.code, s.light.value, met(s.bound, rules.parameters), s.cause) for s in ordered],
        schema={"code": pl.String, "light": pl.String, "threshold": pl.Float64, "cause": pl.String},
        orient="row",
    )
    seen = observed(features, [step.feature for step in ordered], at, which)
    return table[which].select("code", "light", seen.alias("value"), "threshold", "cause")
