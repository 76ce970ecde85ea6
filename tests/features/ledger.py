"""Invented facts for feature tests, a few rows at a time: simulated, nobody's."""

from datetime import date
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME
from app.features.base import loan_base
from app.features.build import build
from app.features.context import Context

AS_OF = date(2024, 6, 1)
LOAN: dict[str, Any] = {
    "loan_id": "L1", "household_id": "H1", "borrower_id": "P1", "bank": "B1", "amount": 5_000_000,
    "annual_rate": 43_500, "disbursed_on": date(2022, 6, 30), "matures_on": date(2024, 6, 30),
    "industry": "sheep", "method": "bullet_quarterly", "use_mode": "own", "kind": "new",
}  # fmt: skip
HOUSEHOLD: dict[str, Any] = {
    "household_id": "H1", "village_code": "999901101201", "land_mu": 12.0, "assets": 8_000_000,
    "surveyed_on": date(2022, 1, 1),
}  # fmt: skip


def loan(**differences: Any) -> dict[str, Any]:
    return LOAN | differences


def visit(day: date, **found: Any) -> dict[str, Any]:
    return {"loan_id": "L1", "visited_on": day, "contact": "reached", "production": "sound"} | found


def paid(
    day: date, *, principal: int = 0, interest: int = 0, loan_id: str = "L1", **more: Any
) -> dict[str, Any]:
    fact = {"loan_id": loan_id, "paid_on": day, "principal": principal, "interest": interest}
    return fact | {"receipt_no": f"R{day}"} | more


def due(day: date, *, principal: int = 0, interest: int = 0, loan_id: str = "L1") -> dict[str, Any]:
    signed = date(2022, 6, 30)
    return {
        "loan_id": loan_id,
        "due_on": day,
        "principal": principal,
        "interest": interest,
        "known_on": signed,
    }


def income(month: date, yuan: int, source: str = "wages", **more: Any) -> dict[str, Any]:
    return {"household_id": "H1", "source": source, "received_in": month, "amount": yuan * 100} | more


def ledger(**tables: list[dict[str, Any]]) -> Frames:
    """Frames with one simulated loan and household unless told otherwise; known when it happened."""
    full = {"loans": [LOAN], "households": [HOUSEHOLD]} | tables
    return Frames.of({name: _frame(name, rows) for name, rows in full.items()})


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    table = BY_NAME[name]
    meta = {"known_basis": "recorded", "imported_on": date(2025, 1, 1), "import_id": 1, "version": 1}
    known = [meta | {"known_on": row[table.happened]} | row for row in rows]
    return (
        pl.DataFrame(known, schema=table.schema, orient="row") if rows else pl.DataFrame(schema=table.schema)
    )


def features(frames: Frames, as_of: date = AS_OF, context: Context | None = None) -> dict[str, Any]:
    """The features of the only active loan."""
    built = build(frames, loan_base(frames, as_of=as_of), context=context)
    return built.row(0, named=True)
