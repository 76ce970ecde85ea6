"""Questions that wait together are judged together, and nobody notices but by the time it takes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import StoreError
from app.services.joining import Joined

PATIENCE = 10.0
BAD = -1


class Judge:
    """Doubles numbers, keeps its passes, and holds the first one up until `go`."""

    def __init__(self) -> None:
        self.passes: list[list[int]] = []
        self.busy, self.go, self.lock = Event(), Event(), Lock()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        with self.lock:
            self.passes.append(list(numbers))
        self.busy.set()
        assert self.go.wait(PATIENCE)
        if any(number <= BAD for number in numbers):
            raise ValueError(min(numbers))
        return [2 * number for number in numbers]


def alike(one: int, other: int) -> bool:
    return one % 2 == other % 2


def never(_: Exception) -> bool:
    return False


def asked_behind(judge: Judge, joined: Joined[int, int], first: int, others: Sequence[int]) -> list[object]:
    """Ask one, and the others while it is at work; what each was told, or the error that it got."""
    with ThreadPoolExecutor(max_workers=len(others) + 1) as threads:
        leader = threads.submit(joined, first)
        assert judge.busy.wait(PATIENCE)
        asked = [threads.submit(joined, number) for number in others]
        while len(joined._line) < len(others):
            pass
        judge.go.set()
        told = [leader, *asked]
        return [each.exception(PATIENCE) or each.result(PATIENCE) for each in told]


def test_who_finds_nobody_at_work_begins_at_once() -> None:
    judge = Judge()
    judge.go.set()

    assert Joined(judge, alike, never)(4) == 8

    assert judge.passes == [[4]]


def test_those_who_arrive_meanwhile_are_judged_in_one_pass() -> None:
    judge = Judge()

    told = asked_behind(judge, Joined(judge, alike, never), 2, [4, 6, 8])

    assert told == [4, 8, 12, 16]
    assert [sorted(numbers) for numbers in judge.passes] == [[2], [4, 6, 8]]


@settings(deadline=None)
@given(others=st.lists(st.integers(BAD - 3, 6), max_size=6))
def test_everybody_is_told_what_would_be_told_alone(others: list[int]) -> None:
    judge = Judge()

    told = asked_behind(judge, Joined(judge, alike, never), 2, others)

    for number, answer in zip(others, told[1:], strict=True):
        if number <= BAD:
            assert isinstance(answer, ValueError)
            assert answer.args == (number,)
        else:
            assert answer == 2 * number
    assert all(len({number % 2 for number in numbers}) == 1 for numbers in judge.passes)


def test_what_concerns_all_is_told_to_all_and_not_tried_again() -> None:
    tries = []
    entered, go = Event(), Event()

    def judge(numbers: Sequence[int]) -> list[int]:
        tries.append(list(numbers))
        entered.set()
        assert go.wait(PATIENCE)
        raise StoreError(zh="数据库正忙。", en="The database is busy.")

    joined = Joined(judge, alike, lambda error: isinstance(error, StoreError))
    with ThreadPoolExecutor(max_workers=3) as threads:
        asked = [threads.submit(joined, 2)]
        assert entered.wait(PATIENCE)
        asked += [threads.submit(joined, number) for number in (4, 6)]
        while len(joined._line) < 2:
            pass
        go.set()
        errors = [each.exception(PATIENCE) for each in asked]

    assert all(isinstance(error, StoreError) for error in errors)
    assert len(tries) == 2


def test_the_line_goes_on_after_an_error() -> None:
    judge = Judge()
    judge.go.set()
    joined = Joined(judge, alike, never)

    with pytest.raises(ValueError, match="-1"):
        joined(BAD)

    assert joined(3) == 6


def test_who_waited_lingers_for_those_just_answered() -> None:
    judge = Judge()
    joined = Joined(judge, alike, never, linger_seconds=PATIENCE)

    def again_and_again() -> list[int]:
        return [joined(2), joined(6)]

    with ThreadPoolExecutor(max_workers=2) as threads:
        twice = threads.submit(again_and_again)
        assert judge.busy.wait(PATIENCE)
        once = threads.submit(joined, 4)
        while not joined._line:
            pass
        judge.go.set()
        told = [twice.result(PATIENCE), once.result(PATIENCE)]

    assert told == [[4, 12], 8]
    assert judge.passes == [[2], [4, 6]]


def test_after_a_pass_of_one_nobody_lingers() -> None:
    judge = Judge()
    judge.go.set()
    joined = Joined(judge, alike, never, linger_seconds=PATIENCE)

    began = monotonic()
    told = [joined(number) for number in range(5)]

    assert told == [0, 2, 4, 6, 8]
    assert monotonic() - began < PATIENCE


def test_many_at_once_are_all_answered() -> None:
    judge = Judge()
    judge.go.set()
    joined, together = Joined(judge, alike, never), Barrier(16)

    def ask(number: int) -> int:
        together.wait(PATIENCE)
        return joined(number)

    with ThreadPoolExecutor(max_workers=16) as threads:
        told = list(threads.map(ask, range(16), timeout=PATIENCE))

    assert told == [2 * number for number in range(16)]
    assert sorted(number for numbers in judge.passes for number in numbers) == list(range(16))
