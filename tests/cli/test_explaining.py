"""The commands that explain, on a small simulated ledger."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.ledgerfile.writing import write_ledger
from app.simulation import CountySpec, simulate

DAY = date(2024, 6, 30)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=11, loans=700, until=DAY)).ledger)
    return file


@pytest.fixture(scope="module")
def active() -> str:
    loans = simulate(CountySpec(seed=11, loans=700, until=DAY)).ledger["loans"]
    return str(loans.sort("disbursed_on")["loan_id"][-1])


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["explain", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_loan_hears_what_would_turn_its_light_or_why_nothing_does(ledger: Path, active: str) -> None:
    said = run("loan", active, "--ledger", str(ledger), "--as-of", f"{DAY}")

    assert f"{active} · {DAY}" in said
    assert "→" in said or "灯" in said


def test_stability_prints_rank_correlation_and_top_causes(ledger: Path) -> None:
    said = run("stability", "--ledger", str(ledger), "--until", f"{DAY}", "--repeats", "1")

    assert "特征排序相关" in said
    assert "首要成因一致" in said
    assert "maturity" in said


def test_proxies_read_sex_off_the_ledger_and_say_what_cannot_be_checked(ledger: Path) -> None:
    said = run("proxies", "--ledger", str(ledger), "--until", f"{DAY}")

    assert "township_code" in said
    assert "│ sex" in said
    assert "未能检验 ethnicity" in said
    assert "未能检验 sex" not in said


@pytest.mark.parametrize("command", ["stability", "proxies"])
def test_what_to_learn_from_must_be_named(command: str) -> None:
    result = CliRunner().invoke(app, ["explain", command])

    assert result.exit_code == 2
