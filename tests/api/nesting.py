"""Stored facts of a household as the body that a bank would send: the way back from frames to JSON."""

import json
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME, Table
from app.services.inline import CHILDREN, HOUSEHOLDS, own_columns


def nested_household(frames: Frames, household_id: str) -> dict[str, Any]:
    rows = _facts(frames, HOUSEHOLDS, "household_id", household_id)
    assert len(rows) == 1
    return rows[0]


def _facts(frames: Frames, table: Table, subject: str, value: str) -> list[dict[str, Any]]:
    names = [*(column.name for column in own_columns(table)), "known_on"]
    rows = frames[table.name].filter(pl.col(subject) == value)
    return [_fact(frames, table, row) for row in json.loads(rows.select(names).write_json())]


def _fact(frames: Frames, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    key = table.key[0]
    inner = {
        name: _facts(frames, BY_NAME[child.name], key, row[key])
        for name, child in CHILDREN.get(table.name, {}).items()
    }
    return {name: value for name, value in row.items() if value is not None} | inner
