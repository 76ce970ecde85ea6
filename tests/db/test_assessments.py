from contextlib import closing
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from app.db.store import SqlStore, open_store
from app.domain.errors import InvalidValueError, StoreError
from app.services.assessment_schema import ASSESSMENT_SCHEMA
from tests.db.samples import DAY, add, assessment, assessments, finished_sweep, sweep_record


def append(store: SqlStore, rows: pl.DataFrame) -> int:
    with store.write() as work:
        return work.assessments.append(None, rows)


@pytest.mark.parametrize("loans", [3, 250])
def test_a_rerun_adds_nothing_and_new_inputs_add_one(store: SqlStore, loans: int) -> None:
    rows = [assessment(f"L{number}") for number in range(loans)]
    changed = assessment("L1", inputs_hash="new")

    first = append(store, assessments(*rows))
    rerun = append(store, assessments(*rows))
    third = append(store, assessments(*rows, changed, changed))

    assert (first, rerun, third) == (loans, 0, 1)


@pytest.mark.parametrize("copies", [1, 150])
def test_an_assessment_comes_back_as_it_was_stored(store: SqlStore, copies: int) -> None:
    blank = dict.fromkeys(("pd_ppm", "model_light", "top_cause", "next_change_on", "rating_points"))
    rows = [
        assessment(f"L{n}", payload='{"因":"价\\u0000格, \\"跌\\""}', data_gap=False, **blank)
        for n in range(copies)
    ]
    with store.write() as work:
        sweep_id = finished_sweep(work)
        work.assessments.append(sweep_id, assessments(*rows))

    with store.read() as work:
        (found,) = work.assessments.history("L0")

    assert {name: found[name] for name in ASSESSMENT_SCHEMA} == rows[0]
    assert found["sweep_id"] == sweep_id


def test_columns_not_given_are_stored_as_unknown(store: SqlStore) -> None:
    rows = assessments(assessment("L1")).drop("top_cause", "rating_limit")

    append(store, rows)

    with store.read() as work:
        (found,) = work.assessments.history("L1")
    assert (found["top_cause"], found["rating_limit"]) == (None, None)


def test_a_history_begins_with_the_latest(store: SqlStore) -> None:
    days = [DAY, DAY + timedelta(days=30), DAY + timedelta(days=30), DAY - timedelta(days=1)]
    rows = [assessment("L1", as_of=day, inputs_hash=str(n)) for n, day in enumerate(days)]
    append(store, assessments(*rows, assessment("L2")))

    with store.read() as work:
        found = [row["inputs_hash"] for row in work.assessments.history("L1")]
        strange = work.assessments.history("L\0")

    assert found == ["2", "1", "0", "3"]
    assert strange == []


def test_money_out_of_range_is_refused_by_the_database(store: SqlStore) -> None:
    with pytest.raises(StoreError) as caught:
        append(store, assessments(assessment("L1", balance=10**17)))

    assert caught.value.details["reason"] == "refused"


def test_a_finished_sweep_is_remembered_with_its_totals(store: SqlStore) -> None:
    lights = {"green": 2, "red": 1}
    with store.write() as work:
        opened = work.assessments.open_sweep(sweep_record(horizon_days=60))
        assert work.assessments.last_sweep() is None
        totals = {"loans_in": 4, "added": 2, "unchanged": 1, "quarantined": 1, "lights": lights}
        closed = sweep_record(
            sweep_id=opened.sweep_id,
            horizon_days=60,
            finished_at=opened.started_at + timedelta(seconds=1),
            **totals,
        )
        work.assessments.close_sweep(closed)
        work.assessments.open_sweep(sweep_record())

    with store.read() as work:
        assert work.assessments.last_sweep() == closed


def test_postgresql_plans_by_what_an_import_and_a_sweep_have_added(postgresql_url: str) -> None:
    with closing(open_store(postgresql_url)) as store:
        with store.write() as work:
            import_id = work.facts.open_import(file_sha256="a", imported_on=DAY)
            add(work, "loans", {})
            work.facts.close_import(import_id, {})
            work.assessments.append(None, assessments(assessment("L1")))
            finished_sweep(work)

        with store.read() as work:
            query = "SELECT DISTINCT tablename FROM pg_stats WHERE attname = 'loan_id'"
            counted = set(work.facts.connection.exec_driver_sql(query).scalars())

    assert counted >= {"loans", "assessments"}


def test_a_sweep_whose_totals_do_not_reconcile_is_not_closed(store: SqlStore) -> None:
    with store.write() as work:
        opened = work.assessments.open_sweep(sweep_record())

    for wrong in (
        sweep_record(sweep_id=opened.sweep_id, loans_in=2, added=1, finished_at=opened.started_at),
        sweep_record(sweep_id=404, finished_at=opened.started_at),
    ):
        with pytest.raises(StoreError), store.write() as work:
            work.assessments.close_sweep(wrong)

    with store.read() as work:
        assert work.assessments.last_sweep() is None


def test_quarantined_loans_are_kept_with_their_reason(store: SqlStore) -> None:
    loans = pl.DataFrame({"loan_id": ["L1", "L2"], "reason": ["无村编码", "到期早于放款"]})
    with store.write() as work:
        sweep_id = work.assessments.open_sweep(sweep_record()).sweep_id
        work.assessments.quarantine(sweep_id, loans)
        work.assessments.quarantine(sweep_id, loans)

    with store.read() as work:
        assert_frame_equal(work.assessments.quarantined(sweep_id), loans)


def test_a_naive_moment_is_refused(store: SqlStore) -> None:
    naive = sweep_record(started_at=sweep_record().started_at.replace(tzinfo=None))

    with pytest.raises(StoreError), store.write() as work:
        work.assessments.open_sweep(naive)


def test_a_nul_in_an_assessment_is_refused(store: SqlStore) -> None:
    with pytest.raises(InvalidValueError):
        append(store, assessments(assessment("L1", payload="\0")))
