"""Artefacts put in service and watched by commands, on both databases."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from app.ledgerfile.writing import write_ledger
from app.simulation import CountySpec, simulate
from tests.services.artefacts import add_copy, add_failing, models_folder

UNTIL_DAY = date(2025, 9, 30)
WATCHED = ("drift", "quality", "swaps")
UNTIL = UNTIL_DAY.isoformat()
SIGNED = ("--by", "op-17", "--approved-by", "op-03", "--reason", "试运行")
Run = Callable[..., list[tuple[int, str]]]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return models_folder(tmp_path / "models")


# One process for all commands: starting one takes longer than most of them.
SCRIPT = """
import contextlib, io, json, sys
from app.cli.main import main
told = []
for arguments in json.loads(sys.argv[1]):
    text, code = io.StringIO(), 0
    with contextlib.redirect_stdout(text):
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code or 0
    told.append([code, " ".join(text.getvalue().split())])
print(json.dumps(told))
"""


def _runner(database_url: str, models: Path, folder: Path) -> Run:
    chosen = {"DATABASE_URL": database_url, "MODELS_DIR": str(models), "POLICY": "yanchi"}
    environment = {**os.environ, "COLUMNS": "200"} | {f"XINDENG_{n}": v for n, v in chosen.items()}

    def commands(*lines: Sequence[str | Path]) -> list[tuple[int, str]]:
        words = [sys.executable, "-c", SCRIPT, json.dumps([[str(word) for word in line] for line in lines])]
        done = subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [(code, text) for code, text in json.loads(done.stdout)]

    return commands


@pytest.fixture
def run_on_each(database_url: str, models: Path, tmp_path: Path) -> Run:
    return _runner(database_url, models, tmp_path)


@pytest.fixture
def run(sqlite_url: str, models: Path, tmp_path: Path) -> Run:
    return _runner(sqlite_url, models, tmp_path)


def test_an_artefact_is_gated_promoted_listed_and_rolled_back(
    run_on_each: Run, models: Path, tmp_path: Path
) -> None:
    run, new_id = run_on_each, add_copy(models, "later")
    shipped = json.loads((models / "maturity" / "manifest.json").read_text())["artefact_id"]
    file, report = tmp_path / "台账.xlsx", tmp_path / "gate.json"
    write_ledger(file, simulate(CountySpec(seed=5, loans=250, until=UNTIL_DAY)).ledger)

    told = run(
        ("import", file, "--imported-on", UNTIL),
        ("models", "gate", new_id, "--as-of", UNTIL, "--out", report),
        ("models", "compare", shipped, "--as-of", UNTIL),
        ("models", "promote", new_id, *SIGNED),
        ("models", "promote", new_id, "--despite-gate", *SIGNED, "--approved-by", "OP-17"),
        ("models", "promote", new_id, "--despite-gate", *SIGNED),
        ("models", "list"),
        ("models", "rollback", "maturity", *SIGNED),
    )

    texts = [text for _, text in told]
    assert [code for code, _ in told] == [0, 0, 0, 1, 1, 0, 0, 0], texts
    assert json.loads(report.read_text())["challenger"] == new_id
    parts = ("not passed", "the 631", "did not pass", "two people", "despite the gate", "op-17", shipped)
    for text, part in zip(texts[1:], parts, strict=True):
        assert part in text


def test_watching_writes_workbooks_or_says_what_is_missing(run: Run, models: Path, tmp_path: Path) -> None:
    file, bad = tmp_path / "台账.xlsx", add_failing(models)
    write_ledger(file, simulate(CountySpec(seed=5, loans=120, until=UNTIL_DAY)).ledger)
    told = run(
        ("import", file, "--imported-on", UNTIL),
        ("watch", "quality", "--as-of", UNTIL),
        ("sweep", "--as-of", "2025-05-31"),
        *(("watch", c, "--as-of", UNTIL, "--out", f"{c}.xlsx") for c in WATCHED),
    )

    assert [code for code, _ in told] == [0, 1, 0, 0, 0, 0], told
    assert "run `sweep` first" in told[1][1]
    assert told[2][1].count(f"challenger 候选 {bad}") == 1
    assert "quarantined 0" in told[2][1]
    assert {path.stem for path in tmp_path.glob("*.xlsx")} >= set(WATCHED)
