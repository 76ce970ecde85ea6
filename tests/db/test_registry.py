from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from polars.testing import assert_frame_equal

from app.db.store import SqlStore, open_store
from app.domain.errors import ConflictError, InvalidValueError, StoreError
from app.services.watch_ports import Promotion
from tests.db.samples import (
    DAY,
    assessment,
    assessments,
    finished_sweep,
    gate_report,
    promotion,
    shadows,
)


def test_decisions_come_back_in_their_order_and_are_counted(store: SqlStore) -> None:
    first, second = promotion(), promotion(artefact_id="c", despite_gate=True)
    with store.write() as work:
        work.registry.append(first, after=0)
        work.registry.append(second, after=1)

    with store.read() as work:
        assert list(work.registry.promotions()) == [first, second]
        assert work.registry.last() == 2


def test_one_person_alone_is_refused_by_the_database_too(store: SqlStore) -> None:
    with pytest.raises(StoreError) as caught, store.write() as work:
        work.registry.append(promotion(approved_by="op1"), after=0)

    assert caught.value.details["reason"] == "refused"


def test_a_decision_waits_for_the_one_before_it_and_then_gives_way(database_url: str) -> None:
    with _two_people(database_url) as (one, two, thread):
        with one.write() as work:
            work.registry.append(promotion(), after=0)
            waiting = thread.submit(_decide, two, promotion(artefact_id="c"), after=0)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)

        with pytest.raises(ConflictError, match="Somebody else"):
            waiting.result(timeout=20)
        with two.read() as work:
            assert list(work.registry.promotions()) == [promotion()]


def test_a_decision_waits_for_the_one_before_it_and_stands_where_that_is_not_kept(database_url: str) -> None:
    with _two_people(database_url) as (one, two, thread):
        with one.write() as work:
            work.registry.append(promotion(), after=0)
            waiting = thread.submit(_decide, two, promotion(artefact_id="c"), after=0)
            work.registry.connection.get_transaction().rollback()  # type: ignore[union-attr]

        waiting.result(timeout=20)
        with two.read() as work:
            assert list(work.registry.promotions()) == [promotion(artefact_id="c")]


@contextmanager
def _two_people(database_url: str) -> Iterator[tuple[SqlStore, SqlStore, ThreadPoolExecutor]]:
    """Open a store for each, and a thread in which the second may wait."""
    with (
        closing(open_store(database_url)) as one, closing(open_store(database_url)) as two,
        ThreadPoolExecutor(1) as thread,
    ):  # fmt: skip
        yield one, two, thread


def _decide(store: SqlStore, decided: Promotion, *, after: int) -> None:
    with store.write() as work:
        work.registry.append(decided, after=after)


def test_a_promotion_without_its_report_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError), store.write() as work:
        work.registry.append(promotion(gate_id="nowhere"), after=0)


def test_the_report_of_the_latest_day_counts_whenever_it_was_made(store: SqlStore) -> None:
    late = gate_report(gate_id="h", made_at=gate_report().made_at + timedelta(days=1), passed=False)
    early = replace(late, gate_id="e", as_of=DAY - timedelta(days=1))
    with store.write() as work:
        for report in (gate_report(), early):
            work.registry.keep_report(report)

    with store.read() as work:
        assert work.registry.last_report("b", "a") == gate_report()


def test_the_latest_report_against_the_same_champion_is_found(store: SqlStore) -> None:
    older, other = gate_report(), gate_report(gate_id="o", against_id="z")
    newer = gate_report(gate_id="h", made_at=older.made_at + timedelta(days=1), passed=False)
    with store.write() as work:
        for report in (older, newer, other, older):
            work.registry.keep_report(report)

    with store.read() as work:
        assert work.registry.last_report("b", "a") == newer
        assert work.registry.last_report("b", "nobody") is None


def test_a_name_with_a_nul_is_refused(store: SqlStore) -> None:
    with pytest.raises(InvalidValueError), store.write() as work:
        work.registry.append(promotion(proposed_by="a\0"), after=0)


@pytest.mark.parametrize("loans", [2, 150])
def test_challengers_estimates_are_added_once(store: SqlStore, loans: int) -> None:
    rows = shadows(*({"loan_id": f"L{n:03}"} for n in range(loans)))
    with store.write() as work:
        sweep_id = finished_sweep(work)
        added = [work.watching.append_shadows(sweep_id, rows) for _ in range(2)]

    with store.read() as work:
        assert added == [loans, 0]
        assert_frame_equal(work.watching.shadows(DAY), rows)
        assert work.watching.shadows(DAY - timedelta(days=1)).is_empty()


def test_of_each_loan_and_day_the_last_word_is_what_was_said(store: SqlStore) -> None:
    rows = [assessment("L1", inputs_hash="1"), assessment("L1", inputs_hash="2", light="red")]
    later = assessment("L1", as_of=DAY + timedelta(days=30))
    with store.write() as work:
        work.assessments.append(None, assessments(*rows, later))

    with store.read() as work:
        said = work.watching.said(DAY)

    assert said.select("light", "inputs_hash").rows() == [("red", "2")]
