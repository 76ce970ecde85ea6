from pathlib import Path

import polars as pl
from typer import Typer
from typer.testing import CliRunner

from bench import any_table
from tests.scoring.anytable.conftest import invented


def test_the_bench_measures_tables_with_a_target_and_names_the_others(tmp_path: Path) -> None:
    table = invented(120).drop("no", "sex")
    (tmp_path / "deep").mkdir()
    table.rename({"bad": "target"}).write_csv(tmp_path / "deep" / "one.csv")
    table.head(20).write_parquet(tmp_path / "short.parquet")
    pl.DataFrame({"a": [1]}).write_csv(tmp_path / "other.csv")
    app = Typer()
    app.command()(any_table.main)

    done = CliRunner().invoke(app, [str(tmp_path), "--repeats", "2"])

    assert done.exit_code == 0, done.output
    assert "one.csv 0." in done.output
    assert "other.csv: left out" in done.output
    assert "short.parquet: 20 rows" in done.output


def test_repeats_draw_other_folds() -> None:
    table = invented(120).drop("no", "sex")

    first, second = any_table.measure(table, 2)

    assert first["auc"] != second["auc"]
    assert any_table.line("one", [first, second])[:2] == ["one", "120"]
