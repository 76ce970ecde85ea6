"""One block of the county: households, their loans and what became of them, with identifiers."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from app.simulation.actions import plan_each
from app.simulation.arrays import D, F, I, Streams, Timeline, days, labels
from app.simulation.assumptions import Assumptions
from app.simulation.book import Book
from app.simulation.following import Path, follow
from app.simulation.homes import draw_homes, draw_state
from app.simulation.hurdles import Hurdles
from app.simulation.lending import lend
from app.simulation.spec import CountySpec
from app.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of the county that is drawn by itself; `homes` are the households that stay in it."""

    spec: CountySpec
    hurdles: Hurdles
    streams: Streams
    book: Book
    path: Path  # of what was observed; of no meaning for loans that were continued by another
    homes: I  # positions of the households kept, in order
    first_loan: I  # month of the first loan, by position of any household
    home_base: int
    loan_base: int

    @property
    def a(self) -> Assumptions:
        """This function will give the assumptions in use."""
        return self.hurdles.a

    @property
    def loan_id(self) -> pl.Series:
        """This function will name the loans."""
        return self.loan_ids(np.arange(len(self.book)))

    def loan_ids(self, rows: I) -> pl.Series:
        """This function will name some loans; -1 becomes null."""
        return _nullable(labels("L", self.loan_base + rows + 1, 8), rows)

    def household_ids(self, homes: I) -> pl.Series:
        """This function will name some households by position."""
        return labels("H", self.home_base + homes + 1, 8)

    def village_codes(self, homes: I) -> pl.Series:
        """This function will give the 12-digit village codes of some households."""
        return village_codes(self.spec, self.hurdles.world, self.hurdles.homes.village[homes])

    def group_ids(self, homes: I) -> pl.Series:
        """This function will name the guarantee groups of some households; null without one."""
        group = self.hurdles.homes.group[homes]
        code = f"G{self.streams.block:03d}-" + self.village_codes(homes) + "-"
        return _nullable(code + pl.Series(group + 1).cast(pl.String).str.zfill(3), group)

    @property
    def maturity(self) -> D:
        """This function will give the day each loan matures."""
        return self.book.matures_on(self.hurdles.time)

    @property
    def closed(self) -> D:
        """This function will give the last day a loan concerns anyone: settled, continued, or followed up."""
        months = np.where(self.path.repaid >= 0, self.path.repaid, self.a.whole("follow_months"))
        months = np.where(self.book.treated, 0, months)
        return days(self.maturity + months * 30)

    def fen(self, yuan: F) -> I:
        """This function will turn yuan into fen."""
        return np.rint(yuan * 100.0).astype(np.int64)


def _nullable(names: pl.Series, numbers: I) -> pl.Series:
    frame = pl.select(pl.when(pl.Series(numbers) >= 0).then(names).otherwise(None).alias("id"))
    return frame.get_column("id")


def village_codes(spec: CountySpec, world: World, villages: I) -> pl.Series:
    """This function will write the 12-digit codes of villages by number."""
    town = world.places.township[villages]
    per = len(world.places.township) // len(world.places.township_weight)
    code = int(spec.county_code) * 1_000_000 + (100 + town) * 1000 + 200 + villages - town * per
    return pl.Series(code).cast(pl.String)


def draw_block(  # noqa: PLR0913
    *,
    spec: CountySpec,
    a: Assumptions,
    world: World,
    time: Timeline,
    streams: Streams,
    loans: int,
    home_base: int,
    loan_base: int,
) -> Block:
    """This function will draw households until they hold exactly `loans` loans."""
    count = int(loans / a.number("loans_per_household_least")) + 40
    homes = draw_homes(a, world, time, streams, count)
    state = draw_state(a, world, time, streams, homes)
    hurdles = Hurdles(a=a, world=world, time=time, homes=homes, state=state)
    everything = lend(hurdles, streams)
    kept = _fitting(np.bincount(everything.home, minlength=count), loans)
    book = everything.take(np.isin(everything.home, kept))
    first = np.full(count, time.last)
    np.minimum.at(first, book.home, book.start)
    return Block(
        spec=spec,
        hurdles=hurdles,
        streams=streams,
        book=book,
        homes=kept,
        first_loan=first,
        path=follow(hurdles, book, plan_each(hurdles, book)),
        home_base=home_base,
        loan_base=loan_base,
    )


def _fitting(loans: I, wanted: int) -> I:
    """This function will choose households, first come first, whose loans sum to `wanted` exactly."""
    holders = np.flatnonzero(loans)
    sums = np.cumsum(loans[holders])
    whole = int(np.searchsorted(sums, wanted, side="right"))
    left = wanted - (int(sums[whole - 1]) if whole else 0)
    ones = holders[whole:][loans[holders[whole:]] == 1][:left]
    return np.concatenate([holders[:whole], ones])
