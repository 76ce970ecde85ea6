"""The county's own tables: places, prices, firms and the fund's deposits."""

import numpy as np
import polars as pl

from app.domain.words import FirmState, FundKind, FundMovement
from app.simulation.arrays import Timeline, words
from app.simulation.assumptions import Assumptions
from app.simulation.block import village_codes
from app.simulation.spec import CountySpec
from app.simulation.world import World


def places(spec: CountySpec, world: World, time: Timeline) -> pl.DataFrame:
    """This function will give the division codes and plainly invented names."""
    towns, villages = spec.townships, np.arange(len(world.places.township))
    per = len(villages) // towns
    rows = [(spec.county_code, "模拟县")]
    rows += [(f"{spec.county_code}{100 + town}", f"模拟{town + 1:02d}乡") for town in range(towns)]
    codes = village_codes(spec, world, villages).to_list()
    rows += [
        (c, f"模拟{v // per + 1:02d}乡{v % per + 1:02d}村") for c, v in zip(codes, villages, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=["place_code", "place_name"], orient="row")
    return frame.with_columns(listed_on=pl.lit(time.origin.astype("datetime64[D]").item()))


def prices(world: World, time: Timeline, a: Assumptions) -> pl.DataFrame:
    """This function will give each industry's price by month, up to the last whole month, in fen."""
    trades, month = world.trades, np.arange(time.last)
    season = a.number("price_season") * np.cos(2 * np.pi * (month % 12) / 12)
    fen = np.rint(100 * trades.prices * np.exp(world.price[: time.last] + season[:, None]))
    industry = np.tile(np.arange(len(trades.codes)), len(month))
    return pl.DataFrame(
        {
            "industry": words(trades.codes, industry),
            "priced_in": time.day(np.repeat(month, len(trades.codes)), 1),
            "price": fen.astype(np.int64).ravel(),
        }
    )


def firms(world: World, time: Timeline) -> pl.DataFrame:
    """This function will give each firm's yearly state, and the months in which it turned."""
    names = [f"F{n + 1:04d}" for n in range(len(world.firm_closed))]
    stated = sorted({*range(0, time.last, 12), *world.firm_troubled.tolist(), *world.firm_closed.tolist()})
    rows = [
        (name, _state(month, int(t), int(c)).value, time.day(np.array([month]), 1)[0].item())
        for name, t, c in zip(names, world.firm_troubled, world.firm_closed, strict=True)
        for month in stated
        if month <= time.last and (month % 12 == 0 or month in (t, c))
    ]
    return pl.DataFrame(rows, schema=["firm_id", "state", "stated_on"], orient="row")


def _state(month: int, troubled: int, closed: int) -> FirmState:
    if month >= closed:
        return FirmState.CLOSED
    return FirmState.TROUBLED if month >= troubled else FirmState.OPERATING


def deposits(spec: CountySpec, time: Timeline, a: Assumptions, lent_fen: int) -> pl.DataFrame:
    """This function will give the yearly deposits into the compensation fund, by its leverage."""
    months = np.arange(time.first, time.last + 1, 12)
    count = len(months)
    return pl.DataFrame(
        {
            "fund_id": ["FUND1"] * count,
            "fund": [FundKind.COMPENSATION.value] * count,
            "movement_no": [f"Y{n + 1:02d}" for n in range(count)],
            "movement": [FundMovement.DEPOSIT.value] * count,
            "moved_on": time.day(months, 10),
            "amount": [lent_fen // (count * a.whole("fund_leverage"))] * count,
        }
    ).filter(pl.col("moved_on") <= spec.until)
