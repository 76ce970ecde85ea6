"""Makes the next thing while the last one is worked on: databases and judgements need not wait in turn."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def one_ahead(things: Iterable[T]) -> Iterator[T]:
    """This function will give the same things in order, each made by a thread of its own one step ahead.

    What making one raises is raised when its turn comes. At most two things exist at a time.

    >>> list(one_ahead(number * number for number in range(4)))
    [0, 1, 4, 9]
    """
    waiting = iter(things)
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(_next, waiting)
        while made := coming.result():
            coming = maker.submit(_next, waiting)
            yield made[0]


def _next(waiting: Iterator[T]) -> tuple[T, ...]:
    return tuple(islice(waiting, 1))
