"""`demo`: everything that `make run` shows before it serves; each step skips what is done."""

from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap import settings
from app.cli import ledger
from app.cli.progress import console
from app.settings import ROOT

DEMO_LOANS = 3_000


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command()(demo)


def demo(
    folder: Annotated[Path, typer.Option(help="where the simulated ledger is kept")] = ROOT / "var" / "demo",
    loans: Annotated[int, typer.Option(min=1, help="loans in the simulated county")] = DEMO_LOANS,
) -> None:
    """Migrate, simulate a county's ledger as a workbook, import that very file, and sweep."""
    file = folder / "台账.xlsx"
    console.rule("信灯 Xindeng")
    ledger.migrate()
    if not file.exists():
        ledger.simulate(file, loans=loans, until=ledger.LAST_DAY)
    ledger.import_(file, imported_on=ledger.LAST_DAY)
    ledger.sweep(as_of=ledger.LAST_DAY)
    console.print(
        f"database 数据库: {_shown(settings().database_url)} · as of 基准日 {ledger.LAST_DAY:%Y-%m-%d}"
    )


def _shown(url: str) -> str:
    """Leave out a password."""
    return url.rsplit("@", maxsplit=1)[-1]
