"""Simulate a county: the world, then block by block the households, and the ledger of all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from app.domain.ledger import META, TABLES, Kind, Table
from app.simulation import (
    evidence,
    incomes,
    loanbook,
    misfortunes,
    people,
    practice,
    repayments,
    schemes,
    shared,
    truth,
)
from app.simulation.arrays import Streams, Timeline
from app.simulation.assumptions import Assumptions, assumptions
from app.simulation.block import Block, draw_block
from app.simulation.spec import County, CountySpec
from app.simulation.world import World, draw_world

_BLOCK_LOANS: Final = 20_000
_BEYOND: Final = 64  # months past the end: the longest term, the follow-up, and some


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one block adds; persons are still numbers."""

    members: pl.DataFrame
    ledger: Mapping[str, pl.DataFrame]
    landmarks: pl.DataFrame
    outcomes: pl.DataFrame


def simulate(spec: CountySpec) -> County:
    """This function will simulate a county: its ledger as exported on `spec.until`, and apart the truth.

    Same spec, same bytes. Money in fen, rates in ppm, PERSON columns hold invented ID numbers.
    """
    a = assumptions(spec.sensitivity)
    time = _timeline(spec, a)
    world = _world(spec, a, time)
    parts = list(_parts(_blocks(spec, a, world, time)))
    members = pl.concat([part.members for part in parts])
    tables = {name: pl.concat([p.ledger[name] for p in parts], how="diagonal") for name in parts[0].ledger}
    lent = int(tables["loans"].get_column("amount").sum())
    tables |= _shared(spec, a, world, time, lent, tables)
    return County(
        spec=spec,
        ledger=_ledger(tables, members, people.persons(members, spec.county_code)),
        landmarks=pl.concat([part.landmarks for part in parts]),
        outcomes=pl.concat([part.outcomes for part in parts]),
    )


def _parts(drawn: Iterable[Block]) -> Iterator[_Part]:
    persons = 0
    for block in drawn:
        part = _part(block, persons)
        yield part
        persons += len(part.members)


def blocks(spec: CountySpec) -> Iterator[Block]:
    """This function will draw the blocks of the county one after the other."""
    a = assumptions(spec.sensitivity)
    time = _timeline(spec, a)
    return _blocks(spec, a, _world(spec, a, time), time)


def _timeline(spec: CountySpec, a: Assumptions) -> Timeline:
    return Timeline.to(spec.until, years=a.whole("lending_years"), beyond=_BEYOND)


def _world(spec: CountySpec, a: Assumptions, time: Timeline) -> World:
    return draw_world(a, spec, time, Streams(seed=spec.seed, block=0))


def _blocks(spec: CountySpec, a: Assumptions, world: World, time: Timeline) -> Iterator[Block]:
    homes, loans = 0, 0
    for number, size in enumerate(_sizes(spec.loans)):
        streams = Streams(seed=spec.seed, block=number + 1)
        block = draw_block(
            spec=spec, a=a, world=world, time=time, streams=streams,
            loans=size, home_base=homes, loan_base=loans,
        )  # fmt: skip
        yield block
        homes += len(block.hurdles.homes)
        loans += len(block.book)


def _sizes(loans: int) -> list[int]:
    whole, rest = divmod(loans, _BLOCK_LOANS)
    return [_BLOCK_LOANS] * whole + [rest] * (rest > 0)


def _part(block: Block, persons: int) -> _Part:
    members = people.household_members(block, persons)
    head = np.full(len(block.hurdles.homes), -1)
    head[block.homes] = members.filter(pl.col("place") == 0).get_column("person_id").to_numpy()
    due = loanbook.due_rows(block)
    ledger = {
        "households": people.households(block, head[block.homes]),
        "registrations": people.registrations(block),
        "incomes": incomes.incomes(block),
        "outside_debts": incomes.outside_debts(block),
        "shocks": misfortunes.shocks(block, head),
        "insurance": misfortunes.insurance(block),
        "credit_marks": misfortunes.credit_marks(block),
        "guarantee_groups": practice.guarantee_groups(block),
        "fund_movements": practice.fund_payments(block),
        "applications": loanbook.applications(block, head),
        "credit_lines": loanbook.credit_lines(block),
        "loans": loanbook.loans(block, head),
        "repayments_due": loanbook.repayments_due(block, due),
        "repayments": repayments.repayments(block, due),
        "visits": evidence.visits(block),
        "use_records": evidence.use_records(block),
        "dispositions": practice.dispositions(block),
    }
    ledger |= schemes.of_block(block, ledger["shocks"])
    return _Part(
        members=members, ledger=ledger, landmarks=truth.landmarks(block), outcomes=truth.outcomes(block)
    )


def _shared(
    spec: CountySpec,
    a: Assumptions,
    world: World,
    time: Timeline,
    lent: int,
    tables: Mapping[str, pl.DataFrame],
) -> dict[str, pl.DataFrame]:
    scheme = schemes.of_county(spec, a, time, tables)
    own = schemes.funds(a, {**tables, **scheme}, until=spec.until)
    funds = [shared.deposits(spec, time, a, lent), tables["fund_movements"], *own]
    return scheme | {
        "places": shared.places(spec, world, time),
        "prices": shared.prices(world, time, a),
        "firms": shared.firms(world, time),
        "fund_movements": pl.concat(funds, how="diagonal"),
    }


def _ledger(
    tables: Mapping[str, pl.DataFrame], members: pl.DataFrame, persons: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    ids = persons.get_column("person_id")
    everything = {**tables, "household_members": members, "persons": persons}
    return {table.name: _shaped(table, everything.get(table.name), ids) for table in TABLES}


def _shaped(table: Table, frame: pl.DataFrame | None, ids: pl.Series) -> pl.DataFrame:
    """This function will give the table's columns in order, persons by ID number, dates as dates."""
    known = META[0]
    if frame is None:
        return pl.DataFrame(schema={c.name: c.dtype for c in table.columns})
    extra = (known,) if known.name in frame.columns else ()
    shaped = frame.select(
        pl.col(c.name) if c.name in frame.columns else pl.lit(None, c.dtype).alias(c.name)
        for c in (*table.columns, *extra)
    )
    numbered = [c.name for c in table.columns if c.kind is Kind.PERSON and shaped[c.name].dtype.is_integer()]
    shaped = shaped.with_columns(people.person_column(shaped[n].to_numpy(), ids).alias(n) for n in numbered)
    return shaped.cast({c.name: c.dtype for c in (*table.columns, *extra)})
