"""Incomes in the months in which they fall, and outside debts."""

from typing import Final

import numpy as np
import polars as pl

from app.domain.words import IncomeSource
from app.simulation.arrays import B, F, I, floats, words
from app.simulation.block import Block

_SOURCES: Final = tuple(IncomeSource)
_WAGES: Final = _SOURCES.index(IncomeSource.WAGES)
_TRANSFER: Final = _SOURCES.index(IncomeSource.TRANSFER)


def incomes(block: Block) -> pl.DataFrame:
    """This function will give sales, wages and transfers of the kept households, month by month."""
    parts = [part for month in range(block.hurdles.time.last) for part in _month(block, month)]
    home, source, month, yuan = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pl.DataFrame(
        {
            "household_id": block.household_ids(home),
            "source": words(_SOURCES, source),
            "received_in": block.hurdles.time.day(month, 1),
            "amount": block.fen(np.round(yuan * _told(block)[home], -1)),
        }
    ).filter(pl.col("amount") > 0)


def _told(block: Block) -> F:
    """This function will draw by how much each household's incomes are told too high or too low."""
    draws = block.streams("told incomes").standard_normal(len(block.hurdles.homes))
    return floats(np.exp(draws * block.a.number("income_report_sd")))


def _month(block: Block, month: int) -> list[tuple[I, I, I, F]]:
    on_file = block.first_loan[block.homes] - block.a.whole("income_on_file") <= month
    year, homes = _year(block, month), block.hurdles.homes
    share = homes.industry_share[block.homes]
    kept = block.a.number("transfer_share")
    of_trade = block.hurdles.world.trades.sales[homes.industry[block.homes], month % 12]
    trade = of_trade * share * year * _yield(block, month)
    wages = _falls(block, "wage_months", month) * (1 - kept) * (1 - share) * year * _work(block, month)
    transfer = _falls(block, "transfer_months", month) * kept * (1 - share) * year
    named = (_trade_source(block), trade), (_WAGES, wages), (_TRANSFER, transfer)
    return [_rows(block, month, np.broadcast_to(s, year.shape), y, on_file & (y > 0)) for s, y in named]


def _rows(block: Block, month: int, source: I, yuan: F, rows: B) -> tuple[I, I, I, F]:
    homes = block.homes[rows]
    return homes, source[rows], np.full(len(homes), month), yuan[rows]


def _trade_source(block: Block) -> I:
    names = [_SOURCES.index(IncomeSource[name.upper()]) for name in block.hurdles.world.trades.sources]
    return np.array(names)[block.hurdles.homes.industry[block.homes]]


def _falls(block: Block, name: str, month: int) -> float:
    return float(block.a.table(name).get(month % 12 + 1, 0.0))


def _year(block: Block, month: int) -> F:
    growth = (1.0 + block.a.number("income_growth")) ** ((month - block.hurdles.time.first) / 12.0)
    return floats(block.hurdles.homes.income[block.homes] * growth)


def _yield(block: Block, month: int) -> F:
    """This function will move sales by price, own luck and shocks, as the latent state has them."""
    state, industry = block.hurdles.state, block.hurdles.homes.industry[block.homes]
    own = state.capacity[month, block.homes] + state.shock_sum[month, block.homes]
    noise = block.streams(f"sales {month}").standard_normal(len(block.homes)) * block.a.number(
        "income_noise_sd"
    )
    return floats(np.exp(own + block.hurdles.world.price[month, industry] + noise))


def _work(block: Block, month: int) -> F:
    state = block.hurdles.state
    ill = state.shock[month, 0, block.homes] + state.shock[month, 1, block.homes]
    noise = block.streams(f"wages {month}").standard_normal(len(block.homes)) * block.a.number(
        "income_noise_sd"
    )
    return floats(np.exp(state.capacity[month, block.homes] + ill + noise))


def outside_debts(block: Block) -> pl.DataFrame:
    """This function will give each year's statement of what indebted households owe elsewhere."""
    time, parts = block.hurdles.time, []
    for month in range(11, time.last, 12):
        owed = block.hurdles.homes.debt[month // 12, block.homes] * _year(block, month)
        rows = (owed > 0) & (block.first_loan[block.homes] - block.a.whole("income_on_file") <= month)
        rng = block.streams(f"debt reports {month}")
        told = owed * np.exp(rng.standard_normal(len(owed)) * block.a.number("debt_report_noise"))
        parts.append((block.homes[rows], np.full(int(rows.sum()), month), told[rows]))
    home, month_of, yuan = (np.concatenate(column) for column in zip(*parts, strict=True))
    ids = block.household_ids(home)
    return pl.DataFrame(
        {
            "household_id": ids,
            "debt_id": "D" + ids.str.slice(1),
            "creditor": words(("亲友", "其他金融机构"), home % 2),
            "balance": block.fen(np.round(yuan, -2)),
            "stated_on": time.day(month_of, 20),
        }
    ).filter(pl.col("balance") > 0)
