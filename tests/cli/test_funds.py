"""Funds, claims, firms, maturities, classes and duties by commands."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from app.bootstrap import settings
from app.cli.main import app
from app.ledgerfile.writing import write_ledger
from app.services.claims import ClaimRefusedError
from app.simulation import CountySpec, simulate

DAY = date(2025, 9, 30)


@pytest.fixture(scope="module", name="file")
def _file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated county with an insurance period; its first loan due is used by a firm."""
    file = tmp_path_factory.mktemp("county") / "台账.xlsx"
    ledger = dict(simulate(CountySpec(seed=5, loans=150, until=DAY)).ledger)
    account = {
        "fund_id": "I1", "covers_from": date(2024, 1, 1), "covers_to": date(2024, 12, 31),
        "premiums": 100_000, "payouts": 120_003, "costs": 0,
    }  # fmt: skip
    ledger["insurance_accounts"] = pl.DataFrame([account])
    by_firm = pl.col("loan_id") == _due(ledger["loans"])
    firm = (("use_mode", "firm"), ("firm_id", "E1"))
    ledger["loans"] = ledger["loans"].with_columns(
        pl.when(by_firm).then(pl.lit(value)).otherwise(name).alias(name) for name, value in firm
    )
    write_ledger(file, ledger)
    return file


def _due(loans: pl.DataFrame) -> str:
    """The loan that matures next: not overdue on the day."""
    ahead = loans.filter(pl.col("matures_on") > DAY + timedelta(days=30))
    return str(ahead.sort("matures_on", "loan_id").item(0, "loan_id"))


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Iterator[None]:
    monkeypatch.setenv("XINDENG_DATABASE_URL", sqlite_url)
    settings.cache_clear()
    yield
    settings.cache_clear()


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    if result.exception is not None:
        raise result.exception
    return result.output


def test_funds_tell_balance_leverage_and_when_a_limit_is_passed(file: Path) -> None:
    told = run("funds", "--as-of", f"{DAY}", "--ledger", file, "--policy", "fengjie")

    assert "FUND1" in told
    assert "10.00" in told
    assert "run_off" in told


def test_an_insurance_loss_is_told_to_the_fen(file: Path) -> None:
    told = run("insurance", "--as-of", f"{DAY}", "--ledger", file, "--policy", "yanchi")

    assert "fund 120.02" in told  # 60 % of 200.03 yuan
    assert "insurer 80.01" in told


def test_firms_have_a_ledger_of_their_own(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "企用.xlsx"

    told = run("firms", "--as-of", f"{DAY}", "--ledger", file, "--policy", "baqiao", "--out", out)

    sheet = openpyxl.load_workbook(out)["户贷企用台账"]
    firms = {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert "E1" in firms
    assert "E1" in told


def test_maturities_are_written_by_week_township_bank_visit_and_fund(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "到期.xlsx"

    run("maturities", "--from", f"{DAY}", "--weeks", "8", "--ledger", file, "--out", out)

    book = openpyxl.load_workbook(out)
    weeks = list(book["周汇总"].iter_rows(min_row=2, values_only=True))
    assert book.sheetnames == ["周汇总", "乡镇", "银行", "走访安排", "基金"]
    assert len(weeks) == 8
    townships = list(book["乡镇"].iter_rows(min_row=2, values_only=True))
    assert sum(int(str(row[4])) for row in townships) == sum(int(str(row[3])) for row in weeks)


def test_classes_are_counted(file: Path) -> None:
    assert "次级 substandard" in run("classes", "--as-of", f"{DAY}", "--ledger", file)


def test_duties_are_listed_with_who_owes_them(file: Path) -> None:
    asked = ("--from", "2020-06-01", "--to", "2020-06-30", "--policy", "workplan2020", "--ledger", file)

    told = run("duties", *asked)

    assert "2020-06-06" in told
    assert "各乡镇" in told


def test_a_claim_on_a_loan_not_overdue_is_refused_with_the_clause(file: Path) -> None:
    run("migrate")
    run("import", file, "--imported-on", f"{DAY}")
    loan = _due(simulate(CountySpec(seed=5, loans=150, until=DAY)).ledger["loans"])
    claim = ("--fund", "FUND1", "--ground", "illness", "--principal", "100", "--policy", "nanao")

    with pytest.raises(ClaimRefusedError) as refused:
        run("claim", "file", "C1", "--loan", loan, *claim, "--as-of", f"{DAY}")

    assert "逾期90天启动" in refused.value.problem.zh
    assert "C1" not in run("claim", "list", "--as-of", f"{DAY}")
