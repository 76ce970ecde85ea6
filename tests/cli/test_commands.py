"""The commands as a user runs them: real processes, real files, on both databases."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from app.cli.ledger import LAST_DAY
from app.cli.main import app
from app.ledgerfile.writing import write_ledger
from app.simulation import CountySpec, simulate

DAY = f"{LAST_DAY:%Y-%m-%d}"
Run = Callable[..., subprocess.CompletedProcess[str]]


def _runner(database_url: str, tmp_path: Path) -> Run:
    environment = {**os.environ, "XINDENG_DATABASE_URL": database_url, "COLUMNS": "160"}

    def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", "from app.cli.main import main; main()", *map(str, arguments)]
        return subprocess.run(
            words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return command


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path) -> Run:
    return _runner(sqlite_url, tmp_path)


@pytest.fixture
def run_on_each(database_url: str, tmp_path: Path) -> Run:
    return _runner(database_url, tmp_path)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=5, loans=120, until=LAST_DAY.date())).ledger)
    return file


def test_a_county_goes_from_simulation_to_lights_by_commands_alone(run_on_each: Run, tmp_path: Path) -> None:
    run = run_on_each
    file = tmp_path / "out" / "台账.xlsx"

    steps = [
        run("migrate"),
        run("simulate", file, "--loans", "120", "--seed", "5"),
        run("import", file, "--imported-on", DAY),
        run("import", file, "--imported-on", DAY),
        run("sweep", "--as-of", DAY),
        run("sweep", "--as-of", DAY),
    ]

    assert [step.returncode for step in steps] == [0] * 6
    assert "nothing changes" in steps[3].stdout
    assert "quarantined 0" in steps[4].stdout
    assert "added 0 " in steps[5].stdout
    assert openpyxl.load_workbook(file, read_only=True)["贷款"]["A1"].value == "贷款编号"


def test_refused_rows_come_back_in_a_workbook_that_can_be_corrected(run: Run, ledger: Path) -> None:
    book = openpyxl.load_workbook(ledger)
    sheet = book["贷款"]
    headings = [cell.value for cell in sheet[1]]
    maturity = headings.index("到期日期") + 1
    before, sheet.cell(2, maturity).value = sheet.cell(2, maturity).value, "二〇二五年"
    book.save(ledger)

    done = run("import", ledger, "--imported-on", DAY)

    refused = ledger.with_name("台账.问题行.xlsx")
    assert done.returncode == 0, done.stdout
    book = openpyxl.load_workbook(refused)
    back = book["贷款"]
    assert "到期日期" in str(back.cell(2, back.max_column).value)
    back.cell(2, maturity).value = before
    book.save(refused)
    assert run("import", refused, "--imported-on", DAY).returncode == 0


def test_applications_in_a_file_are_scored_without_touching_the_database(run: Run, ledger: Path) -> None:
    out = ledger.with_name("answers.jsonl")

    done = run("score", ledger, "--as-of", DAY, "--out", out)

    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert done.returncode == 0, done.stdout
    assert answers
    assert all(answer["rating"]["points"] is not None for answer in answers)
    assert "no such" not in run("sweep", "--as-of", DAY).stdout


def test_a_file_that_is_no_ledger_is_one_clear_error(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "台账.xlsx"
    file.write_bytes(b"%PDF-1.7 not a workbook")

    done = run("import", file)

    assert done.returncode == 1
    assert "错误" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "command", ["simulate", "import", "sweep", "serve", "train", "score", "policies", "demo"]
)
def test_every_command_has_help(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"])

    assert done.exit_code == 0
    assert "Usage" in done.stdout


def test_training_on_a_ledger_asks_who_trains(tmp_path: Path) -> None:
    ledger = tmp_path / "台账.xlsx"
    ledger.touch()

    done = CliRunner().invoke(app, ["train", "--ledger", str(ledger), "--out", str(tmp_path / "models")])

    assert done.exit_code == 2
    assert "--operator" in done.output
    assert not (tmp_path / "models").exists()


def test_packs_that_ship_are_sound_and_a_broken_one_is_named(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "pack.yaml").write_text("name: broken\nzh: 坏\nen: broken\nextends: national\nsurprise: 1\n")

    good, bad = run("policies", "check"), run("policies", "check", broken)

    assert good.returncode == 0
    assert {"national", "yanchi"} <= set(good.stdout.split())
    assert bad.returncode == 1
    assert "pack.yaml" in bad.stdout
    assert "5" in bad.stdout


def test_an_unknown_policy_is_named_with_those_there_are(run: Run) -> None:
    done = run("sweep", "--as-of", DAY, "--policy", "atlantis")

    assert done.returncode == 1
    assert "atlantis" in done.stdout
    assert "yanchi" in done.stdout


def test_a_day_before_any_rules_is_named_with_its_pack(run: Run) -> None:
    done = run("sweep", "--as-of", "1999-01-01")

    assert done.returncode == 1
    assert "1999-01-01" in done.stdout
    assert "yanchi" in done.stdout


def test_a_case_that_a_pack_does_not_keep_is_named_with_its_line(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "mine"
    (pack / "cases").mkdir(parents=True)
    (pack / "pack.yaml").write_text("name: mine\nzh: 我县\nen: mine\nextends: national\ncounty_codes: []\n")
    (pack / "cases" / "parameters.yaml").write_text(
        "amount_cap:\n  - name: 上限一元\n    on: [2023-06-01]\n    value: 1\n"
    )

    done = run("policies", "check", pack)

    assert done.returncode == 1
    assert "parameters.yaml, line 2" in done.stdout
    assert "上限一元" in done.stdout
