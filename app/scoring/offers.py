"""What a rating offers as a pack says: term, line and rate; amount and rate follow the grade."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from app.features.expressions import divided, yuan
from app.policy.rules import Resolved, Rules
from app.policy.schema import Parameter, ParameterInForce

TERM_CAP: Final = "term_cap_months"
SHORT_TERM: Final = "short_term_months"
RATE_CAPS: Final = ("rate_cap_short", "rate_cap_long")
LINE_MONTHS: Final = "credit_line_months"
_PPM_PER_CENT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What is offered on a day: the longest term, until when a line may be drawn, and rates by grade (ppm).

    `rate_cap` is the parameter that the rates come from, with its reference; None where a pack has none.
    """

    term_months: int | None
    matures_on: date | None
    line_ends_on: date | None
    rate_cap: Resolved[Parameter, ParameterInForce] | None
    rates: Mapping[str, int]

    @property
    def columns(self) -> tuple[pl.Expr, ...]:
        """This function will give, for rated rows, `annual_rate` (ppm) and the features of what is offered.

        The offer is the limit granted, for production by the household itself: another use has no line.
        """
        rate = pl.col("rating_grade").replace_strict(self.rates, default=None, return_dtype=pl.Int64)
        return (
            rate.alias("annual_rate"),
            yuan(pl.col("limit_granted").fill_null(0)).alias("amount_yuan"),
            divided(rate, _PPM_PER_CENT).alias("annual_rate_pct"),
            pl.lit(0.0).alias("use_not_productive"),
        )


def offers(rules: Rules, as_of: date) -> Offers:
    """This function will say what the rules in force offer on a day.

    The rate of a grade is the cap in force for the term, less the grade's discount, and never below 0.
    """
    term, cap = _whole(rules, TERM_CAP), _rate_cap(rules)
    return Offers(
        term_months=term,
        matures_on=_months_on(as_of, term),
        line_ends_on=_months_on(as_of, _whole(rules, LINE_MONTHS)),
        rate_cap=cap,
        rates={} if cap is None else _rates(cap.now.value, rules),
    )


def _rate_cap(rules: Rules) -> Resolved[Parameter, ParameterInForce] | None:
    term, short = rules.parameters.get(TERM_CAP), rules.parameters.get(SHORT_TERM)
    if term is None or short is None:
        return None
    wanted = RATE_CAPS[term > short]
    return next((entry for entry in rules.parameter_entries if entry.code == wanted), None)


def _rates(cap: float, rules: Rules) -> Mapping[str, int]:
    return {grade.code: _ppm(cap - grade.now.rate_discount) for grade in rules.grades}


def _ppm(per_cent: float) -> int:
    return max(round(per_cent * _PPM_PER_CENT), 0)


def _whole(rules: Rules, code: str) -> int | None:
    value = rules.parameters.get(code)
    return None if value is None else int(value)


def _months_on(day: date, months: int | None) -> date | None:
    if months is None:
        return None
    later: date = pl.Series([day]).dt.offset_by(f"{months}mo").item()
    return later
