"""Bulk reading: whatever is stored comes back the same, row by row or packed."""

from contextlib import closing

import polars as pl
import sqlalchemy as sa
from hypothesis import given
from polars.testing import assert_frame_equal

from app.db import tables, transfer
from app.db.store import SqlStore, open_store
from app.domain.ledger import Table
from tests.db.samples import DAY, imported
from tests.db.test_facts import FEW, tables_with_rows, undone


def test_packed_columns_are_those_read_row_by_row(database_url: str) -> None:
    with closing(open_store(database_url)) as store:

        @FEW
        @given(tables_with_rows())
        def law(case: tuple[Table, pl.DataFrame]) -> None:
            table, rows = case
            stored = tables.facts[table.name]
            query = sa.select(*(stored.c[name] for name in table.schema))
            with undone(store) as work:
                work.facts.open_import(file_sha256="a", imported_on=DAY)
                work.facts.append(table, rows)
                found = [
                    transfer.read(work.facts.connection, query, table.schema, packed=packed)
                    for packed in (False, True)
                ]
            assert_frame_equal(found[0], found[1])

        law()


def test_frames_of_some_tables_leave_the_others_empty(store: SqlStore) -> None:
    imported(store, households=[{}], loans=[{}])

    with store.read() as work:
        whole = work.facts.frames(as_of=DAY)
        part = work.facts.frames(as_of=DAY, only=["loans"])

    assert_frame_equal(part["loans"], whole["loans"])
    assert whole["households"].height == part["loans"].height == 1
    assert part["households"].is_empty()
    assert part["households"].schema == whole["households"].schema
