"""The commands on ladders and courses, on a small simulated ledger."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from app.bootstrap import settings
from app.cli.main import app
from app.db.store import open_store
from app.domain.ledger import BY_NAME
from app.ledgerfile.writing import write_ledger
from app.services.facts_append import append_fact
from app.simulation import CountySpec, simulate
from tests.features.ledger import HOUSEHOLD

DAY = "2023-12-31"


@pytest.fixture(scope="module", name="ledger")
def _ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "台账.xlsx"
    tables = dict(simulate(CountySpec(seed=5, loans=120, until=date(2023, 12, 31))).ledger)
    loans = tables["loans"].sort("disbursed_on").with_columns(pl.lit("W1").alias("helper_id"))
    last = loans.row(-1, named=True)
    dividend = {"loan_id": last["loan_id"], "due_on": last["disbursed_on"], "due": 100_000, "firm_id": "F1"}
    own = {column.name: column.dtype for column in BY_NAME["dividends"].columns}
    tables["loans"] = loans
    tables["dividends"] = pl.DataFrame([dividend], schema=own)
    write_ledger(file, tables)
    return file


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def on(ledger: Path, command: str, *more: str) -> str:
    return run(command, "--ledger", str(ledger), "--as-of", DAY, "--policy", "fengjie", *more)


def sheets(file: Path) -> dict[str, int]:
    book = openpyxl.load_workbook(file, read_only=True)
    return {sheet.title: sum(1 for _ in sheet.rows) - 1 for sheet in book}


def test_next_limits_are_summed_on_the_screen_and_listed_in_a_file(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "limits.xlsx"

    said = on(ledger, "ladder", "--out", str(out))

    assert "信用户：均按时还清（无评级）" in said
    assert sheets(out)["滚动贷款额度"] > 0


def test_stakes_dividends_models_and_refunds_are_told_and_written(ledger: Path, tmp_path: Path) -> None:
    written = {
        name: tmp_path / f"{name}.xlsx" for name in ("stakes", "dividends", "model-households", "refunds")
    }

    said = {name: on(ledger, name, "--out", str(file)) for name, file in written.items()}

    assert "W1" in said["stakes"]
    assert "1,000.00" in said["dividends"]
    assert "信用示范户" in said["model-households"]
    assert "应贴息" in said["refunds"]
    assert sheets(written["stakes"])["推荐责任风险金"] > 0
    assert sheets(written["dividends"])["逾期未付分红"] == 1
    assert sheets(written["refunds"])["2023先付后补"] > 0


@pytest.fixture(name="stored")
def _stored(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database with one household, which the commands find in the environment."""
    whole = {column.name: None for column in BY_NAME["households"].columns} | HOUSEHOLD
    store = open_store(sqlite_url)
    with store.write() as work:
        append_fact(
            work.facts, BY_NAME["households"], whole, known_on=date(2022, 1, 1), recorded_on=date(2022, 1, 1)
        )
    store.close()
    monkeypatch.setenv("XINDENG_DATABASE_URL", sqlite_url)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("stored")
def test_a_case_is_started_taken_on_shown_and_listed(tmp_path: Path) -> None:
    pack, out = ("--policy", "fengjie"), tmp_path / "cases.xlsx"
    begin = ("course", "start", "K1", "--household", "H1", "--course", "payout", "--actor", "W1")
    said = [
        run(*begin, "--on", "2024-06-03", *pack),
        run(*begin, "--on", "2024-06-03", *pack),
        run("course", "step", "K1", "village_review", "--actor", "W2", "--on", "2024-06-04", *pack),
        run("course", "show", "K1", *pack),
        run("course", "list", "--out", str(out), *pack),
    ]

    assert ["已登记" in said[0], "未作改动" in said[1], "已登记" in said[2]] == [True] * 3
    assert "下一环节: township_review (township)" in said[3]
    assert "节假日未计入" in said[4]
    assert sheets(out) == {"办件": 1}
