"""`grant`, `standings` and `lines` as a user runs them; a village's file says what the service says."""

from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from app.api.app import create_app
from app.bootstrap import effects, estimators
from app.cli.main import app
from app.db.store import open_store
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.services.desk import Desk
from app.services.importing import import_ledger
from app.settings import ROOT, Settings
from app.simulation import CountySpec, simulate
from tests.api.client import Client
from tests.api.conftest import DAY, MOMENT


@pytest.fixture(scope="module", name="file")
def _file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("grants") / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=5, loans=200, until=DAY)).ledger)
    return file


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(
        app, [str(word) for word in words], catch_exceptions=False, env={"COLUMNS": "160"}
    )
    assert done.exit_code == 0, done.output
    return done.output


def _township(file: Path) -> str:
    sheet = openpyxl.load_workbook(file, read_only=True)["农户"]
    heading, *rows = sheet.iter_rows(values_only=True)
    codes = sorted(str(row[heading.index("村编码")])[:9] for row in rows)
    return max(codes, key=codes.count)


@pytest.mark.parametrize("pack", ["yanchi", "yanchi_1531"])
def test_command_and_route_say_the_same(file: Path, tmp_path: Path, sqlite_url: str, pack: str) -> None:
    place, out = _township(file), tmp_path / "grants.xlsx"
    desk = Desk(
        store=open_store(sqlite_url), settings=Settings(), clock=lambda: MOMENT, new_id=lambda: "D",
        estimators=estimators(ROOT / "models"), effects=effects(ROOT / "models"),
    )  # fmt: skip
    lags = {lag.code: lag.now.days for lag in desk.policies.get(pack).at(DAY).knowledge}
    import_ledger(desk.store, file, imported_on=DAY, lags=lags, limits=FileLimits())

    run("grant", "--village", place, "--as-of", str(DAY), "--policy", pack, "--ledger", file, "--out", out)
    route = f"/villages/{place}/grants?as_of={DAY}&policy={pack}&limit=1000"
    page = Client(create_app(desk)).get(route).json()

    heading, *rows = openpyxl.load_workbook(out)["整村授信"].iter_rows(values_only=True)
    at = {name: number for number, name in enumerate(heading)}
    told = [
        (
            row[at["户编号"]], row[at["信用等级"]], row[at["评级得分"]], row[at["评级授信额度(元)"]],
            row[at["可授信额度(元)"]], row[at["年利率(%)"]],
        )
        for row in rows
    ]  # fmt: skip
    assert len(told) > 3
    assert told == [
        (
            row["household_id"], row["grade"], row["points"], row["limit"] / 100,
            row["limit_offered"] / 100, row["annual_rate"] and row["annual_rate"] / 10_000,
        )
        for row in page["items"]
    ]  # fmt: skip


def test_standings_are_counted_and_written(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "standings.xlsx"

    said = run("standings", "--as-of", str(DAY), "--policy", "yanchi_1531", "--ledger", file, "--out", out)

    assert "信用村" in said
    levels = {
        row[0] for row in openpyxl.load_workbook(out)["信用村镇"].iter_rows(min_row=2, values_only=True)
    }
    assert levels == {"组", "村", "乡镇"}


def test_lines_are_counted_and_a_draw_is_answered_with_its_clause(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "lines.xlsx"
    run("lines", "--as-of", str(DAY), "--ledger", file, "--out", out)
    heading, *rows = openpyxl.load_workbook(out)["授信使用"].iter_rows(values_only=True)
    ended = next(row[0] for row in rows if row[heading.index("已到期")] == "是")

    said = run("lines", "--as-of", str(DAY), "--ledger", file, "--draw", f"{ended}=1000")

    assert "不符合 refused" in said
    assert "3年内随用随取" in said
