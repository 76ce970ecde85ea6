"""Every measurement at toy size, so that none of them rots; what they find is not judged here."""

import json
from pathlib import Path

from typer import Typer
from typer.testing import CliRunner

from bench import machine, rerating, serving
from bench.__main__ import main
from bench.child import in_child, peak_mib
from bench.databases import POSTGRESQL, SQLITE, Databases
from bench.tables import SHOWN
from bench.targets import judged


def test_the_command_measures_sweeps_on_both_databases(tmp_path: Path) -> None:
    app, out = Typer(), tmp_path / "bench.json"
    app.command()(main)

    result = CliRunner().invoke(app, ["sweep", "--loans", "40", "--out", str(out)])

    assert result.exit_code == 0, result.output
    assert SHOWN["sweep"].title[:20] in result.output
    found = json.loads(out.read_text())
    assert found["machine"]["cores"] > 0
    on_sqlite, on_postgresql = found["sweep"]
    assert (on_sqlite["database"], on_postgresql["database"]) == (SQLITE, POSTGRESQL)
    assert on_sqlite["lights"] == on_postgresql["lights"]
    for line in (on_sqlite, on_postgresql):
        assert 20 < line["loans"] == line["added"] == sum(line["lights"].values())
        assert line["rows"]["repayments"] > line["loans"]
        assert line["peak_mib"] > 50


def test_requests_are_measured_beside_the_peer(postgresql_server: str, tmp_path: Path) -> None:
    lines = serving.measure(Databases(tmp_path, postgresql_server), seconds=0.1, active=30)

    seen = {(line["database"], line["request"], line["connections"]) for line in lines}
    assert len(seen) == len(lines) == 2 * 3 * len(serving.CONNECTIONS)
    for line in lines:
        assert line["of_peer"] > 0
        assert line["product"]["p50_ms"] <= line["product"]["p99_ms"]


def test_rating_again_is_measured_from_facts_to_grades() -> None:
    (line,) = rerating.measure(households=60)

    assert 30 < line["households"] < 120
    assert 0 < line["graded"] <= line["households"]
    assert 0 < line["rating_seconds"] < line["seconds"]


def test_rating_again_has_a_target() -> None:
    lines = [{"households": 99_000, "seconds": 5.1}, {"households": 60, "seconds": 9.0}]

    (verdict,) = judged({"rerating": lines})

    assert (verdict["what"], verdict["verdict"]) == (
        "99,000 households rated again, seconds",
        "not reached",
    )


def test_a_childs_memory_is_its_own() -> None:
    ballast = bytearray(300 * 2**20)

    found = in_child(machine.facts)

    assert found["peak_mib"] < 300 < peak_mib()
    assert len(ballast) > 0


def test_a_target_missed_is_told() -> None:
    line = {"wanted": 100_000, "database": SQLITE, "seconds": 61.0, "peak_mib": 900.0, "times_smallest": 1.0}

    verdicts = {target["what"]: target["verdict"] for target in judged({"sweep": [line]})}

    assert verdicts == {
        "100,000 loans swept on SQLite, seconds": "not reached",
        "100,000 loans swept on SQLite, MiB": "reached",
        "100,000 loans swept on SQLite, cost × smallest": "reached",
    }
