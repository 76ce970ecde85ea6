from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from app.db.store import SqlStore
from app.domain.errors import InvalidValueError
from app.features.context import Context
from tests.db.samples import DAY, sweep_record


def decision(decision_id: str = "d1", **values: Any) -> dict[str, Any]:
    plain = {
        "decision_id": decision_id,
        "kind": "score",
        "decided_at": sweep_record().started_at,
        "as_of": DAY,
    }
    return {**plain, "request": "{}", "answer": "{}", **values}


def keep(store: SqlStore, *decisions: dict[str, Any]) -> int:
    with store.write() as work:
        return work.decisions.append(decisions)


def test_a_decision_keeps_its_bytes_and_its_moment(store: SqlStore) -> None:
    text = '{"b": 1.10, "a":1e2, "a":3, "名":"\\u0000"}'

    keep(store, decision(request=text, answer={"因": [1, None], "a": True}))

    with store.read() as work:
        found = work.decisions.find("d1")
        missing = [work.decisions.find(name) for name in ("d2", "\0")]
    assert found is not None
    assert found["request"] == text
    assert found["answer"] == '{"a":true,"因":[1,null]}'
    assert (found["decided_at"], found["as_of"]) == (sweep_record().started_at, DAY)
    assert missing == [None, None]


def test_a_decision_that_is_there_stays_as_it_is(store: SqlStore) -> None:
    first = keep(store, decision("d1"), decision("d2"))

    second = keep(store, decision("d2", answer="other"), decision("d3"))

    with store.read() as work:
        kept = work.decisions.find("d2")
    assert (first, second, keep(store)) == (2, 1, 0)
    assert kept is not None
    assert kept["answer"] == "{}"


def test_a_decision_with_a_nul_is_refused(store: SqlStore) -> None:
    with pytest.raises(InvalidValueError, match="request"):
        keep(store, decision(request="\0"))


def counts(key: str, **values: int) -> pl.DataFrame:
    empty = Context.empty(DAY).townships if key == "township_code" else Context.empty(DAY).groups
    rows = [(name, DAY, late, late + 3) for name, late in values.items()]
    return pl.DataFrame(rows, schema=empty.schema, orient="row")


def test_a_context_is_found_by_watermark_or_as_the_newest(store: SqlStore) -> None:
    older, newer = (
        Context(
            townships=counts("township_code", t640323100=late),
            groups=counts("group_id", **{'g",\n': late}),
            households=Context.empty(DAY).households,
        )
        for late in (1, 2)
    )
    with store.write() as work:
        work.contexts.append(DAY, watermark=9, context=newer)
        work.contexts.append(DAY, watermark=3, context=older)
        work.contexts.append(DAY, watermark=3, context=newer)

    with store.read() as work:
        found = [work.contexts.find(DAY, watermark=mark) for mark in (3, None, 4)]

    assert [context and context.version for context in found] == [older.version, newer.version, None]
    assert found[0] is not None
    assert_frame_equal(found[0].townships, older.townships)
    assert_frame_equal(found[0].groups, older.groups)
