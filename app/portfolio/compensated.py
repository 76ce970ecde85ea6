"""What part of each loan a fund answers for: the first yuan of a household, up to the pack's cap."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.money import FEN_PER_YUAN
from app.policy.rules import Rules
from app.portfolio.scheme import parameter

SUBSIDISED_CAP: Final = "subsidised_cap"


def with_compensated(book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will add `compensated` (fen) to the loan book: what a fund covers of each balance.

    The cap holds for a household: of its active loans the earlier ones fill it first, by the amount lent,
    and what a top-up brings beyond it is never covered, even when part is repaid. Loans known to be
    without subsidy are not covered. Raises SchemeAbsentError without `subsidised_cap` (银保监发〔2021〕6号).
    """
    cap = int(parameter(rules, SUBSIDISED_CAP, as_of=as_of) * FEN_PER_YUAN)
    covered = pl.when("active", pl.col("subsidised").fill_null(value=True)).then("amount").otherwise(0)
    ordered = book.sort("household_id", "disbursed_on", "loan_id").with_columns(covered.alias("covered"))
    before = pl.col("covered").cum_sum().over("household_id") - pl.col("covered")
    room = pl.max_horizontal(pl.lit(cap) - before, pl.lit(0))
    part = pl.min_horizontal("covered", room, "balance").alias("compensated")
    return ordered.with_columns(part).drop("covered").sort("loan_id")
