"""Simulated counties in a database, without the way through a workbook."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import polars as pl

from app.bootstrap import make_desk
from app.db import tables
from app.db.store import SqlStore, open_store
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME, Table
from app.services.desk import Desk
from app.services.fact_rows import record_keys
from app.services.slices import slices
from app.settings import Settings
from app.simulation import CountySpec, frames, simulate

DAY = date(2025, 9, 30)
NOON = datetime(2025, 9, 30, 4, tzinfo=UTC)
ACTIVE_SHARE = 0.27  # of a simulated loan book, on its last day


def desk_at(store: SqlStore) -> Desk:
    """The desk that ships, with its models; its clock stands still."""
    numbers = count(1)
    return replace(make_desk(Settings(), store), clock=lambda: NOON, new_id=lambda: f"bench-{next(numbers)}")


def load(*, urls: Sequence[str], active: int, seed: int = 1) -> dict[str, Any]:
    """Simulate a loan book of which about `active` loans are outstanding on DAY, and store all of it."""
    book = math.ceil(active / ACTIVE_SHARE)
    stores = [open_store(url) for url in urls]
    facts = frames(simulate(CountySpec(seed=seed, loans=book, until=DAY)), lags(desk_at(stores[0])))
    for store in stores:
        append(store, facts)
        store.close()
    return {"loan_book": book, "facts": {name: frame.height for name, frame in facts.tables.items()}}


def lags(desk: Desk) -> Mapping[str, int]:
    knowledge = desk.policies.get(desk.settings.policy).at(DAY).knowledge
    return {lag.code: lag.now.days for lag in knowledge}


def append(store: SqlStore, facts: Frames) -> None:
    """One import of all facts; indexes are made afterwards, which is faster and gives the same tables."""
    indexes = [index for name in facts.tables for index in tables.facts[name].indexes]
    with store.write() as work:
        for index in indexes:
            index.drop(work.facts.connection)
        import_id = work.facts.open_import(file_sha256="0" * 64, imported_on=DAY)
        for name, frame in facts.tables.items():
            for _, part in slices(frame):
                work.facts.append(BY_NAME[name], _keyed(BY_NAME[name], part))
        for index in indexes:
            index.create(work.facts.connection)
        work.facts.close_import(import_id, {})


def _keyed(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Nothing here is imported twice, so that nobody compares contents."""
    return rows.with_columns(record_keys(table, rows), pl.lit("").alias("content_hash"))
