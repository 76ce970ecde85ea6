"""Who gets a township's visits: a policy's wishes, and what is chosen where visits are few."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

_HUNDRED: Final = 100
Matrix = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The visits of every township's quarter: `cell` by loan, `most` by cell, `visits` by action.

    All are made and paid for at `price` yuan; those that no advice asks for change nothing.
    """

    cell: Ints
    most: Ints
    visits: Ints
    price: float

    @classmethod
    def of(cls, judged: pl.DataFrame, visits: Ints, per_hundred: float, price: float) -> Self:
        """This function will count the visits that the loans maturing in a township's quarter allow."""
        quarter = pl.col("matures_on").dt.truncate("1q")
        cells = judged.select(pl.struct("township_code", quarter).rank("dense").cast(pl.Int64) - 1)
        cell = cells.to_series().to_numpy()
        most = np.floor(np.bincount(cell) * per_hundred / _HUNDRED).astype(np.int64)
        return cls(cell=cell, most=most, visits=visits, price=price)

    @property
    def total(self) -> int:
        """This function will count all visits."""
        return int(self.most.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a policy would do: `places` (loans, actions), smaller is better.

    Visits go to the largest of `first`; `savings` (loans, actions) in its stead sends them where they save
    most beyond doing without.
    """

    places: Ints
    first: Matrix | None = None
    savings: Matrix | None = None


def choose(wish: Wish, eligible: NDArray[np.bool_], capacity: Capacity) -> Ints:
    """This function will choose an eligible action for every loan within the visits that there are.

    Who gets no visit has the best eligible action that needs none. With one visit an action, and places in
    the order of savings, nothing saves more.
    """
    behind = wish.places.max(initial=0) + 1
    places = np.where(eligible, wish.places, behind)
    wanted = places.argmin(axis=1)
    instead = np.where(capacity.visits > 0, behind, places).argmin(axis=1)
    asks = capacity.visits[wanted]
    granted = _granted(asks, _urgency(wish, wanted, instead, asks), capacity)
    return np.where((asks == 0) | granted, wanted, instead)


def _urgency(wish: Wish, wanted: Ints, instead: Ints, asks: Ints) -> Matrix:
    rows = np.arange(len(wanted))
    if wish.savings is None:
        return np.zeros(len(wanted)) if wish.first is None else wish.first
    more = wish.savings[rows, wanted] - wish.savings[rows, instead]
    return np.asarray(more / np.maximum(asks, 1))


def _granted(asks: Ints, urgency: Matrix, capacity: Capacity) -> NDArray[np.bool_]:
    """Serve each cell's wishes in order of urgency until its visits are used up."""
    queue = pl.DataFrame({"cell": capacity.cell, "asks": asks, "urgency": urgency}).with_row_index("loan")
    sorted_ = queue.sort("urgency", descending=True, maintain_order=True)
    used = sorted_.with_columns(pl.col("asks").cum_sum().over("cell").alias("used")).sort("loan")["used"]
    return np.asarray((asks > 0) & (used.to_numpy() <= capacity.most[capacity.cell]))
