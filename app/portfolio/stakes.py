"""What helpers answer for (推荐责任风险金): a share of what is lent, by bracket of the amount."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.money import FEN_PER_YUAN, PPM
from app.policy.rules import Rules
from app.policy.schemes import StakeInForce
from app.portfolio.scheme import section

STAKE_COLUMNS: Final = (
    "loan_id", "helper_id", "household_id", "township_code", "village_code", "amount", "balance",
    "principal_overdue", "stake_rule", "share", "stake", "referred",
)  # fmt: skip


def loan_stakes(book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will say what the helper of each active loan of a loan book answers for.

    One row per active loan with a helper and stake rule of the pack, by loan_id, with STAKE_COLUMNS: money in
    fen, `share` in ppm of the amount lent; where the source is silent `referred` is true, share and stake
    are null. Raises SchemeAbsentError where the pack asks for no stake.
    """
    loans = book.filter("active", pl.col("helper_id").is_not_null())
    stakes = section(rules, "stakes", as_of=as_of)
    rows = [loans.with_columns(pl.lit(s.code).alias("stake_rule"), _share(s.now)) for s in stakes]
    stake = (pl.col("amount") * pl.col("share") + PPM // 2) // PPM  # half a fen up
    said = pl.concat(rows).with_columns(stake.alias("stake"), pl.col("share").is_null().alias("referred"))
    return said.select(STAKE_COLUMNS).sort("loan_id", "stake_rule")


def _share(stake: StakeInForce) -> pl.Expr:
    found = pl.lit(None, pl.Int64)
    for bracket in reversed(stake.brackets):
        share = None if bracket.share == "refer" else round(bracket.share * PPM)
        value = pl.lit(share, pl.Int64)
        bound = bracket.up_to
        found = value if bound is None else _within(bound, value, found)
    return found.alias("share")


def _within(yuan: float, value: pl.Expr, otherwise: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("amount") <= round(yuan * FEN_PER_YUAN)).then(value).otherwise(otherwise)


def helper_stakes(stakes: pl.DataFrame) -> pl.DataFrame:
    """This function will sum `loan_stakes` by helper, those with most at stake on overdue loans first.

    One row per helper: helper_id, loans, amount, stake, stake_overdue (on loans with overdue principal) in
    fen, referred (loans whose stake a person must set).
    """
    overdue = pl.col("principal_overdue") > 0
    sums = stakes.group_by("helper_id").agg(
        pl.col("loan_id").n_unique().cast(pl.Int64).alias("loans"),
        pl.col("amount", "stake").sum(),
        pl.col("stake").filter(overdue).sum().alias("stake_overdue"),
        pl.col("referred").sum().cast(pl.Int64),
    )
    return sums.sort("stake_overdue", "stake", "helper_id", descending=[True, True, False])
