from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from app.db.store import SqlStore, SqlUnitOfWork, open_store
from app.domain.errors import InvalidValueError
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME, FACT_TABLES, Column, Kind, Table
from app.domain.money import MAX_FEN
from tests.db.samples import DAY, add, fact, frame, imported

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.DATE: st.dates(),
    Kind.MONTH: st.dates(),
    Kind.MONEY: st.integers(-MAX_FEN, MAX_FEN),
    Kind.RATE: INTEGERS,
    Kind.INTEGER: INTEGERS,
    Kind.DECIMAL: st.floats(allow_nan=False, allow_infinity=False),
    Kind.FLAG: st.booleans(),
}
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def value_of(column: Column) -> st.SearchStrategy[Any]:
    values = VALUES.get(column.kind, TEXTS)
    return values if column.required else st.none() | values


@st.composite
def tables_with_rows(draw: st.DrawFn) -> tuple[Table, pl.DataFrame]:
    table = draw(st.sampled_from(FACT_TABLES))
    drawn = draw(st.lists(st.fixed_dictionaries({c.name: value_of(c) for c in table.columns}), max_size=6))
    rows = [{**fact(table, **row), "record_key": str(number)} for number, row in enumerate(drawn)]
    return table, frame(table, *rows)


@contextmanager
def undone(store: SqlStore) -> Iterator[SqlUnitOfWork]:
    """Write, and leave nothing behind."""
    with store.write() as work:
        yield work
        work.facts.connection.get_transaction().rollback()  # type: ignore[union-attr]


def read_back(store: SqlStore, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Store rows, read them, and undo it."""
    with undone(store) as work:
        work.facts.open_import(file_sha256="a", imported_on=DAY)
        work.facts.append(table, rows)
        return work.facts.frames()[table.name]


def test_the_same_facts_give_the_same_frames_on_both_databases(sqlite_url: str, postgresql_url: str) -> None:
    with closing(open_store(sqlite_url)) as sqlite, closing(open_store(postgresql_url)) as postgresql:

        @FEW
        @given(tables_with_rows())
        def law(case: tuple[Table, pl.DataFrame]) -> None:
            table, rows = case
            on_sqlite, on_postgresql = (read_back(s, table, rows) for s in (sqlite, postgresql))
            key = [*dict.fromkeys((table.subject, *table.key)), "version"]
            assert_frame_equal(on_sqlite, on_postgresql)
            assert_frame_equal(
                on_sqlite.sort(*key), rows.select(list(table.schema)).sort(*key), check_row_order=False
            )

        law()


LoanVersion = tuple[str, str, date]  # loan, household, known on
Payment = tuple[str, date, date]  # loan, paid on, known on
LOANS, HOUSEHOLDS = ("L1", "L2", "L3", "L4"), ("H1", "H2", "H3")
DAYS = st.integers(0, 4).map(lambda days: DAY + timedelta(days=days))
LOAN_VERSIONS = st.lists(st.tuples(st.sampled_from(LOANS), st.sampled_from(HOUSEHOLDS), DAYS), max_size=8)
PAYMENTS = st.lists(st.tuples(st.sampled_from(LOANS), DAYS, DAYS), max_size=8, unique_by=lambda row: row[:2])


def store_case(
    work: SqlUnitOfWork, loans: list[tuple[str, str, date]], payments: list[tuple[str, date, date]]
) -> None:
    work.facts.open_import(file_sha256="a", imported_on=DAY)
    seen: dict[str, int] = {}
    for loan, household, known_on in loans:
        seen[loan] = seen.get(loan, 0) + 1
        add(
            work,
            "loans",
            {"loan_id": loan, "household_id": household, "known_on": known_on, "version": seen[loan]},
        )
    for loan, paid_on, known_on in payments:
        add(work, "repayments", {"loan_id": loan, "paid_on": paid_on, "known_on": known_on})
    for household in HOUSEHOLDS:
        add(work, "households", {"household_id": household})
        add(work, "guarantee_groups", {"household_id": household})


def chosen_from(known: Frames, households: list[str]) -> dict[str, pl.DataFrame]:
    loans = known["loans"].filter(pl.col("household_id").is_in(households))
    paid = known["repayments"].filter(pl.col("loan_id").is_in(loans["loan_id"].implode()))
    own = known["households"].filter(pl.col("household_id").is_in(households))
    groups = known["guarantee_groups"]
    return {"loans": loans, "repayments": paid, "households": own, "guarantee_groups": groups}


def test_facts_of_some_households_are_those_facts_among_all(store: SqlStore) -> None:
    @settings(FEW, max_examples=15)
    @given(LOAN_VERSIONS, PAYMENTS, st.lists(st.sampled_from(HOUSEHOLDS), unique=True), DAYS)
    def law(loans: list[LoanVersion], payments: list[Payment], households: list[str], day: date) -> None:
        with undone(store) as work:
            store_case(work, loans, payments)
            expected = chosen_from(work.facts.frames(as_of=day).as_of(day), households)
            found = work.facts.frames(as_of=day, households=households).as_of(day)
            for name, rows in expected.items():
                assert_frame_equal(found[name], rows, check_row_order=False)

    law()


def test_a_loan_that_a_correction_moved_comes_with_its_new_household_only(store: SqlStore) -> None:
    later = DAY + timedelta(days=1)
    moved = {"loan_id": "L1", "household_id": "H2", "version": 2, "known_on": later}
    imported(store, loans=[{"loan_id": "L1", "household_id": "H1"}, moved], repayments=[{"loan_id": "L1"}])
    found = {}

    with store.read() as work:
        for household in ("H1", "H2"):
            for day in (DAY, later):
                frames = work.facts.frames(as_of=day, households=[household])
                found[household, day] = (frames["loans"].height, frames["repayments"].height)

    assert found == {("H1", DAY): (1, 1), ("H1", later): (0, 0), ("H2", DAY): (0, 0), ("H2", later): (1, 1)}


def test_what_became_known_later_is_not_read(store: SqlStore) -> None:
    later = DAY + timedelta(days=1)
    imported(store, places=[{"place_code": "1", "known_on": DAY}, {"place_code": "2", "known_on": later}])

    with store.read() as work:
        now = work.facts.frames(as_of=DAY)["places"]["place_code"].to_list()
        then = work.facts.frames(as_of=later)["places"]["place_code"].to_list()

    assert (now, then) == (["1"], ["1", "2"])


def test_a_watermark_hides_the_imports_after_it(store: SqlStore) -> None:
    first = imported(store, "a", places=[{"place_code": "1"}])
    second = imported(store, "b", places=[{"place_code": "2", "import_id": 2}])

    with store.read() as work:
        before, after = work.facts.frames(watermark=first), work.facts.frames(watermark=second + 5)

    assert (before.watermark, before["places"]["place_code"].to_list()) == (1, ["1"])
    assert (after.watermark, after["places"]["place_code"].to_list()) == (2, ["1", "2"])


def test_empty_frames_have_the_ledgers_schema(store: SqlStore) -> None:
    with store.read() as work:
        frames = work.facts.frames(households=[])

    assert {table.name: frames[table.name].schema for table in FACT_TABLES} == {
        table.name: pl.Schema(table.schema) for table in FACT_TABLES
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("village_group", "东\0组"),
        ("village_code", "1" * 101),
        ("land_mu", float("nan")),
        ("land_mu", float("inf")),
        ("record_key", "h" * 601),
    ],
)
def test_a_value_that_no_database_should_hold_is_refused(store: SqlStore, column: str, value: object) -> None:
    table = BY_NAME["households"]
    bad = frame(table, {**fact(table), column: value})

    with pytest.raises(InvalidValueError) as caught, store.write() as work:
        work.facts.append(table, bad)

    assert caught.value.details == {"column": column}
    with store.read() as work:
        assert work.facts.latest(table, bad["record_key"]).is_empty()


def test_a_date_beyond_the_calendar_is_refused(store: SqlStore) -> None:
    table = BY_NAME["places"]
    far = frame(table, fact(table)).with_columns(listed_on=pl.lit(10**7).cast(pl.Date))

    with pytest.raises(InvalidValueError), store.write() as work:
        work.facts.append(table, far)


def test_the_latest_version_of_each_asked_fact_is_found(store: SqlStore) -> None:
    many, later = 20_500, DAY + timedelta(days=3)  # more than are asked for at once
    table = BY_NAME["places"]
    rows = frame(table, fact(table)).select(pl.exclude("record_key"))
    keys = pl.DataFrame({"record_key": [f"{number:05}" for number in range(many)]})
    with store.write() as work:
        work.facts.append(table, rows.join(keys, how="cross"))
        add(work, "places", {"place_code": "00007", "version": 2, "known_on": later})

    with store.read() as work:
        found = work.facts.latest(table, pl.concat([keys["record_key"], pl.Series(["new", "a\0b"])]))
        none = work.facts.latest(BY_NAME["firms"], keys["record_key"])

    assert found.height == many
    assert found.filter(version=2).to_dicts() == [
        {
            "record_key": "00007",
            "version": 2,
            "content_hash": f"{2:032x}",
            "known_on": DAY + timedelta(days=3),
        }
    ]
    assert none.schema == found.schema


def test_chunks_hold_every_household_with_loans_once_in_byte_order(store: SqlStore) -> None:
    ids = ["h2", "H10", "户", "H1", "a-b", "h2"]
    imported(store, loans=[{"loan_id": f"L{n}", "household_id": h} for n, h in enumerate(ids)])

    with store.read() as work:
        chunks = list(work.facts.household_chunks(2))

    assert chunks == [("H1", "H10"), ("a-b", "h2"), ("户",)]


def test_a_loan_belongs_to_the_household_known_last(store: SqlStore) -> None:
    later = {"household_id": "H2", "version": 2, "known_on": DAY + timedelta(days=1)}
    imported(store, loans=[{"loan_id": "L1", "household_id": "H1"}, {"loan_id": "L1", **later}])

    with store.read() as work:
        found = work.facts.household_of(["L1", "L9", "\0", "\ud800"])

    assert found == {"L1": "H2"}


def test_households_are_found_by_the_place_they_ever_had(store: SqlStore) -> None:
    places = {"H2": "640323101201", "H1": "640323101202", "H3": "640323102201"}
    imported(
        store, households=[{"household_id": h, "village_code": code} for h, code in places.items()]
    )  # fmt: skip

    with store.read() as work:
        asked = ("640323101", "640323102201", "64032310_", "%")
        found = [work.facts.households_within(place) for place in asked]

    assert found == [("H1", "H2"), ("H3",), (), ()]


def test_an_import_is_found_again_by_its_bytes_with_its_totals(store: SqlStore) -> None:
    totals = {"loans": {"read": 3, "added": 2}}
    with store.write() as work:
        import_id = work.facts.open_import(file_sha256="ab", imported_on=DAY)
        work.facts.close_import(import_id, totals)

    with store.read() as work:
        found = work.facts.find_import("ab")
        missing = work.facts.find_import("cd")

    assert found is not None
    assert (found.import_id, found.imported_on, found.totals) == (import_id, DAY, totals)
    assert missing is None
