"""How a fund's leverage moves in the coming months, under three plain assumptions."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.policy.rules import Rules
from app.portfolio.funds import carried_loans, fund_balances, fund_rule, fund_rules, measures
from app.portfolio.scheme import parameter

MONTHS: Final = 12
RUN_OFF: Final = "run_off"
LOSSES: Final = "losses"
LENDING: Final = "lending"
_FUND: Final = "fund"
_NEAREST: Final = 1  # what is overdue already is settled in the first month at the earliest


def fund_outlook(
    frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date, months: int = MONTHS
) -> pl.DataFrame:
    """This function will follow each carrying fund month by month from a day on, in three scenarios.

    `run_off`: every loan is repaid on the day it matures, overdue ones within a month; nothing is lent.
    `losses`: loans overdue today are never repaid; when they have been so for `compensation_days_overdue`,
    the fund pays its share of `loss_given_default` of them. `lending`: the same, and each month as much is
    lent again as in the mean of the last twelve. No other default is foreseen here. Gives fund_id, fund,
    scenario, month (0 is the day itself), on, carried, balance (fen), limit, leverage, capacity, room,
    beyond.
    """
    funds = fund_balances(frames, as_of=as_of)
    loans = carried_loans(funds, book, rules, as_of=as_of).join(
        fund_shares_of(funds, rules), on="fund_id", how="left"
    )
    leaving = _leaving(loans, rules, as_of)
    lent = _lent_monthly(loans, as_of)
    keeping = funds.filter(pl.col("fund_id").is_in(lent.get_column("fund_id").implode()))
    grid = keeping.select("fund_id", "fund", "balance").join(_months(as_of, months), how="cross")
    parts = [_scenario(name, grid, leaving, lent) for name in (RUN_OFF, LOSSES, LENDING)]
    full = pl.concat(parts).join(fund_rules(rules).drop("rule"), on="fund", how="left")
    return full.with_columns(*measures()).sort("fund_id", "scenario", "month")


def limit_passed(outlook: pl.DataFrame) -> pl.DataFrame:
    """This function will give the first month in which a fund is beyond its limit, by fund and scenario.

    Columns fund_id, scenario, month, on; null where the limit is never passed or none is printed.
    """
    first = outlook.filter(pl.col("beyond").fill_null(value=False)).group_by("fund_id", "scenario").agg(
        pl.col("month", "on").min()
    )  # fmt: skip
    every = outlook.select("fund_id", "scenario").unique()
    return every.join(first, on=["fund_id", "scenario"], how="left").sort("fund_id", "scenario")


def expected_claims(loans: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.Expr:
    """This function will build what a fund would pay (fen) if the loans of the frame were never repaid."""
    lgd = parameter(rules, "loss_given_default", as_of=as_of)
    share = pl.col("fund_share") if "fund_share" in loans.columns else pl.lit(1.0)
    return (pl.col("compensated") * lgd * share.fill_null(1.0)).round().cast(pl.Int64)


def fund_shares_of(funds: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will give each fund's own share of a loss: fund_id, fund_share.

    It is the whole where the pack prints none, so that nothing is made small.
    """
    found = {kind: fund_rule(rules, kind) for kind in funds.get_column("fund").unique()}
    shares = {kind: rule.now.shares.get(_FUND, 1.0) for kind, rule in found.items() if rule is not None}
    share = pl.col("fund").replace_strict(shares, default=1.0, return_dtype=pl.Float64)
    return funds.select("fund_id", share.alias("fund_share"))


def _months(as_of: date, months: int) -> pl.DataFrame:
    month = pl.int_range(months + 1, dtype=pl.Int64, eager=True).alias("month").to_frame()
    return month.with_columns(pl.lit(as_of).dt.offset_by(pl.format("{}mo", "month")).alias("on"))


def _leaving(loans: pl.DataFrame, rules: Rules, as_of: date) -> pl.DataFrame:
    """When each carried loan leaves the fund's books: by repayment, or as a loss."""
    days = int(parameter(rules, "compensation_days_overdue", as_of=as_of))
    overdue = pl.col("principal_days_late") > 0
    claimed_on = pl.lit(as_of) + pl.duration(
        days=pl.max_horizontal(days - pl.col("principal_days_late"), _NEAREST)
    )
    repaid_on = pl.max_horizontal("matures_on", pl.lit(as_of) + pl.duration(days=_NEAREST))
    return loans.select(
        "fund_id", "compensated", overdue.alias("overdue"), repaid_on.alias("repaid_on"),
        claimed_on.alias("claimed_on"), expected_claims(loans, rules, as_of=as_of).alias("claim"),
    )  # fmt: skip


def _lent_monthly(loans: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """What was lent and is carried of it, a month in the mean of the last year."""
    recent = pl.col("disbursed_on") > pl.lit(as_of).dt.offset_by(f"-{MONTHS}mo")
    lent = (pl.col("compensated").filter(recent).sum() // MONTHS).alias("lent")
    return loans.group_by("fund_id").agg(lent)


def _scenario(name: str, grid: pl.DataFrame, leaving: pl.DataFrame, lent: pl.DataFrame) -> pl.DataFrame:
    lost = pl.col("overdue") if name != RUN_OFF else pl.lit(value=False)
    left_on = pl.when(lost).then("claimed_on").otherwise("repaid_on")
    ways = leaving.select(
        "fund_id",
        "compensated",
        left_on.alias("left_on"),
        pl.when(lost).then("claim").otherwise(0).alias("claim"),
    )
    pairs = grid.select("fund_id", "month", "on").join(ways, on="fund_id")
    gone = pl.col("left_on") <= pl.col("on")
    sums = pairs.group_by("fund_id", "month").agg(
        pl.col("compensated").filter(~gone).sum().alias("carried"),
        pl.col("claim").filter(gone).sum().alias("paid"),
    )
    full = grid.join(sums, on=["fund_id", "month"], how="left").join(lent, on="fund_id", how="left")
    again = pl.col("lent") * pl.col("month") if name == LENDING else pl.lit(0, pl.Int64)
    return full.select(
        "fund_id", "fund", pl.lit(name).alias("scenario"), "month", "on",
        (pl.col("carried").fill_null(0) + again).alias("carried"),
        (pl.col("balance") - pl.col("paid").fill_null(0)).alias("balance"),
    )  # fmt: skip
