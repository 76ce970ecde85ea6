import io
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from app.db.store import open_store
from app.domain.errors import InvalidLedgerFileError
from app.domain.ledger import BY_NAME, FACT_TABLES, Kind
from app.ledgerfile.writing import write_bad_rows, write_ledger
from app.services.importing import ImportResult, import_ledger
from app.services.ports import Store
from tests.ledgerfile import books
from tests.services.memory_store import MemoryStore

DAY = date(2026, 2, 7)
LATER = date(2026, 2, 17)
LAGS = {"repayments": 1, "loans": 2, "repayments_due": 3}


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def ledger_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = open_store(request.getfixturevalue(f"{request.param}_url"))
    yield opened
    opened.close()


def load(store: Store, content: bytes | Path, *, on: date = DAY, filename: str = "") -> ImportResult:
    return import_ledger(store, content, imported_on=on, lags=LAGS, limits=books.LIMITS, filename=filename)


def load_county(store: Store, *, on: date = DAY, **changes: Sequence[Sequence[Any]]) -> ImportResult:
    return load(store, books.workbook(books.county(**changes)), on=on)


def facts(store: Store, table: str) -> pl.DataFrame:
    with store.read() as work:
        return work.facts.frames()[table].sort(*BY_NAME[table].key, "version")


def counts(result: ImportResult, what: str) -> dict[str, int]:
    return {name: total[what] for name, total in result.totals.items() if total[what]}


def reasons(result: ImportResult) -> list[str]:
    return [reason for bad in result.bad for reason in bad.rows.get_column("问题").to_list()]


def reconciled(result: ImportResult) -> bool:
    parts = ("added", "corrected", "unchanged", "duplicate", "refused")
    return all(total["read"] == sum(total[part] for part in parts) for total in result.totals.values())


def test_a_ledger_is_stored(ledger_store: Store) -> None:
    result = load_county(ledger_store)

    assert result.bad == ()
    assert counts(result, "added") == {
        "persons": 2,
        "households": 2,
        "loans": 2,
        "repayments_due": 2,
        "repayments": 2,
    }
    assert facts(ledger_store, "loans").get_column("amount").to_list() == [5_000_000, 5_000_000]


def test_the_same_file_again_changes_nothing(ledger_store: Store) -> None:
    content = books.workbook(books.county())
    first = load(ledger_store, content)

    again = load(ledger_store, content, on=LATER)

    assert again.already_imported
    assert (again.import_id, again.totals) == (first.import_id, first.totals)
    with ledger_store.read() as work:
        assert work.facts.watermark() == 1


def test_the_same_facts_in_another_file_change_nothing(ledger_store: Store) -> None:
    load_county(ledger_store)

    again = load(ledger_store, books.workbook({**books.county(), "说明": [("另一份文件",)]}), on=LATER)

    assert not again.already_imported
    assert counts(again, "unchanged") == counts(again, "read")
    assert facts(ledger_store, "loans").get_column("version").to_list() == [1, 1]


def with_amount(amount: int, note: str = "") -> bytes:
    loans = [books.loan("L1", "H1", 1, **{"贷款金额(元)": amount})]
    return books.workbook({**books.county(贷款=loans, 还款计划=[], 还款记录=[]), f"说明{note}": [("说明",)]})


def test_a_correction_is_a_new_version_and_going_back_is_another(ledger_store: Store) -> None:
    for content in (with_amount(50_000), with_amount(40_000), with_amount(50_000, "又一份")):
        load(ledger_store, content)

    stored = facts(ledger_store, "loans")

    assert stored.get_column("amount").to_list() == [5_000_000, 4_000_000, 5_000_000]
    assert stored.get_column("version").to_list() == [1, 2, 3]


def test_the_first_file_again_does_not_undo_a_correction(ledger_store: Store) -> None:
    first = with_amount(50_000)
    load(ledger_store, first)
    load(ledger_store, with_amount(40_000))

    assert load(ledger_store, first).already_imported
    assert facts(ledger_store, "loans").get_column("amount").to_list() == [5_000_000, 4_000_000]


def test_a_correction_changes_nothing_that_was_known_before(ledger_store: Store) -> None:
    load_county(ledger_store)
    with ledger_store.read() as work:
        before = work.facts.frames().as_of(DAY)["loans"]

    load_county(ledger_store, on=LATER, 贷款=[books.loan("L1", "H1", 1, **{"贷款金额(元)": 40_000})])

    with ledger_store.read() as work:
        assert work.facts.frames().as_of(DAY)["loans"].sort("loan_id").equals(before.sort("loan_id"))
        assert work.facts.frames().as_of(LATER)["loans"].sort("loan_id").get_column("amount")[0] == 4_000_000


def test_a_correction_is_never_known_before_what_it_corrects(ledger_store: Store) -> None:
    load_county(ledger_store)
    corrected = [
        (*books.REPAYMENTS, "知悉日期"),
        (*books.repayment("L1", "2025-06-21", 1, receipt="R1"), "2025-06-21"),
    ]

    load(ledger_store, books.workbook({"还款记录": corrected}), on=LATER)

    rows = facts(ledger_store, "repayments").filter(pl.col("receipt_no") == "R1")
    assert rows.get_column("known_on").to_list() == [date(2025, 6, 22)] * 2
    assert rows.get_column("known_basis").to_list() == ["assumed", "assumed"]


def test_the_day_a_fact_became_known_is_assumed_from_the_lag_and_recorded_where_given(
    ledger_store: Store,
) -> None:
    rows = [
        (*books.REPAYMENTS, "知悉日期"),
        (*books.repayment("L1", "2025-06-21", receipt="R1"), None),
        (*books.repayment("L1", "2026-02-07", receipt="R2"), None),
        (*books.repayment("L2", "2025-06-20", receipt="R3"), "2025-07-01"),
    ]

    load(ledger_store, books.workbook({**books.county(), "还款记录": rows}))

    stored = facts(ledger_store, "repayments").sort("receipt_no")
    assert stored.get_column("known_on").to_list() == [date(2025, 6, 22), DAY, date(2025, 7, 1)]
    assert stored.get_column("known_basis").to_list() == ["assumed", "assumed", "recorded"]
    assert set(stored.get_column("imported_on")) == {DAY}


def test_what_an_export_says_was_assumed_stays_assumed(ledger_store: Store) -> None:
    rows = [
        (*books.REPAYMENTS, "知悉日期", "知悉依据"),
        (*books.repayment("L1", "2025-06-21"), "2025-06-22", "推定"),
    ]

    load(ledger_store, books.workbook({**books.county(), "还款记录": rows}))

    assert facts(ledger_store, "repayments").get_column("known_basis").to_list() == ["assumed"]


def test_a_schedule_is_known_when_the_loan_is_paid_out_and_a_later_one_when_imported(
    ledger_store: Store,
) -> None:
    load_county(ledger_store, 还款计划=[books.due("L1", "2026-03-09")])

    dues = [books.DUES, books.due("L1", "2027-03-09"), books.due("L2", "2025-06-21")]
    load(ledger_store, books.workbook({"还款计划": dues}), on=LATER)

    stored = facts(ledger_store, "repayments_due")
    assert stored.get_column("due_on").to_list() == [date(2026, 3, 9), date(2027, 3, 9), date(2025, 6, 21)]
    assert stored.get_column("known_on").to_list() == [date(2025, 3, 12), LATER, date(2025, 3, 12)]


def test_a_fact_of_an_unknown_household_or_loan_is_kept_apart_with_the_reason(ledger_store: Store) -> None:
    result = load_county(
        ledger_store,
        农户=[books.household("H1", 1), books.household("H2", 2, 村编码=None)],
    )

    assert reasons(result) == [
        "缺少村编码",
        "户编号未登记：农户表和库中都没有，或该户资料有误",
        "贷款编号未登记：贷款表和库中都没有，或该笔贷款有误",
    ]
    assert reconciled(result)
    assert facts(ledger_store, "loans").get_column("loan_id").to_list() == ["L1"]


def test_references_are_also_looked_up_in_the_store(ledger_store: Store) -> None:
    load_county(ledger_store)

    result = load(
        ledger_store,
        books.workbook(
            {
                "贷款": [books.LOANS, books.loan("L3", "H2", 2)],
                "还款记录": [
                    books.REPAYMENTS,
                    books.repayment("L1", "2025-09-21"),
                    books.repayment("L3", "2025-09-21"),
                    books.repayment("L9", "2025-09-21"),
                    books.repayment("L2", "2025-03-08"),
                ],
            }
        ),
        on=LATER,
    )

    assert counts(result, "added") == {"loans": 1, "repayments": 2}
    assert reasons(result) == ["贷款编号未登记：贷款表和库中都没有，或该笔贷款有误", "还款日期早于放款日期"]


def test_corrected_rows_are_imported_from_the_file_of_refused_ones(ledger_store: Store) -> None:
    households = [books.household("H1", 1), books.household("H2", 2, 村编码="盐池")]
    result = load_county(ledger_store, 农户=households)
    returned = io.BytesIO()
    write_bad_rows(returned, result.bad)
    book = openpyxl.load_workbook(io.BytesIO(returned.getvalue()))
    book["农户"]["B2"] = books.VILLAGE

    again = load(ledger_store, books.saved(book))

    assert counts(result, "refused") == {"households": 1, "loans": 1, "repayments": 1}
    assert counts(again, "added") == {"households": 1, "loans": 1, "repayments": 1}
    assert (again.bad, again.unknown_columns) == ((), ())


def test_refused_rows_of_a_text_file_come_back_as_text(ledger_store: Store) -> None:
    load_county(ledger_store, 还款记录=[])
    content = "借据号,还款时间,偿还本金,偿还利息\nL1,2025/6/31,0,543.75\n"
    result = load(ledger_store, content.encode("gb18030"), filename="还款记录.csv")
    returned = io.BytesIO()
    write_bad_rows(returned, result.bad, as_csv=True)
    corrected = returned.getvalue().decode("utf-8-sig").replace("6/31", "6/30")

    again = load(ledger_store, corrected.encode(), filename="还款记录.csv")

    assert reasons(result) == ["还款日期这一天不存在"]
    assert counts(again, "added") == {"repayments": 1}


def test_id_numbers_never_reach_the_facts(ledger_store: Store) -> None:
    load_county(ledger_store)

    for table in FACT_TABLES:
        for column in (c.name for c in table.columns if c.kind is Kind.PERSON):
            ids = facts(ledger_store, table.name).get_column(column).drop_nulls()
            assert [i for i in ids if not i.startswith("P")] == []


def test_totals_hold_no_personal_data(ledger_store: Store) -> None:
    result = load_county(ledger_store, 人员=[books.person(1)])

    assert books.id_number(2) not in f"{result.totals} {result.unknown_sheets} {result.unknown_columns}"
    assert not any(books.id_number(2) in reason for reason in reasons(result))


def test_a_person_missing_from_the_persons_sheet_is_refused(ledger_store: Store) -> None:
    result = load_county(ledger_store, 人员=[books.person(1)])

    assert "户主证件号码未登记：人员表和库中都没有此人" in reasons(result)
    assert counts(result, "refused") == {"households": 1, "loans": 1, "repayments": 1}


def test_without_a_persons_sheet_people_are_registered_by_number_and_named_later(ledger_store: Store) -> None:
    first = load_county(ledger_store, 人员=[])
    borrowers = facts(ledger_store, "loans").get_column("borrower_id").to_list()

    named = load(
        ledger_store, books.workbook({"人员": [books.PERSONS, books.person(1), books.person(3)]}), on=LATER
    )

    assert reasons(first) == []
    assert counts(named, "corrected") == {"persons": 1}
    assert counts(named, "added") == {"persons": 1}
    with ledger_store.read() as work:
        assert work.people.ids([books.id_number(1)]) == {books.id_number(1): borrowers[0]}


def test_a_file_that_cannot_be_read_leaves_no_trace(ledger_store: Store) -> None:
    with pytest.raises(InvalidLedgerFileError):
        load(ledger_store, b"PK\x03\x04 no workbook")

    with ledger_store.read() as work:
        assert work.facts.watermark() == 0


def test_unknown_sheets_and_columns_are_told(ledger_store: Store) -> None:
    dues = [(*books.DUES, "备注"), (*books.due("L1", "2025-06-21"), "模拟")]
    sheets: dict[str, Sequence[Sequence[Any]]] = {**books.county(), "说明": [("填表说明",)]}
    sheets["还款计划"] = dues

    result = load(ledger_store, books.workbook(sheets))

    assert result.unknown_sheets == ("说明",)
    assert result.unknown_columns == (("还款计划", "备注"),)


def test_a_text_file_on_disk_is_imported(ledger_store: Store, tmp_path: Path) -> None:
    load_county(ledger_store, 还款记录=[])
    path = tmp_path / "还款记录.csv"
    path.write_text("借据号,还款时间,偿还本金,偿还利息\nＬ１,2025/6/21,0,543.75\n", encoding="gb18030")

    result = load(ledger_store, path, on=LATER)

    assert counts(result, "added") == {"repayments": 1}


def test_progress_is_told_to_the_end(ledger_store: Store) -> None:
    told: list[tuple[str, int, int]] = []

    import_ledger(
        ledger_store,
        books.workbook(books.county()),
        imported_on=DAY,
        lags=LAGS,
        limits=books.LIMITS,
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )

    assert told[0] == ("read", 0, 1)
    assert told[-1] == ("store repayments", 2, 2)


def test_a_hundred_thousand_repayments_are_imported(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    load_county(store, 还款记录=[])
    count = 100_000
    rows = pl.DataFrame(
        {
            "loan_id": ["L1"] * count,
            "paid_on": [date(2025, 6, 21)] * count,
            "principal": [0] * count,
            "interest": range(1, count + 1),
            "receipt_no": [f"R{i}" for i in range(count)],
        }
    )
    stream = io.BytesIO()
    write_ledger(stream, {"repayments": rows})

    result = load(store, stream.getvalue())

    assert result.totals["repayments"]["added"] == count
    assert facts(store, "repayments").get_column("interest").sum() == count * (count + 1) // 2
    store.close()
