"""Insurers' accounts by year, and the fund that shares their losses and profits."""

from typing import Final

import polars as pl

from app.domain.words import FundKind, FundMovement
from app.simulation.arrays import Timeline
from app.simulation.assumptions import Assumptions
from app.simulation.tasks import lending_years

_FUND: Final = "FUND2"


def insurance_accounts(a: Assumptions, time: Timeline, insurance: pl.DataFrame) -> pl.DataFrame:
    """This function will give the insurers' premiums, payouts and costs of each year that is over, in fen.

    Insured sums and payouts are the ledger's; the price is such that only the worst year loses.
    """
    insured = _by_year(insurance, "starts_on", "insured")
    payouts = _by_year(insurance, "paid_out_on", "paid_out")
    years = (
        lending_years(time, whole=True)
        .join(insured, on="year", how="left")
        .join(payouts, on="year", how="left")
    )
    sums = years.with_columns(pl.col("insured", "paid_out").fill_null(0)).filter(pl.col("insured") > 0)
    worst = (sums["paid_out"] / sums["insured"]).top_k(min(2, len(sums))).mean()
    costs = a.number("insurance_costs")
    priced = max(a.number("insurance_premium_least"), float(worst or 0.0) / (1.0 - costs))  # type: ignore[arg-type]
    premiums = (pl.col("insured") * priced / 100).round().cast(pl.Int64) * 100
    return sums.sort("year").select(
        pl.lit(_FUND).alias("fund_id"),
        pl.date(pl.col("year"), 1, 1).alias("covers_from"),
        pl.date(pl.col("year"), 12, 31).alias("covers_to"),
        premiums.alias("premiums"),
        pl.col("paid_out").alias("payouts"),
        ((premiums * costs / 100).round().cast(pl.Int64) * 100).alias("costs"),
    )


def _by_year(insurance: pl.DataFrame, day: str, amount: str) -> pl.DataFrame:
    dated = insurance.filter(pl.col(day).is_not_null())
    return dated.group_by(pl.col(day).dt.year().alias("year")).agg(pl.col(amount).sum())


def insurance_fund(a: Assumptions, accounts: pl.DataFrame) -> pl.DataFrame:
    """This function will give what went into the insurance fund, and by year what it got back or bore."""
    shares, result = (
        a.table("insurance_fund_shares"),
        pl.col("premiums") - pl.col("payouts") - pl.col("costs"),
    )
    part = pl.when(result > 0).then(result * shares["profit"]).otherwise(-result * shares["loss"])
    back, bears = FundMovement.PROFIT_RETURN.value, FundMovement.WITHDRAWAL.value
    settled = accounts.select(
        ("Y" + pl.col("covers_to").dt.year().cast(pl.String)).alias("movement_no"),
        pl.when(result > 0).then(pl.lit(back)).otherwise(pl.lit(bears)).alias("movement"),
        pl.col("covers_to").dt.offset_by("3mo").alias("moved_on"),
        part.round().cast(pl.Int64).alias("amount"),
    )
    start = accounts.select(
        pl.lit("Y0").alias("movement_no"),
        pl.lit(FundMovement.DEPOSIT.value).alias("movement"),
        pl.col("covers_from").min().alias("moved_on"),
        (pl.col("premiums").mean() * a.number("insurance_fund_years")).round().cast(pl.Int64).alias("amount"),
    )
    both = pl.concat([start, settled]).filter(pl.col("amount") > 0)
    named = {"fund_id": pl.lit(_FUND), "fund": pl.lit(FundKind.INSURANCE.value)}
    return both.with_columns(**named)
