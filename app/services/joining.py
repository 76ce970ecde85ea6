"""Requests that arrive while others are judged wait for them to end and are then judged in one pass.

A pass costs nearly the same for one and for many. Who comes after a lone request begins at once. After a pass
of several the next lingers a moment: those just answered often come again, and would else need one more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import Final, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
LINGER_SECONDS: Final = 0.01  # a small part of what a pass takes


@dataclass(slots=True, eq=False)
class _Place(Generic[Q, A]):
    """A place in the line: woken to lead the next pass, or when a pass with it has ended."""

    asked: Q
    woken: Event = field(default_factory=Event)
    leads: bool = False
    told: list[A] = field(default_factory=list)
    error: Exception | None = None


@dataclass(slots=True, eq=False)
class Joined(Generic[Q, A]):
    """Answers one question per thread; those waiting that fit each other are judged together.

    `judge` answers questions in their order, all or none. `fits` tells whether two may go together.
    Where a pass fails, each of its questions is judged alone, so that nobody suffers from a neighbour;
    only an error that `concerns_all` (the database is out of reach) is told to all of them at once.
    """

    judge: Callable[[Sequence[Q]], Sequence[A]]
    fits: Callable[[Q, Q], bool]
    concerns_all: Callable[[Exception], bool]
    linger_seconds: float = LINGER_SECONDS
    _line: list[_Place[Q, A]] = field(default_factory=list, init=False)
    _changed: Condition = field(default_factory=Condition, init=False)
    _working: bool = field(default=False, init=False)
    _expected: int = field(default=0, init=False)

    def __call__(self, asked: Q) -> A:
        """This function will answer a question, alone or in a pass with others; raises what `judge` does."""
        own: _Place[Q, A] = _Place(asked)
        with self._changed:
            self._line.append(own)
            self._changed.notify_all()
            if not self._working:
                self._let_first_lead()
        own.woken.wait()
        if own.leads:
            self._lead()
        if own.error is not None:
            raise own.error
        return own.told[0] if own.told else self.judge([own.asked])[0]

    def _let_first_lead(self) -> None:
        """Give the next pass to whoever stands first, if anybody does; the line is held."""
        self._working = bool(self._line)
        if self._line:
            self._line[0].leads = True
            self._line[0].woken.set()

    def _lead(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._line) >= self._expected, self.linger_seconds)
            together = self._taken()
        try:
            self._judge(together)
        finally:
            for place in together:
                place.woken.set()
            with self._changed:
                self._expected = len(together) + len(self._line)
                self._let_first_lead()

    def _taken(self) -> list[_Place[Q, A]]:
        """Take the first in the line and all that fit; the others keep their order."""
        taken: list[_Place[Q, A]] = []
        left: list[_Place[Q, A]] = []
        for place in self._line:
            fits = all(self.fits(other.asked, place.asked) for other in taken)
            (taken if fits else left).append(place)
        self._line = left
        return taken

    def _judge(self, together: Sequence[_Place[Q, A]]) -> None:
        try:
            answers = self.judge([place.asked for place in together])
        except Exception as error:  # noqa: BLE001 - whoever asked raises it, or is judged alone
            if len(together) == 1 or self.concerns_all(error):
                for place in together:
                    place.error = error
            return
        for place, answer in zip(together, answers, strict=True):
            place.told.append(answer)
