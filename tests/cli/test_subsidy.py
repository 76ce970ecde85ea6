"""`xindeng subsidy`, `subsidy-account`, `extensions` and `top-ups` as a user runs them on a ledger file."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.domain.errors import XindengError
from app.ledgerfile.writing import write_ledger
from app.simulation import CountySpec, simulate

UNTIL = date(2020, 9, 30)


@pytest.fixture(name="ledger", scope="module")
def _ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("subsidy") / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=5, loans=120, until=UNTIL)).ledger)
    return file


def _run(ledger: Path, *words: str | Path) -> str:
    common = ["--ledger", ledger, "--as-of", "2020-03-09", "--policy", "longchuan"]
    done = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, [str(word) for word in (*words, *common)], catch_exceptions=False
    )
    assert done.exit_code == 0
    return done.output


def _sums(file: Path, sheet: str, heading: str) -> list[float]:
    headings, *rows = openpyxl.load_workbook(file)[sheet].iter_rows(values_only=True)
    column = headings.index(heading)
    return [float(str(row[column])) for row in rows]


def test_a_plan_is_written_and_stands_beside_the_printed_sums(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.xlsx"

    told = _run(ledger, "subsidy", "--year", "2020", "--out", out)

    assert "3,600,000.00" in told
    assert "计算 534,375，文件 712,500" in told
    *parts, whole = _sums(out, "按放款年度", "全年(元)")
    assert sum(parts) == pytest.approx(whole)
    assert sum(_sums(out, "贴息明细", "贴息金额(元)")) == pytest.approx(whole)
    assert whole > 0


def test_another_day_count_gives_another_plan(ledger: Path, tmp_path: Path) -> None:
    sums = []
    for counted in ("flat_year", "actual_360"):
        out = tmp_path / f"{counted}.xlsx"
        _run(ledger, "subsidy", "--year", "2020", "--day-count", counted, "--out", out)
        sums.append(_sums(out, "按乡镇编码", "全年(元)")[-1])

    assert sums[0] < sums[1]


def test_a_year_without_a_subsidy_is_told_in_both_languages(ledger: Path) -> None:
    with pytest.raises(XindengError) as raised:
        _run(ledger, "subsidy", "--year", "2021")

    assert "2021 年没有贴息规定" in raised.value.problem.zh
    assert "grants no subsidy of interest in 2021" in raised.value.problem.en


def test_a_pack_without_a_prepaid_account_is_told(ledger: Path) -> None:
    with pytest.raises(XindengError, match="no prepaid subsidy account on 2020-03-09"):
        _run(ledger, "subsidy-account", "--year", "2020")


def test_limits_of_loans_and_households_are_written(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "limits.xlsx"

    told = _run(ledger, "extensions", "--out", out)
    months = _sums(out, "展期", "尚可展期(月)")
    _run(ledger, "top-ups", "--out", out)

    assert f"{len(months)} rows" in told
    assert max(months) <= 36
    assert max(_sums(out, "追加贷款", "尚可追加(元)")) <= 100_000
