"""Plans, fees, groups, societies and conditions of admission by commands, on a file that nobody imported."""

from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.domain.errors import XindengError
from app.ledgerfile.writing import write_ledger
from app.simulation import CountySpec, simulate

DAY = date(2019, 9, 30)


@pytest.fixture(scope="module", name="file")
def _file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated county whose loans have no plan, with a society of its first three households."""
    file = tmp_path_factory.mktemp("county") / "台账.xlsx"
    ledger = dict(simulate(CountySpec(seed=5, loans=200, until=DAY)).ledger)
    first = ledger["households"].get_column("household_id").head(3)
    members = {"society_id": "S1", "household_id": first, "joined_on": date(2018, 1, 1), "dues": 10_000}
    ledger["society_members"] = pl.DataFrame(members).with_columns(left_on=pl.lit(None, pl.Date))
    ledger["repayments_due"] = ledger["repayments_due"].clear()
    write_ledger(file, ledger)
    return file


@pytest.fixture(autouse=True)
def _empty_database(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    monkeypatch.setenv("XINDENG_DATABASE_URL", sqlite_url)


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None:
        raise result.exception
    return result.output


def rows(out: Path, sheet: str) -> list[dict[str, object]]:
    page = openpyxl.load_workbook(out)[sheet].values
    heading = [str(cell) for cell in next(page)]
    return [dict(zip(heading, row, strict=True)) for row in page]


def test_a_plan_is_written_to_the_fen(tmp_path: Path) -> None:
    out = tmp_path / "plans" / "还款计划.xlsx"

    run(
        "schedule", "--amount", "1000", "--rate", "3.6", "--start", "2003-01-15", "--months", "12",
        "--per-year", "24", "--policy", "yunnan2000", "--out", out,
    )  # fmt: skip

    plan = rows(out, "还款计划")
    assert len(plan) == 24
    assert (plan[0]["应还本金(元)"], plan[0]["应还利息(元)"]) == (41.66, 1.5)
    assert (plan[-1]["应还本金(元)"], plan[-1]["应还利息(元)"], plan[-1]["还后余额(元)"]) == (41.82, 0.07, 0)


def test_loans_of_a_ledger_without_a_plan_are_planned_together_and_imported(
    file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "还款计划.xlsx"

    run("schedule", "--ledger", file, "--as-of", str(DAY), "--days-a-year", "360", "--out", out)

    told = "".join(run("import", book, "--imported-on", str(DAY)) for book in (file, out))
    assert "问题行" not in told
    planned = {row["贷款编号"] for row in rows(out, "还款计划")}
    loans = {row["贷款编号"] for row in rows(file, "贷款")}
    assert planned == loans
    assert f" {len(rows(out, '还款计划')):,} " in told


def test_another_number_of_instalments_than_the_pack_names_is_pointed_out() -> None:
    terms = ("--amount", "1000", "--rate", "3.6", "--start", "2003-01-15", "--months", "12")

    assert "转人工" in run("schedule", *terms, "--per-year", "6", "--policy", "yunnan2000")
    assert "转人工" not in run("schedule", *terms, "--per-year", "12", "--policy", "yunnan2000")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["schedule", "--amount", "1000"], "name --amount, --rate, --start and --months"),
        (
            ["schedule", "--amount", "ten", "--rate", "3", "--start", "2003-01-15", "--months", "12"],
            "amount and rate are numbers",
        ),
        (
            ["schedule", "--amount", "1e20", "--rate", "3", "--start", "2003-01-15", "--months", "12"],
            "amount or rate is out of range",
        ),
    ],
)
def test_terms_that_are_missing_or_no_numbers_are_told(words: list[str], message: str) -> None:
    with pytest.raises(XindengError, match=message):
        run(*words)


def test_groups_are_held_to_the_pack_s_size(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "联保.xlsx"

    run("groups", "--ledger", file, "--as-of", str(DAY), "--policy", "ningxia", "--out", out)

    groups = rows(out, "联保小组")
    assert groups
    assert all(row["应有户数"] == 3 for row in groups)
    assert all((row["户数不符"] == "是") == (row["户数"] != 3) for row in groups)
    assert rows(out, "连带责任") == [row for row in rows(out, "连带责任") if row["他户逾期贷款"]]


def test_societies_are_described_one_by_one_and_together(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "互助社.xlsx"

    told = run("societies", "--ledger", file, "--as-of", str(DAY), "--policy", "jingning", "--out", out)

    (society,), (total,) = rows(out, "互助社"), rows(out, "互助社合计")
    assert (society["互助社编号"], society["入会户数"], society["欠缴会费(元)"]) == ("S1", 3, 300)
    assert (total["互助社个数"], total["入会户数"]) == (1, 3)
    assert "written" in told


def test_applications_are_judged_by_the_conditions_of_a_pack(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "准入.xlsx"

    run("eligibility", "--ledger", file, "--as-of", str(DAY), "--policy", "miaoshan", "--out", out)

    judged = rows(out, "准入")
    assert len(judged) == len(rows(file, "贷款申请"))
    # nobody was asked in a survey, so that nobody is simply admitted, and a reason stands beside each
    assert {row["结论"] for row in judged} <= {"转人工审定", "不符合"}
    assert all(row["依据"] for row in judged)


@pytest.mark.parametrize("command", ["fees", "recovery"])
def test_a_pack_without_work_stations_says_so(file: Path, command: str) -> None:
    with pytest.raises(XindengError, match="'yanchi' says nothing on"):
        run(command, "--ledger", file, "--as-of", str(DAY), "--policy", "yanchi")


def test_fees_and_recovery_of_the_last_quarter_of_the_scheme_are_written(file: Path, tmp_path: Path) -> None:
    day = ("--ledger", file, "--as-of", "2014-01-01", "--policy", "yunnan2000")

    fees = run("fees", *day, "--out", tmp_path / "手续费.xlsx")
    recovery = run("recovery", *day, "--out", tmp_path / "回收.xlsx")

    assert "2013-10-01—2013-12-31" in fees
    assert "2013-10-01—2013-12-31" in recovery
    assert openpyxl.load_workbook(tmp_path / "手续费.xlsx").sheetnames == ["手续费 2013-10-01—2013-12-31"]
