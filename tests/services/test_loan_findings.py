"""Findings from a real store to a workbook: what staff read, and that no name or number gets out."""

import io
import logging
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from app.db.store import SqlStore, open_store
from app.domain.errors import NoRulesInForceError
from app.domain.frames import Frames
from app.ledgerfile.writing import write_workbook
from app.policy.policy import load
from app.services.finding_sheets import findings_sheets
from app.services.loan_findings import Found, PeopleUnknownError, loan_findings
from tests.features.ledger import AS_OF
from tests.portfolio.suspects import county, lent, person

# Two borrowers of one name and phone: canaries that must not be seen in any output.
CANARIES = [person(n, full_name="模拟金丝雀", phone="00098765432", account="0009876543210") for n in (1, 2)]
SECRETS = {str(value) for row in CANARIES for name, value in row.items() if name != "person_id"}


def _store(url: str, *known: dict[str, Any]) -> SqlStore:
    store = open_store(url)
    with store.write() as work:
        number = work.facts.open_import(file_sha256="0" * 64, imported_on=AS_OF)
        rows = [{name: row[name] for name in ("id_number", "full_name", "phone", "account")} for row in known]
        schema = dict.fromkeys(("id_number", "full_name", "phone", "account"), pl.String())
        people = pl.DataFrame(rows, schema=schema).with_columns(registered_on=pl.lit(AS_OF))
        work.people.register(people, import_id=number)
        work.facts.close_import(number, {})
    return store


def _frames(count: int = 2) -> Frames:
    return county([lent(n, borrower_id=f"P{n:08d}") for n in range(1, count + 1)], registrations=[])


def _cells(found: Found) -> dict[str, list[list[Any]]]:
    target = io.BytesIO()
    places = pl.DataFrame({"place_code": ["999901100"], "place_name": ["模拟乡"]})
    write_workbook(target, findings_sheets(found, places))
    book = openpyxl.load_workbook(target)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.fixture(name="found")
def _found(sqlite_url: str) -> Found:
    return loan_findings(_store(sqlite_url, *CANARIES), _frames(), as_of=AS_OF, policy=load("national"))


def test_borrowers_of_one_name_and_phone_are_found_from_the_store(found: Found) -> None:
    assert set(found.rows.get_column("finding")) == {
        "same_name",
        "same_phone",
        "same_account",
        "not_registered",
    }
    assert (found.unchecked, found.nameless) == (0, 0)


def test_no_name_number_phone_or_account_gets_into_workbook_log_or_text(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    found = loan_findings(_store(sqlite_url, *CANARIES), _frames(), as_of=AS_OF, policy=load("national"))

    seen = f"{_cells(found)}{found}{found.rows.to_dicts()}{caplog.text}"
    assert [secret for secret in SECRETS if secret in seen] == []


def test_staff_see_a_masked_borrower_the_rule_and_the_loans(found: Found) -> None:
    sheet = _cells(found)["异常贷款"]

    row = dict(zip(sheet[0], next(row for row in sheet[1:] if row[-1] == "same_phone"), strict=True))
    assert row["借款人（掩码）"] == f"模*（尾号{CANARIES[0]['id_number'][-4:]}）"
    assert (row["贷款编号"], row["相关贷款编号"], row["相关贷款笔数"]) == ("L1", "L2", 1)
    assert row["贷款金额(元)"] == 50_000
    assert row["依据"] == "同一电话在其他户的贷款：1笔"


def test_the_summary_adds_up_to_the_sheets_and_names_the_township(found: Found) -> None:
    cells = _cells(found)

    head, *lines = cells["汇总"]
    by_name = [dict(zip(head, line, strict=True)) for line in lines]
    assert sum(line["笔数"] for line in by_name) == len(cells["异常贷款"]) - 1 == found.rows.height
    assert {line["乡镇"] for line in by_name} == {"模拟乡"}


def test_every_check_is_listed_with_its_note_found_or_not(found: Found) -> None:
    _, *lines = _cells(found)["检查事项"]

    values = sum(len(entry.in_force) for entry in load("national").pack.findings.values())
    assert len(lines) == values
    assert any("a deposit cannot be seen in the ledger" in (line[-1] or "") for line in lines)


def test_what_the_ledger_cannot_show_of_the_eight_prohibitions_is_said(sqlite_url: str) -> None:
    day = date(2005, 6, 1)

    store = _store(sqlite_url, *CANARIES)
    found = loan_findings(store, _frames(), as_of=day, policy=load("yunnan2000"), kind="prohibition")

    notes = " ".join(line[-1] or "" for line in _cells(found)["检查事项"])
    assert "明贷暗存 (a deposit asked for in return) cannot be seen" in notes
    assert "Fees cannot be seen" in notes


def test_one_kind_alone_is_told_when_it_is_asked_for(sqlite_url: str) -> None:
    store = _store(sqlite_url, *CANARIES)

    found = loan_findings(store, _frames(), as_of=AS_OF, policy=load("national"), kind="watch")

    assert found.rows.is_empty()
    assert {check.kind for check in found.checks} == {"watch"}
    assert "异常贷款" not in _cells(found)


def test_a_borrower_without_person_record_is_counted_and_still_checked(sqlite_url: str) -> None:
    store = _store(sqlite_url, *CANARIES)

    found = loan_findings(store, _frames(3), as_of=AS_OF, policy=load("national"))

    assert found.nameless == 1
    assert "L3" in found.rows.get_column("loan_id")


def test_a_store_without_persons_is_a_clear_error(sqlite_url: str) -> None:
    with pytest.raises(PeopleUnknownError, match="import the table of persons"):
        loan_findings(_store(sqlite_url), _frames(), as_of=AS_OF, policy=load("national"))


def test_a_day_without_rules_is_told_before_anybody_is_read(sqlite_url: str) -> None:
    with pytest.raises(NoRulesInForceError):
        loan_findings(_store(sqlite_url), _frames(), as_of=date(2013, 12, 31), policy=load("national"))


def test_the_same_findings_give_the_same_file(found: Found, tmp_path: Path) -> None:
    places = pl.DataFrame(schema={"place_code": pl.String(), "place_name": pl.String()})

    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(tmp_path / name, findings_sheets(found, places))

    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
