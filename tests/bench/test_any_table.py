from pathlib import Path
from statistics import fmean

import numpy as np
import polars as pl
import pytest
from typer import Typer
from typer.testing import CliRunner

from bench import any_table
from bench.table_match import Held, difference, lines, peer_on
from bench.table_peers import PEERS, Peer, logistic
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

    assert first.figures["auc"] != second.figures["auc"]
    assert any_table.line("one", [first, second])[:2] == ["one", "120"]


def test_peers_are_refitted_on_the_same_folds_and_those_not_installed_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runs = list(any_table.measure(invented(120).drop("no", "sex"), 1))
    absent = Peer(name="nobody", fit=logistic, package="no_such_package")
    plain = [peer for peer in PEERS if peer.package is None and "tuned" not in peer.name]

    any_table.show_peers("one", runs, [*plain, absent])

    shown = capsys.readouterr().out
    assert all(peer.name in shown for peer in plain)
    assert "nobody was not measured, no_such_package is not installed" in shown


def test_the_tuned_peer_learns_something() -> None:
    runs = list(any_table.measure(invented(120).drop("no", "sex"), 1))
    tuned = next(peer for peer in PEERS if peer.name == "LightGBM tuned")

    found = peer_on(tuned, runs[0].table, runs[0].folds[:1])

    assert found.each("auc")[0] > 0.5


def test_differences_are_paired_and_wider_than_folds_alone_say() -> None:
    ours, other = [0.80, 0.82, 0.78, 0.81, 0.79], [0.79, 0.80, 0.78, 0.79, 0.79]

    found = difference(ours, other, 5)

    apart = np.array(ours) - np.array(other)
    assert found.value == pytest.approx(0.01)
    half = 2.7764451 * np.sqrt(apart.var(ddof=1) * (1 / 5 + 1 / 4))
    assert found.high - found.value == pytest.approx(half)
    assert found.low < 0 < found.high


def test_the_best_of_the_others_is_marked() -> None:
    rng = np.random.default_rng(0)
    bad = tuple((rng.random(60) < 0.4).astype(float) for _ in range(4))
    good, poor = (tuple(np.clip(0.5 + s * (y - 0.5) + 0.2 * rng.normal(size=60), 0.01, 0.99) for y in bad)
                  for s in (0.5, 0.1))  # fmt: skip
    ours, others = Held(name="ours", pd=good, bad=bad), [Held(name=n, pd=p, bad=bad) for n, p in
                                                          (("good", good), ("poor", poor))]  # fmt: skip

    shown = list(lines(ours, others, 4))

    assert [row[0] for row in shown] == ["ours", "good *", "poor"]
    assert float(shown[0][1]) == pytest.approx(fmean(ours.each("auc")), abs=1e-4)
    assert shown[1][5].startswith("+0.0000")
    assert shown[2][5].startswith("+0.")
