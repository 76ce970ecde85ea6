"""The base rate of a loan: what the pack says is charged at most on the day it was paid out."""

from datetime import timedelta
from typing import Final

import polars as pl

from app.domain.money import PPM
from app.policy.policy import Policy

SHORT: Final = "rate_cap_short"
LONG: Final = "rate_cap_long"
SHORT_TERM: Final = "short_term_months"
_PPM_PER_CENT: Final = PPM // 100


def with_base_rate(book: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """This function will add base_rate: the loan's rate, at most the base rate of its term (ppm a year).

    The base rate is the one in force on the day of payout, for it is fixed for the contract
    (银保监发〔2021〕6号); where the pack has none for that day, the loan's own rate stands.
    """
    placed = book.sort("disbursed_on", "loan_id")
    for name, scale in ((SHORT, _PPM_PER_CENT), (LONG, _PPM_PER_CENT), (SHORT_TERM, 1)):
        values = _values(policy, name, scale)
        placed = placed.join_asof(values, on="disbursed_on", check_sortedness=False)
    of_term = pl.when(pl.col("term_months") <= pl.col(SHORT_TERM)).then(SHORT).otherwise(LONG)
    rate = pl.min_horizontal("annual_rate", of_term).alias("base_rate")
    return placed.with_columns(rate).drop(SHORT, LONG, SHORT_TERM).sort("loan_id")


def _values(policy: Policy, name: str, scale: int) -> pl.DataFrame:
    """List from which day on a parameter has which value; null from the day after it ends."""
    entry = policy.pack.parameters.get(name)
    values = entry.in_force if entry is not None else ()
    rows = [(value.from_, round(value.value * scale)) for value in values]
    ends = [(value.to + timedelta(days=1), None) for value in values[-1:] if value.to is not None]
    return pl.DataFrame([*rows, *ends], schema={"disbursed_on": pl.Date(), name: pl.Int64()}, orient="row")
