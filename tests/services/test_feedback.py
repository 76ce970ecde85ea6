"""The sheet for the finance office: what was found and decided of loans about to mature."""

import io
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from app.bootstrap import effects, estimators
from app.db.store import open_store
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger, write_workbook
from app.policy.policy import load
from app.services.desk import Desk
from app.services.feedback import feedback, feedback_sheet
from app.services.importing import import_ledger
from app.services.sweeping import sweep
from app.settings import ROOT, Settings
from app.simulation import CountySpec, simulate
from tests.features.ledger import ledger, loan, paid

DAY = date(2025, 9, 30)
BEFORE = DAY - timedelta(days=35)  # before the formal day of every loan of the sheet
RULES = load("baqiao").at(DAY)


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("feedback")
    write_ledger(folder / "台账.xlsx", simulate(CountySpec(seed=11, loans=200, until=DAY)).ledger)
    made = Desk(
        store=open_store(f"sqlite:///{shutil.copy(sqlite_template, folder / 'x.db')}"), settings=Settings(),
        clock=lambda: datetime(2025, 9, 30, 4, tzinfo=UTC), new_id=lambda: "D1",
        estimators=estimators(ROOT / "models"), effects=effects(ROOT / "models"),
    )  # fmt: skip
    lags = {lag.code: lag.now.days for lag in RULES.knowledge}
    import_ledger(made.store, folder / "台账.xlsx", imported_on=DAY, lags=lags, limits=FileLimits())
    return made


def _sheet(desk: Desk) -> pl.DataFrame:
    with desk.store.read() as work:
        frames = work.facts.frames()
    return feedback(desk, frames, RULES, as_of=DAY)


def test_loans_are_unseen_then_seen_early_then_formally_judged(desk: Desk) -> None:
    unseen = _sheet(desk)
    sweep(desk, as_of=BEFORE, policy="baqiao")
    early = _sheet(desk)
    sweep(desk, as_of=DAY, policy="baqiao")
    formal = _sheet(desk)

    assert unseen.height > 2
    assert unseen["loan_id"].to_list() == early["loan_id"].to_list() == formal["loan_id"].to_list()
    assert unseen["days_left"].is_between(0, 30).all()
    assert set(unseen["formal"]) == {"未研判"}
    assert set(early["assessed_on"].drop_nulls()) == {BEFORE}
    assert set(formal["assessed_on"]) == {DAY}
    assert set(formal["formal"]) == {"到期前研判"}
    assert formal["light"].null_count() == 0


def _one(desk: Desk, matures_on: date, **tables: list[dict[str, Any]]) -> dict[str, Any]:
    frames = ledger(loans=[loan(loan_id="X1", matures_on=matures_on)], **tables)
    return feedback(desk, frames, RULES, as_of=DAY).row(0, named=True)


@pytest.mark.parametrize(("days", "listed"), [(-1, 0), (0, 1), (30, 1), (31, 0)])
def test_loans_of_the_next_thirty_days_are_listed(desk: Desk, days: int, listed: int) -> None:
    frames = ledger(loans=[loan(loan_id="X1", matures_on=DAY + timedelta(days=days))])

    assert feedback(desk, frames, RULES, as_of=DAY).height == listed


def test_what_was_decided_and_came_of_it_is_told(desk: Desk) -> None:
    due = DAY + timedelta(days=10)
    extended = {
        "loan_id": "X1", "action": "extension", "decided_on": DAY, "new_matures_on": date(2026, 10, 10),
    }  # fmt: skip
    helped = {"loan_id": "X1", "action": "extra_help", "decided_on": DAY}
    whole = paid(DAY, principal=5_000_000, loan_id="X1")

    told = [
        _one(desk, due),
        _one(desk, due, dispositions=[helped]),
        _one(desk, due, dispositions=[extended]),
        _one(desk, due, repayments=[whole]),
    ]

    assert [row["result"] for row in told] == [
        "待处置", "已定处置，未结清", "延至 2026-10-10", "2025-09-30 还清",
    ]  # fmt: skip
    assert [row["disposed"] for row in told] == [None, "extra_help", "extension", None]
    assert {row["due_on"] for row in told} == {due}


def test_the_sheet_is_written_with_chinese_headings(desk: Desk) -> None:
    target = io.BytesIO()

    write_workbook(target, [feedback_sheet(_sheet(desk))])

    sheet = openpyxl.load_workbook(target)["研判处置反馈"]
    assert [cell.value for cell in sheet[1]][:2] == ["贷款机构", "乡镇编码"]
    assert sheet.max_row == _sheet(desk).height + 1
