from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from app.db.store import SqlStore, SqlUnitOfWork
from app.db.tables import APPEND_ONLY, facts, metadata
from app.domain.errors import StoreError
from app.features.context import Context
from tests.db.samples import (
    DAY,
    add,
    assessment,
    assessments,
    finished_sweep,
    gate_report,
    imported,
    promotion,
    shadows,
    sweep_record,
)


def fill(work: SqlUnitOfWork, name: str) -> None:
    """Put one row into a table."""
    if name in facts:
        add(work, name, {})
    elif name == "contexts":
        work.contexts.append(DAY, watermark=1, context=Context.empty(DAY))
    elif name == "decisions":
        work.decisions.append([decision()])
    elif name == "gate_reports":
        work.registry.keep_report(gate_report())
    elif name == "promotions":
        work.registry.append(promotion(), after=0)
    else:
        sweep_id = finished_sweep(work)
        work.assessments.append(sweep_id, assessments(assessment(name)))
        work.assessments.quarantine(sweep_id, pl.DataFrame({"loan_id": ["L2"], "reason": ["无到期日"]}))
        work.watching.append_shadows(sweep_id, shadows())


def decision() -> dict[str, Any]:
    moment = sweep_record().started_at
    texts = {"request": "{}", "answer": "{}"}
    return {"decision_id": "d", "kind": "score", "decided_at": moment, "as_of": DAY, **texts}


def test_rows_are_never_altered_nor_deleted(store: SqlStore) -> None:
    for name in APPEND_ONLY:
        table = metadata.tables[name]
        column = next(column for column in table.c if not column.primary_key)
        with store.write() as work:
            fill(work, name)
            before = work.facts.connection.execute(sa.select(table)).all()

        for change in (sa.update(table).values({column: column}), sa.delete(table)):
            with pytest.raises(StoreError), store.write() as work:
                work.facts.connection.execute(change)

        with store.read() as work:
            assert work.facts.connection.execute(sa.select(table)).all() == before != []


CLEVER = {
    "sqlite": "INSERT OR REPLACE INTO places SELECT * FROM places",
    "postgresql": "TRUNCATE places",
}


def test_replacing_and_truncating_are_refused_too(store: SqlStore) -> None:
    with store.write() as work:
        add(work, "places", {})

    with pytest.raises(StoreError) as caught, store.write() as work:
        work.facts.connection.exec_driver_sql(CLEVER[store.engine.dialect.name])

    assert caught.value.details["reason"] == "refused"


def test_a_version_that_is_there_is_not_written_again(store: SqlStore) -> None:
    imported(store, places=[{"place_name": "甲"}])

    with pytest.raises(StoreError):
        imported(store, "b", places=[{"place_name": "乙"}])

    with store.read() as work:
        assert work.facts.frames()["places"]["place_name"].to_list() == ["甲"]
