"""Rows of simulated facts and assessments for the tests of the store."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl

from app.db.store import SqlStore, SqlUnitOfWork
from app.domain.ledger import BY_NAME, Table
from app.services.assessment_schema import ASSESSMENT_SCHEMA
from app.services.ports import SweepRecord
from app.services.watch_ports import SHADOW_SCHEMA, Decided, GateReport, Promotion

DAY: Final = date(2024, 6, 1)
_PLAIN: Final[Mapping[pl.DataType, Any]] = {
    pl.String(): "x",
    pl.Int64(): 1,
    pl.Date(): DAY,
    pl.Float64(): 1.5,
    pl.Boolean(): True,
}


def fact(table: Table, *, import_id: int = 1, version: int = 1, **values: Any) -> dict[str, Any]:
    plain = {name: _PLAIN[dtype] for name, dtype in table.schema.items()}
    row = {**plain, "known_basis": "recorded", "import_id": import_id, "version": version, **values}
    key = "|".join(str(row[name]) for name in table.key)
    return {**row, "record_key": key, "content_hash": f"{version:032x}"}


def frame(table: Table, *rows: Mapping[str, Any]) -> pl.DataFrame:
    schema = {**table.schema, "record_key": pl.String(), "content_hash": pl.String()}
    return pl.DataFrame(list(rows), schema=schema)


def imported(store: SqlStore, name: str = "a", **tables: Sequence[Mapping[str, Any]]) -> int:
    """Store facts in one import."""
    with store.write() as work:
        import_id = work.facts.open_import(file_sha256=name, imported_on=DAY)
        for table, rows in tables.items():
            add(work, table, *({"import_id": import_id, **row} for row in rows))
    return import_id


def add(work: SqlUnitOfWork, name: str, *rows: Mapping[str, Any]) -> int:
    table = BY_NAME[name]
    return work.facts.append(table, frame(table, *(fact(table, **row) for row in rows)))


def assessment(loan_id: str, **values: Any) -> dict[str, Any]:
    plain = {name: _PLAIN[dtype] for name, dtype in ASSESSMENT_SCHEMA.items()}
    name = sha256(f"{loan_id}{values}".encode()).hexdigest()
    made = {"assessment_id": name, "loan_id": loan_id, "as_of": DAY, "light": "green"}
    return {**plain, **made, **values}


def assessments(*rows: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(ASSESSMENT_SCHEMA))


def sweep_record(**values: Any) -> SweepRecord:
    plain = {
        "sweep_id": 0,
        "as_of": DAY,
        "watermark": 1,
        "policy": "national",
        "policy_hash": "p",
        "artefact_id": "a",
        "code_version": "0",
        "horizon_days": None,
        "started_at": datetime(2024, 6, 1, 8, tzinfo=UTC),
    }
    return SweepRecord(**{**plain, **values})


def finished_sweep(work: SqlUnitOfWork, as_of: date = DAY) -> int:
    opened = work.assessments.open_sweep(sweep_record(as_of=as_of))
    ended = sweep_record(
        as_of=as_of, sweep_id=opened.sweep_id, finished_at=datetime(2024, 6, 1, 9, tzinfo=UTC)
    )
    work.assessments.close_sweep(ended)
    return opened.sweep_id


def gate_report(**values: Any) -> GateReport:
    plain: dict[str, Any] = {
        "gate_id": "g", "estimator": "maturity", "artefact_id": "b", "against_id": "a", "as_of": DAY,
        "watermark": 1, "passed": True, "report": '{"usable_until": "2099-12-31"}',
        "made_at": datetime(2024, 6, 1, 8, tzinfo=UTC),
    }  # fmt: skip
    return GateReport(**{**plain, **values})


def promotion(**values: Any) -> Promotion:
    plain: dict[str, Any] = {
        "kind": Decided.PROMOTE, "estimator": "maturity", "artefact_id": "b", "proposed_by": "op1",
        "approved_by": "op2", "reason": "更准", "decided_at": datetime(2024, 6, 1, 8, tzinfo=UTC),
    }  # fmt: skip
    return Promotion(**{**plain, **values})


def shadows(*rows: Mapping[str, Any]) -> pl.DataFrame:
    plain = {name: _PLAIN[dtype] for name, dtype in SHADOW_SCHEMA.items()}
    return pl.DataFrame([{**plain, **row} for row in rows or ({},)], schema=dict(SHADOW_SCHEMA))
