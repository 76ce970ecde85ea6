"""Insurance periods: who bears a loss, and what of a profit goes back to the fund (003, part four)."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.money import PPM
from app.domain.words import FundKind
from app.policy.rules import Rules
from app.portfolio.funds import fund_rule
from app.portfolio.scheme import section
from app.portfolio.splitting import share_table, split

ACCOUNT_COLUMNS: Final = (
    "fund_id", "covers_from", "covers_to", "premiums", "payouts", "costs", "result", "loss", "profit",
    "profit_returned", "return_printed",
)  # fmt: skip


def insurance_results(frames: Frames, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will settle every insurance period that was over and known on a day.

    Gives ACCOUNT_COLUMNS (fen): result = premiums - payouts - costs, what of it is loss or profit, and what
    goes back to the fund: `profit_returned` is null with `return_printed` false where the pack knows no share
    (the text that was seen leaves it out). A fen that does not divide stays with the insurer.
    """
    known = frames.as_of(as_of)["insurance_accounts"].filter(pl.col("covers_to") <= as_of)
    result = pl.col("premiums") - pl.col("payouts") - pl.col("costs").fill_null(0)
    rule = fund_rule(rules, FundKind.INSURANCE)
    share = None if rule is None else rule.now.profit_return_share
    profit = pl.max_horizontal(result, pl.lit(0))
    back = pl.lit(None, pl.Int64) if share is None else profit * round(share * PPM) // PPM
    return known.with_columns(
        result.alias("result"),
        pl.max_horizontal(-result, pl.lit(0)).alias("loss"),
        profit.alias("profit"),
        back.alias("profit_returned"),
        pl.lit(share is not None).alias("return_printed"),
    ).select(ACCOUNT_COLUMNS).sort("fund_id", "covers_from")  # fmt: skip


def insurance_shares(results: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will say who bears the loss of each period: fund_id, covers_from, bearer, part (fen).

    Periods without a loss bring nothing. Raises SchemeAbsentError where the pack has no fund at all.
    """
    section(rules, "funds", as_of=as_of)
    rule = fund_rule(rules, FundKind.INSURANCE)
    shares = share_table({} if rule is None else {FundKind.INSURANCE.value: rule.now.shares})
    losses = results.filter(pl.col("loss") > 0).select(
        "fund_id",
        "covers_from",
        pl.col("loss").alias("amount"),
        pl.lit(FundKind.INSURANCE.value).alias("fund"),
    )
    return split(losses, shares, on="fund").drop("amount", "fund")
