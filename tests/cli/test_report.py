"""`report` as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import docx
import openpyxl

from app.cli.ledger import LAST_DAY
from app.ledgerfile.writing import write_ledger
from app.simulation import CountySpec, simulate


def test_a_month_s_report_is_written_from_a_ledger_file(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=5, loans=120, until=LAST_DAY.date())).ledger)
    words = [
        "report",
        "monthly",
        "--as-of",
        f"{LAST_DAY:%Y-%m-%d}",
        "--ledger",
        file,
        "--out",
        tmp_path / "月报",
    ]

    done = subprocess.run(
        [sys.executable, "-c", "from app.cli.main import main; main()", *map(str, words)],
        env={**os.environ, "XINDENG_DATABASE_URL": sqlite_url, "COLUMNS": "160"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "overdue 逾期" in done.stdout
    book = next((tmp_path / "月报").glob("*.xlsx"))
    assert openpyxl.load_workbook(book).sheetnames[:4] == ["汇总", "分乡镇", "分村", "分银行"]
    assert docx.Document(str(book.with_suffix(".docx"))).paragraphs[0].text == "模拟县2025年9月"
