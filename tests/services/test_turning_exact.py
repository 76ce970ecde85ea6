"""Turning by the models that ship, against trying every change, unit by unit."""

from datetime import date
from itertools import combinations, product

import numpy as np
import polars as pl
import pytest

from app.assessment import Basis
from app.bootstrap import estimators
from app.features.base import loan_base
from app.features.build import build
from app.features.changing import CHANGES, IntMatrix, most_units
from app.features.context import Context
from app.features.feature import Stage
from app.policy.policy import load
from app.scoring.turning import MOST_CHANGES, IntVector, Turn, after
from app.services.turning import Lamp
from app.settings import ROOT
from app.simulation import CountySpec, frames, simulate
from app.warning.effects import EffectTable

DAY = date(2025, 6, 30)
MOST_WAYS = 700  # so many can be tried one by one
Found = list[tuple[Turn, ...]]


@pytest.fixture(scope="module")
def lamp() -> Lamp:
    estimator = estimators(ROOT / "models")[Stage.MATURITY]
    basis = Basis(policy=load("yanchi"), estimator=estimator, effects=EffectTable.of(None))
    return Lamp(rules=basis.policy.at(DAY), basis=basis)


@pytest.fixture(scope="module")
def loans(lamp: Lamp) -> pl.DataFrame:
    """Loans that are not green, few enough units from every limit to try all ways."""
    ledger = frames(simulate(CountySpec(seed=941, loans=2_000, until=DAY)), {})
    base = loan_base(ledger, as_of=DAY)
    features = build(ledger, base, context=Context.of(ledger, [DAY]))
    few = np.array([count(most) <= MOST_WAYS for most in most_units(features)])
    picked = features.filter(pl.Series((lamp.ranks(features) > 0) & few))
    return picked.with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt32))


@pytest.fixture(scope="module")
def found(lamp: Lamp, loans: pl.DataFrame) -> Found:
    return lamp.turns(loans, lamp.ranks(loans))


def count(most: IntVector) -> int:
    return sum(
        int(np.prod(most[list(way)]))
        for size in range(1, MOST_CHANGES + 1)
        for way in combinations(range(len(most)), size)
    )


def every_way(most: IntVector) -> IntMatrix:
    ways = [
        (way, units)
        for size in range(1, MOST_CHANGES + 1)
        for way in combinations(np.flatnonzero(most).tolist(), size)
        for units in product(*(range(1, int(most[place]) + 1) for place in way))
    ]
    rows = np.zeros((len(ways), len(CHANGES)), dtype=np.int64)
    for row, (way, units) in zip(rows, ways, strict=True):
        row[list(way)] = units
    return rows


def test_the_search_finds_the_smallest_turn_that_there_is(
    lamp: Lamp, loans: pl.DataFrame, found: Found
) -> None:
    tried = [every_way(most) for most in most_units(loans)]
    loan = np.repeat(np.arange(loans.height), [len(rows) for rows in tried])
    units = np.concatenate(tried)
    reached = lamp.ranks(after(loans, loan, units))

    for place, now in enumerate(lamp.ranks(loans).tolist()):
        mine, ranks = units[loan == place], reached[loan == place]
        for rank in range(now):
            sizes = [((row > 0).sum(), row.sum()) for row in mine[ranks <= rank]]
            told = [turn.size for turn in found[place] if turn.rank <= rank]
            assert (min(told) if told else None) == (min(sizes) if sizes else None)
    assert loans.height > 20
    assert sum(bool(ways) for ways in found) > 5


def test_every_change_is_lit_again_by_the_same_code(lamp: Lamp, loans: pl.DataFrame, found: Found) -> None:
    for place, ways in enumerate(found):
        for turn in ways:
            changed = after(loans, np.array([place]), np.array([turn.units]))
            assert lamp.ranks(changed).tolist() == [turn.rank]
            assert (np.array(turn.units) <= most_units(loans[place])[0]).all()
