"""Mutual-aid societies of some villages: members, dues, and what their funds took in."""

import numpy as np
import polars as pl

from app.domain.words import FundKind, FundMovement
from app.simulation.arrays import D, I, Streams, Timeline, between, days, pick
from app.simulation.assumptions import Assumptions
from app.simulation.block import Block
from app.simulation.people import surveyed_on
from app.simulation.spec import CountySpec

_NONE = -1
_NEVER, _PARTS = 2, 1  # positions in society_payment
_STEM = "SOC"


def founded(spec: CountySpec, a: Assumptions, time: Timeline, villages: int) -> I:
    """This function will give the month in which each village's society was founded, -1 for none."""
    rng = Streams(seed=spec.seed, block=0)("societies")
    there = rng.random(villages) < a.number("society_share")
    return np.where(there, time.first + between(rng, a.table("society_founded"), villages), _NONE)


def society_members(block: Block) -> pl.DataFrame:
    """This function will give the households that joined their village's society, with the dues they owe."""
    a, rng, count = block.a, block.streams("society members"), len(block.homes)
    month = _founded(block)[block.hurdles.homes.village[block.homes]]
    joins = (month >= 0) & (rng.random(count) < a.number("society_join"))
    begins = np.maximum(block.hurdles.time.day(np.maximum(month, 0), 1), surveyed_on(block))
    joined = days(begins + between(rng, a.table("society_join_days"), count))
    owed = np.array(list(a.table("society_dues")))[pick(rng, a.table("society_dues"), count)] * 100
    rows = np.flatnonzero(joins & (joined <= block.hurdles.time.until64))
    return pl.DataFrame(
        {
            "society_id": _STEM + block.village_codes(block.homes[rows]).str.slice(6),
            "household_id": block.household_ids(block.homes[rows]),
            "joined_on": joined[rows],
            "dues": owed[rows],
        }
    )


def _founded(block: Block) -> I:
    villages = len(block.hurdles.world.places.township)
    return founded(block.spec, block.a, block.hurdles.time, villages)


def society_dues(block: Block, members: pl.DataFrame) -> pl.DataFrame:
    """This function will give what members paid: at once, in two parts, or nothing."""
    rng, count = block.streams("society dues"), len(members)
    how, windows = pick(rng, block.a.table("society_payment"), count), block.a.table("society_payment_days")
    owed, joined = members.get_column("dues").to_numpy(), members.get_column("joined_on").to_numpy()
    first, second = (days(joined + between(rng, windows[key], count)) for key in ("first", "second"))
    now = np.where(how == _PARTS, owed // 2, owed)
    at_once = _payments(members, first, now, np.flatnonzero(how != _NEVER))
    rest = _payments(members, second, owed - now, np.flatnonzero(how == _PARTS))
    paid = pl.concat([at_once, rest]).filter(pl.col("paid_on") <= block.spec.until)
    return paid.sort("society_id", "household_id", "paid_on")


def _payments(members: pl.DataFrame, paid_on: D, amount: I, rows: I) -> pl.DataFrame:
    return members.select("society_id", "household_id")[rows].with_columns(
        paid_on=pl.Series(paid_on[rows]), amount=pl.Series(amount[rows])
    )


def society_funds(a: Assumptions, members: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """This function will give what the societies' funds took in: the county's grant, then dues by year."""
    grants = members.group_by("society_id").agg(pl.col("joined_on").min().alias("moved_on")).with_columns(
        movement_no=pl.lit("G"), amount=pl.lit(a.whole("society_grant") * 100, pl.Int64)
    )  # fmt: skip
    year = pl.col("paid_on").dt.year().cast(pl.String)
    paid = dues.group_by("society_id", movement_no="D" + year).agg(
        pl.col("paid_on").max().alias("moved_on"), pl.col("amount").sum()
    )
    rows = pl.concat([grants, paid], how="diagonal").sort("society_id", "moved_on", "movement_no")
    return rows.select(
        pl.col("society_id").alias("fund_id"),
        pl.lit(FundKind.MUTUAL_AID.value).alias("fund"),
        "movement_no",
        pl.lit(FundMovement.DEPOSIT.value).alias("movement"),
        "moved_on",
        "amount",
    )
