"""Makes the next things while one is worked on: databases and judgements need not wait for each other."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

A = TypeVar("A")
T = TypeVar("T")
_MAKERS: Final = 2


def ahead(make: Callable[[A], T], items: Iterable[A]) -> Iterator[T]:
    """This function will give what `make` makes of each item, in order, made by two threads ahead of time.

    What making one raises is raised when its turn comes. At most three things exist at a time.

    >>> list(ahead(lambda number: number * number, range(5)))
    [0, 1, 4, 9, 16]
    """
    with ThreadPoolExecutor(max_workers=_MAKERS) as makers:
        coming: deque[Future[T]] = deque()
        for item in items:
            coming.append(makers.submit(make, item))
            if len(coming) > _MAKERS:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
