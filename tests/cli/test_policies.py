"""Packs on the command line: what they say, and what another one would change."""

from datetime import date
from pathlib import Path
from shutil import copytree

import openpyxl
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.domain.errors import InvalidValueError, NoRulesInForceError, UnknownPolicyError
from app.ledgerfile.writing import write_ledger
from app.policy.policy import PACKS
from app.simulation import CountySpec, simulate

DAY = date(2025, 9, 30)
WIDE = {"COLUMNS": "120"}
ON = f"{DAY:%Y-%m-%d}"


def _run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["policies", *map(str, arguments)], env=WIDE)
    if done.exception is not None:
        raise done.exception
    return done.output


def test_rules_are_shown_with_their_marks_and_where_they_come_from() -> None:
    shown = _run("show", "yanchi", "--on", "2026-06-01", "--section", "eligibility")

    assert "贷款金额大于" in shown
    assert "above “most that may be lent without collateral”" in " ".join(shown.split())
    assert "未核实 unverified" in shown
    assert "← national" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 120


def test_one_language_may_be_asked_for() -> None:
    chinese = _run("show", "yanchi", "--on", "2026-06-01", "--section", "grades", "--language", "zh")
    english = _run("show", "yanchi", "--on", "2026-06-01", "--section", "grades", "--language", "en")

    assert ("90分起" in chinese, "from 90 points" in chinese) == (True, False)
    assert ("90分起" in english, "from 90 points" in english) == (False, True)


def test_rules_are_written_as_a_workbook(tmp_path: Path) -> None:
    out = tmp_path / "rules.xlsx"

    _run("show", "dingyuan", "--on", "2020-06-01", "--out", out)

    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["规则", "数字不符"]
    assert book["规则"].max_row > 100
    assert "2571" in {row[4] for row in book["数字不符"].iter_rows(values_only=True)}


def test_a_document_that_does_not_add_up_is_told() -> None:
    shown = " ".join(_run("show", "dingyuan", "--on", "2020-06-01", "--section", "identities").split())

    assert "2,945 ≠ 2,571" in shown


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("show", "atlantis"), UnknownPolicyError),
        (("show", "yanchi", "--on", "2013-12-31"), NoRulesInForceError),
        (("show", "yanchi", "--section", "dreams"), InvalidValueError),
        (("diff", "yanchi", "atlantis", "--on", ON), UnknownPolicyError),
    ],
)
def test_what_cannot_be_shown_is_a_clear_error(arguments: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        _run(*arguments)


def test_a_county_tries_its_own_draft_before_it_adopts_it(tmp_path: Path) -> None:
    ledger, out = tmp_path / "台账.xlsx", tmp_path / "moves.xlsx"
    write_ledger(ledger, simulate(CountySpec(seed=5, loans=120, until=DAY)).ledger)
    draft = Path(copytree(PACKS / "yanchi", tmp_path / "draft"))
    grades = draft / "rating.yaml"
    text = grades.read_text(encoding="utf-8")
    grades.write_text(text.replace("at_least: 90", "at_least: 95", 1), encoding="utf-8")

    told = _run("diff", "yanchi", draft, "--on", ON, "--ledger", ledger, "--out", out)

    book = openpyxl.load_workbook(out)
    movers = [row[0] for row in book["户变动"].iter_rows(min_row=2, values_only=True)]
    assert "entries that differ 条目差异: 1" in told
    assert "95分起" in told
    assert f"{len(movers)} households and 0 loans move" in told
    assert movers
