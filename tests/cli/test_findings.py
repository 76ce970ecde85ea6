"""`xindeng findings` as a user runs it on a ledger file."""

from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from app.cli.ledger import LAST_DAY
from app.cli.main import app
from app.ledgerfile.writing import write_ledger
from app.simulation import CountySpec, simulate


@pytest.fixture(name="ledger", scope="module")
def _ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, pl.DataFrame]]:
    county = dict(simulate(CountySpec(seed=5, loans=80, until=LAST_DAY.date())).ledger)
    # two households' borrowers of one phone
    lenders = county["loans"].get_column("borrower_id").unique(maintain_order=True)[:2].implode()
    shared = pl.when(pl.col("person_id").is_in(lenders)).then(pl.lit("00012312312")).otherwise("phone")
    county["persons"] = county["persons"].with_columns(shared.alias("phone"))
    file = tmp_path_factory.mktemp("findings") / "台账.xlsx"
    write_ledger(file, county)
    return file, county


def _run(file: Path, out: Path, *more: str) -> str:
    words = ["findings", "--ledger", str(file), "--out", str(out), "--as-of", f"{LAST_DAY:%Y-%m-%d}", *more]
    done = CliRunner().invoke(app, [*words, "--policy", "national"], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_findings_of_a_ledger_file_are_written_and_counted_on_the_screen(
    ledger: tuple[Path, dict[str, pl.DataFrame]], tmp_path: Path
) -> None:
    out = tmp_path / "findings.xlsx"

    _run(ledger[0], out)

    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["汇总", "异常贷款", "禁止事项", "关注事项", "检查事项", "说明"]
    found = [row[-1] for row in book["异常贷款"].iter_rows(values_only=True)]
    assert "same_phone" in found
    text = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    persons = ledger[1]["persons"]
    for column in ("person_id", "full_name", "phone", "account"):
        assert [value for value in persons.get_column(column).drop_nulls() if value in text] == []


def test_one_kind_is_written_when_asked_for(
    ledger: tuple[Path, dict[str, pl.DataFrame]], tmp_path: Path
) -> None:
    out = tmp_path / "watch.xlsx"

    _run(ledger[0], out, "--kind", "watch")

    assert openpyxl.load_workbook(out).sheetnames == ["汇总", "关注事项", "检查事项", "说明"]
