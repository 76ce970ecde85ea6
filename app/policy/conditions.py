"""Conditions on features, written in YAML and evaluated as Polars expressions."""

from collections.abc import Mapping
from functools import reduce
from operator import and_, or_
from typing import Annotated, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.policy.mistakes import mistake

Scalar = bool | int | float | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Of(_Strict):
    """A number looked up in the pack's parameters."""

    parameter: str


Operand = Annotated[int | float | Of, Field(union_mode="left_to_right")]


class Bound(_Strict):
    """A bound on one number; more than one key means all of them."""

    below: Operand | None = None
    at_least: Operand | None = None
    above: Operand | None = None
    at_most: Operand | None = None
    equals: Scalar | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.equals is None and not self._operands():
            raise mistake(
                zh="界限至少要写 below、at_least、above、at_most、equals 之一",
                en="a bound names at least one of below, at_least, above, at_most, equals",
            )
        return self

    def _operands(self) -> tuple[float | Of, ...]:
        given = (self.below, self.at_least, self.above, self.at_most)
        return tuple(operand for operand in given if operand is not None)

    def parameters(self) -> frozenset[str]:
        """This function will list the parameters that the bound looks up."""
        return frozenset(o.parameter for o in self._operands() if isinstance(o, Of))

    def holds(self, column: pl.Expr, parameters: Mapping[str, float]) -> pl.Expr:
        """This function will build the expression that is true where the bound holds; null stays null."""
        tests = [
            column < _number(self.below, parameters) if self.below is not None else None,
            column >= _number(self.at_least, parameters) if self.at_least is not None else None,
            column > _number(self.above, parameters) if self.above is not None else None,
            column <= _number(self.at_most, parameters) if self.at_most is not None else None,
            column == pl.lit(self.equals) if self.equals is not None else None,
        ]
        return reduce(and_, (test for test in tests if test is not None))


Group = Annotated[tuple["Condition", ...], Field(min_length=1)]


class Condition(_Strict):
    """A test of one feature, or a combination of conditions."""

    feature: str | None = None
    is_: Bound | None = Field(default=None, alias="is")
    is_in: Annotated[tuple[Scalar, ...], Field(min_length=1)] | None = None
    missing: bool | None = None
    all_of: Group | None = None
    any_of: Group | None = None
    none_of: Group | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        tests = [self.is_, self.is_in, self.missing]
        groups = [self.all_of, self.any_of, self.none_of]
        given = sum(x is not None for x in (*tests, *groups))
        if given != 1 or (self.feature is not None) != any(x is not None for x in tests):
            raise mistake(
                zh="条件只测一个特征（is、is_in、missing），或组合条件（all_of、any_of、none_of）",
                en="a condition tests one feature (is, is_in, missing) or combines (all_of, any_of, none_of)",
            )
        return self

    @property
    def inner(self) -> tuple["Condition", ...]:
        """This function will give the conditions that this one combines."""
        return self.all_of or self.any_of or self.none_of or ()

    def features(self) -> frozenset[str]:
        """This function will list the features that the condition reads."""
        own = {self.feature} if self.feature is not None else set()
        return frozenset(own).union(*(condition.features() for condition in self.inner))

    def parameters(self) -> frozenset[str]:
        """This function will list the parameters that the condition looks up."""
        own = self.is_.parameters() if self.is_ is not None else frozenset()
        return own.union(*(condition.parameters() for condition in self.inner))

    def expression(self, parameters: Mapping[str, float]) -> pl.Expr:
        """This function will build a boolean expression; null where a feature it needs is missing."""
        if self.feature is not None:
            return self._test(pl.col(self.feature), parameters)
        inner = [condition.expression(parameters) for condition in self.inner]
        if self.all_of is not None:
            return reduce(and_, inner)
        return reduce(or_, inner) if self.any_of is not None else ~reduce(or_, inner)

    def _test(self, column: pl.Expr, parameters: Mapping[str, float]) -> pl.Expr:
        if self.is_ is not None:
            return self.is_.holds(column, parameters)
        if self.is_in is not None:
            return column.is_in(list(self.is_in))
        return column.is_null() if self.missing else column.is_not_null()


def _number(operand: float | Of, parameters: Mapping[str, float]) -> float:
    return parameters[operand.parameter] if isinstance(operand, Of) else operand
