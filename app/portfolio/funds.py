"""Funds that answer for losses: what is in them, which loans they carry, and how far they may."""

from datetime import date
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import FundKind, FundMovement
from app.policy.rules import Resolved, Rules
from app.portfolio.compensated import with_compensated

SIGNS: Final = MappingProxyType(
    {
        FundMovement.DEPOSIT: 1,
        FundMovement.RECOVERY: 1,
        FundMovement.PROFIT_RETURN: 1,
        FundMovement.COMPENSATION: -1,
        FundMovement.SUBSIDY: -1,
        FundMovement.WITHDRAWAL: -1,
    }
)
CARRYING: Final = (FundKind.COMPENSATION.value, FundKind.GUARANTEE.value)
MOVED: Final = tuple(movement.value for movement in SIGNS)
BALANCE_COLUMNS: Final = ("fund_id", "fund", "banks", *MOVED, "balance")


def fund_rule(rules: Rules, kind: str) -> Resolved[Any, Any] | None:
    """This function will find what the pack says of funds of a kind; None where it says nothing."""
    return next((rule for rule in rules.funds if rule.entry.fund == kind), None)


def fund_rules(rules: Rules) -> pl.DataFrame:
    """This function will list what the pack says by kind: fund, rule (the entry's code), limit (leverage).

    `limit` is null where the source prints none.
    """
    found = {kind.value: fund_rule(rules, kind.value) for kind in FundKind}
    rows = [(kind, rule.code, rule.now.leverage) for kind, rule in found.items() if rule is not None]
    schema = {"fund": pl.String(), "rule": pl.String(), "limit": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def fund_balances(frames: Frames, *, as_of: date) -> pl.DataFrame:
    """This function will tell what went in and out of every fund by a day: BALANCE_COLUMNS, in fen.

    `banks` are the banks that its deposits name: a fund kept with banks carries their loans only.
    """
    moved = frames.as_of(as_of)["fund_movements"].filter(pl.col("moved_on") <= as_of)
    signs = pl.col("movement").replace_strict(dict(SIGNS), default=0, return_dtype=pl.Int64)
    deposit = pl.col("movement") == FundMovement.DEPOSIT.value
    sums = [pl.col("amount").filter(pl.col("movement") == name).sum().alias(name) for name in MOVED]
    return (
        moved.group_by("fund_id", "fund")
        .agg(
            pl.col("bank").filter(deposit).drop_nulls().unique().sort().alias("banks"),
            *sums,
            (pl.col("amount") * signs).sum().alias("balance"),
        )
        .select(BALANCE_COLUMNS)
        .sort("fund_id")
    )


def carried_loans(funds: pl.DataFrame, book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will list the active loans that each compensation or guarantee fund carries.

    `funds` as `fund_balances` gives them, `book` the loan book of the same day. Gives the book's columns with
    `fund_id` and `compensated` (fen, the part that the fund answers for), for parts above nothing.
    """
    loans = with_compensated(book, rules, as_of=as_of).filter(pl.col("compensated") > 0)
    keeping = funds.filter(pl.col("fund").is_in(CARRYING)).select("fund_id", "banks")
    own = (pl.col("banks").list.len() == 0) | pl.col("banks").list.contains(pl.col("bank"))
    return loans.join(keeping, how="cross").filter(own).drop("banks").sort("fund_id", "loan_id")


def fund_positions(frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will set each fund's balance beside the loans that it carries.

    Adds to `fund_balances`: `loans`, `carried` (fen), `leverage` (carried by one yuan of balance; null
    when nothing is in the fund), `rule` and `limit` (of the pack; null where it prints none), `capacity`
    (balance times limit), `room` (what may still be lent; negative beyond the limit) and `beyond`.
    """
    funds = fund_balances(frames, as_of=as_of)
    sums = carried_loans(funds, book, rules, as_of=as_of).group_by("fund_id").agg(
        pl.len().cast(pl.Int64).alias("loans"), pl.col("compensated").sum().alias("carried")
    )  # fmt: skip
    joined = funds.join(sums, on="fund_id", how="left").join(fund_rules(rules), on="fund", how="left")
    return (
        joined.with_columns(pl.col("loans", "carried").fill_null(0)).with_columns(*measures()).sort("fund_id")
    )


def measures() -> tuple[pl.Expr, ...]:
    """This function will build leverage, capacity, room and beyond from carried, balance and limit."""
    capacity = (pl.max_horizontal("balance", pl.lit(0)) * pl.col("limit")).floor().cast(pl.Int64)
    leverage = pl.when(pl.col("balance") > 0).then(pl.col("carried") / pl.col("balance"))
    return (
        leverage.alias("leverage"),
        capacity.alias("capacity"),
        (capacity - pl.col("carried")).alias("room"),
        (pl.col("carried") > capacity).alias("beyond"),
    )
