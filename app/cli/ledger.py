"""`migrate`, `simulate`, `import` and `sweep`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.bootstrap import file_limits, make_desk, make_store, settings
from app.cli.progress import console, progress_bars
from app.db.migrate import upgrade
from app.domain.words import Light
from app.ledgerfile.writing import write_bad_rows, write_ledger
from app.services.choosing import lags_of
from app.services.importing import ImportResult, import_ledger
from app.services.ports import SweepRecord
from app.services.sweeping import sweeps as run_sweeps
from app.simulation import CountySpec
from app.simulation import simulate as run_simulation

DAY = ["%Y-%m-%d"]
LAST_DAY = datetime(2025, 9, 30)  # noqa: DTZ001 - a business day, no moment
AsOf = Annotated[datetime | None, typer.Option(formats=DAY, help="business day; today when left out")]
Pack = Annotated[str | None, typer.Option(help="policy pack; the deployment's for each place when left out")]


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(migrate)
    app.command()(simulate)
    app.command("import")(import_)
    app.command()(sweep)


def migrate() -> None:
    """Bring the database to the newest schema."""
    chosen = settings()
    make_store(chosen).close()
    upgrade(chosen.database_url)
    console.print("database at the newest schema 数据库结构已就绪")


def simulate(
    out: Annotated[Path, typer.Argument(help="the ledger to write, .xlsx")],
    loans: Annotated[int, typer.Option(min=1, help="loans in the county")] = 3_000,
    seed: Annotated[int, typer.Option(help="same seed, same bytes")] = 1,
    until: Annotated[datetime, typer.Option(formats=DAY, help="last day of the ledger")] = LAST_DAY,
    regime: Annotated[str, typer.Option(help="ordinary, price_collapse, drought, disease")] = "ordinary",
    visits: Annotated[str, typer.Option(help="ordinary, sparse, none")] = "ordinary",
    language: Annotated[str, typer.Option(help="zh or en headings")] = "zh",
) -> None:
    """Simulate a county of invented households and write its ledger as a workbook."""
    spec = CountySpec(seed=seed, loans=loans, until=until.date(), regime=regime, visits=visits)
    county = run_simulation(spec)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_ledger(out, county.ledger, language="en" if language == "en" else "zh")
    rows = sum(frame.height for frame in county.ledger.values())
    console.print(f"simulated county 模拟县: {rows:,} rows in {len(county.ledger)} sheets -> {out}")


def import_(
    file: Annotated[Path, typer.Argument(help="ledger, .xlsx or .csv", exists=True, dir_okay=False)],
    bad_rows: Annotated[Path | None, typer.Option(help="where refused rows go")] = None,
    imported_on: AsOf = None,
    policy: Pack = None,
) -> None:
    """Import a ledger; refused rows come back in a file with the reason of each."""
    desk = make_desk(settings())
    day = imported_on.date() if imported_on else desk.today()
    lags = lags_of(desk, policy, day)
    with progress_bars() as report:
        result = import_ledger(
            desk.store, file, imported_on=day, lags=lags, limits=file_limits(settings()), progress=report
        )
    tell_import(result, _refused(result, file, bad_rows))


def _refused(result: ImportResult, file: Path, chosen: Path | None) -> Path | None:
    """Write what was refused beside the file it came from."""
    if not result.bad:
        return None
    target = chosen or file.with_name(f"{file.stem}.问题行{file.suffix}")
    write_bad_rows(target, result.bad, as_csv=target.suffix == ".csv")
    return target


def tell_import(result: ImportResult, refused: Path | None) -> None:
    """This function will print the totals of an import."""
    if result.already_imported:
        console.print("this file was imported before; nothing changes 该文件已导入，未作改动")
        return
    counts = sorted({name for totals in result.totals.values() for name in totals})
    table = Table("table 表", *counts, title=f"import {result.import_id}")
    for name, totals in result.totals.items():
        table.add_row(name, *(f"{totals.get(count, 0):,}" for count in counts))
    console.print(table)
    if refused:
        console.print(f"refused rows with reasons 问题行: {refused}")


def sweep(
    as_of: AsOf = None,
    policy: Pack = None,
    horizon_days: Annotated[int | None, typer.Option(min=0, help="only loans due within these days")] = None,
) -> None:
    """Assess every active loan as of a business day; a rerun adds nothing."""
    desk = make_desk(settings())
    day = as_of.date() if as_of else desk.today()
    with progress_bars() as report:
        records = run_sweeps(desk, as_of=day, policy=policy, horizon_days=horizon_days, progress=report)
    for record in records:
        tell_sweep(record)


def tell_sweep(record: SweepRecord) -> None:
    """This function will print a sweep's totals, which reconcile, and the shares of the lights."""
    table = Table(
        "light 灯",
        "loans 笔数",
        "share 占比",
        title=f"sweep {record.sweep_id} · {record.as_of} · {record.policy}",
    )
    total = sum(record.lights.values())
    for light in reversed(Light):
        count = record.lights.get(light.value, 0)
        table.add_row(f"{light.zh} {light.value}", f"{count:,}", f"{count / total:.1%}" if total else "-")
    console.print(table)
    console.print(
        f"loans in {record.loans_in:,} = added {record.added:,} + unchanged {record.unchanged:,}"
        f" + quarantined {record.quarantined:,}"
    )
    for challenger, loans in record.shadow_failures.items():
        console.print(
            f"challenger 候选 {challenger} · {loans:,} loans 笔；研判不受影响 no assessment is touched"
        )
