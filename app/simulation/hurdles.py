"""The structural model: a loan is repaid when capacity and willingness both clear zero.

capacity = log of the money that can be brought together in a month against the principal due: income
level, money in hand after the last sale, price, own luck, shocks still felt, outside debt, misuse,
the state of the firm that uses the money. willingness = level of the household (with township, village
and group) and its drift. Both carry a monthly noise that belongs to the household, so that every action
meets the same draws.
"""

from dataclasses import dataclass

import numpy as np

from app.simulation.arrays import F, I, Timeline, floats
from app.simulation.assumptions import Assumptions
from app.simulation.book import Book
from app.simulation.homes import Homes, State
from app.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurdles:
    """Capacity and willingness of loans in any month."""

    a: Assumptions
    world: World
    time: Timeline
    homes: Homes
    state: State

    def weight(self, book: Book, month: I) -> F:
        """This function will give the share of the money in hand that hangs on the industry's price."""
        share, stock = self._stock(book, month)
        return share * stock / (1.0 + share * (stock - 1.0))

    def foreseen(self, book: Book, month: I) -> F:
        """This function will give capacity without luck, price and shocks: what is known in advance."""
        share, stock = self._stock(book, month)
        return floats(
            np.log(self.resources(book, month) / book.due)
            + np.log1p(share * (stock - 1.0))
            - self._debt_pressure(book, month)
            + book.capacity_shift
            + book.misuse * self.a.number("misuse_capacity")
            + self._firm(book, month)
        )

    def resources(self, book: Book, month: I) -> F:
        """This function will give the money an average month can bring together, in yuan."""
        growth = (1.0 + self.a.number("income_growth")) ** ((month - self.time.first) / 12.0)
        return self.a.number("resource_multiple") * self.homes.income[book.home] * growth

    def luck(self, book: Book, month: I) -> F:
        """This function will give what own luck, price and shocks add to capacity in a month."""
        price = self.world.price[month, self.homes.industry[book.home]]
        own = self.state.capacity[month, book.home] + self.state.shock_sum[month, book.home]
        return own + self.weight(book, month) * price

    def capacity(self, book: Book, month: I) -> F:
        """This function will give capacity in a month, noise apart."""
        return self.foreseen(book, month) + self.luck(book, month)

    def will(self, book: Book, month: I) -> F:
        """This function will give willingness in a month, noise apart."""
        return self.settled_will(book) + self.state.will[month, book.home]

    def settled_will(self, book: Book) -> F:
        """This function will give the level around which a loan's willingness drifts."""
        misuse = book.misuse * self.a.number("misuse_willingness")
        return self.homes.willingness[book.home] + book.will_shift + misuse

    def sound(self, book: Book, month: I) -> F:
        """This function will mark production that runs as well as the household's own normal (1 or 0)."""
        return (self.luck(book, month) > self.a.number("sound_above")).astype(np.float64)

    def _stock(self, book: Book, month: I) -> tuple[F, F]:
        stock = self.world.trades.in_hand[self.homes.industry[book.home], self.time.season(month)]
        return self.homes.industry_share[book.home], stock

    def _debt_pressure(self, book: Book, month: I) -> F:
        ratio = self.homes.debt[month // 12, book.home]
        excess = np.maximum(ratio - self.a.number("debt_knee"), 0.0)
        return self.a.number("debt_slope") * ratio + self.a.number("debt_beyond_knee") * excess**2

    def _firm(self, book: Book, month: I) -> F:
        used = book.firm >= 0
        closed = used & (month >= self.world.firm_closed[book.firm])
        troubled = used & ~closed & (month >= self.world.firm_troubled[book.firm])
        return closed * self.a.number("firm_closed_capacity") + troubled * self.a.number(
            "firm_troubled_capacity"
        )
