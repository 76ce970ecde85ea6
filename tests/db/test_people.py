from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest

from app.db.store import SqlStore
from app.domain.errors import InvalidValueError
from tests.db.samples import DAY, imported


def people(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {name: pl.String() for name in ("id_number", "full_name", "phone", "account")}
    return pl.DataFrame(list(rows), schema={**schema, "registered_on": pl.Date()})


def register(store: SqlStore, *rows: dict[str, Any], import_id: int = 1) -> int:
    with store.write() as work:
        return work.people.register(people(*rows), import_id=import_id)


def stored(store: SqlStore) -> list[tuple[Any, ...]]:
    with store.read() as work:
        query = "SELECT person_id, id_number, full_name, phone, import_id FROM persons ORDER BY person_id"
        return [tuple(row) for row in work.facts.connection.exec_driver_sql(query)]


def test_ids_are_minted_in_order_of_first_appearance(store: SqlStore) -> None:
    imported(store)

    first = register(store, {"id_number": "B", "registered_on": DAY}, {"id_number": "A"}, {"id_number": "B"})
    second = register(store, {"id_number": "C"}, {"id_number": "A"})

    assert (first, second) == (2, 1)
    with store.read() as work:
        assert work.people.ids(["A", "B", "C", "D", "\0"]) == {
            "B": "P00000001",
            "A": "P00000002",
            "C": "P00000003",
        }


def test_a_known_person_is_updated_and_a_blank_keeps_what_was_known(store: SqlStore) -> None:
    imported(store, "a")
    imported(store, "b")
    register(store, {"id_number": "A", "full_name": "模拟甲", "phone": "1"})

    changed = register(store, {"id_number": "A", "full_name": None, "phone": "2"}, import_id=2)
    again = register(store, {"id_number": "A", "full_name": "模拟甲"}, import_id=2)

    assert (changed, again) == (1, 0)
    assert stored(store) == [("P00000001", "A", "模拟甲", "2", 2)]


def test_nobody_is_registered_twice_by_importers_at_the_same_time(store: SqlStore) -> None:
    imported(store)
    batches = [[{"id_number": str(n)} for n in range(start, start + 10)] for start in range(0, 40, 5)]

    with ThreadPoolExecutor(8) as pool:
        added = sum(pool.map(lambda rows: register(store, *rows), batches))

    assert added == 45
    assert [row[0] for row in stored(store)] == [f"P{number:08d}" for number in range(1, 46)]


def test_a_number_that_cannot_be_stored_is_refused_without_being_repeated(store: SqlStore) -> None:
    imported(store)

    with pytest.raises(InvalidValueError) as caught:
        register(store, {"id_number": "11010519491231002X\0"})

    assert "1949" not in str(caught.value)
    assert stored(store) == []


def test_identities_are_read_of_those_asked_for_in_order_and_unknown_ids_are_left_out(
    store: SqlStore,
) -> None:
    imported(store)
    register(store, *({"id_number": n, "full_name": f"模拟{n}", "phone": "1", "account": "2"} for n in "BAC"))

    with store.read() as work:
        parts = list(work.people.identities(["P00000002", "P00000001", "P99999999", "\0", "P00000001"]))
        nobody = list(work.people.identities([]))

    told = pl.concat(parts).select("person_id", "full_name", "id_number", "phone", "account").rows()
    assert told == [("P00000001", "模拟B", "B", "1", "2"), ("P00000002", "模拟A", "A", "1", "2")]
    assert nobody == []
