"""Money recovered after a fund has paid goes back by the shares that the loss was borne by."""

from datetime import date

import polars as pl

from app.domain.frames import Frames
from app.domain.words import FundMovement
from app.policy.rules import Rules
from app.portfolio.claims import FUND, fund_shares
from app.portfolio.splitting import split

_KEY = ("fund_id", "fund", "loan_id")


def recoveries_due(frames: Frames, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will say what of the money recovered after compensation goes back to each fund.

    Per fund and loan (fen): `paid` by the fund, `repaid` by the borrower after the day it paid, `due_back`
    (the fund's share of that, no more than it paid), `returned` so far and `outstanding`. Kinds of funds
    whose shares the pack does not know bring nothing. That the shares hold for what comes back is a *design*.
    """
    known = frames.as_of(as_of)
    paid = _moved(known, FundMovement.COMPENSATION, pl.col("amount").sum().alias("paid"), _FROM)
    back = _moved(known, FundMovement.RECOVERY, pl.col("amount").sum().alias("returned"))
    rows = _repaid(paid, known).join(back, on=_KEY, how="left").with_columns(pl.col("returned").fill_null(0))
    parts = split(rows, fund_shares(rows, rules), on=FUND).filter(pl.col("bearer") == FUND)
    due = pl.min_horizontal("part", "paid").alias("due_back")
    return (
        parts.with_columns(due, pl.col("amount").alias("repaid"))
        .with_columns((pl.col("due_back") - pl.col("returned")).alias("outstanding"))
        .select("fund_id", "loan_id", "paid", "repaid", "due_back", "returned", "outstanding")
        .sort("fund_id", "loan_id")
    )


_FROM = pl.col("moved_on").min().alias("paid_from")


def _moved(known: Frames, movement: FundMovement, *sums: pl.Expr) -> pl.DataFrame:
    of_loans = pl.col("loan_id").is_not_null() & (pl.col("movement") == movement.value)
    return known["fund_movements"].filter(of_loans).group_by(_KEY).agg(*sums)


def _repaid(paid: pl.DataFrame, known: Frames) -> pl.DataFrame:
    after = paid.join(known["repayments"], on="loan_id").filter(pl.col("paid_on") > pl.col("paid_from"))
    return after.group_by(*_KEY, "paid").agg(pl.sum_horizontal("principal", "interest").sum().alias("amount"))
