"""`watch`: drift, warning quality, and where opinions differ 监测."""

from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap import make_desk, settings
from app.cli.facts import AsOf, Pack
from app.cli.progress import console
from app.cli.sheets import tell
from app.services.quality import quality as run_quality
from app.services.watch_sheets import drift_sheets, quality_sheets, swap_sheets
from app.services.watching import drift as run_drift
from app.services.watching import swaps as run_swaps

app = typer.Typer(no_args_is_help=True, help="watch the learned opinion and the warnings 监测")
OutFile = Annotated[Path | None, typer.Option("--out", help="also write a workbook 输出文件 .xlsx")]


@app.command()
def drift(as_of: AsOf = None, policy: Pack = None, out: OutFile = None) -> None:
    """Compare the last year's loans with earlier years' and with those learnt from; outcomes 漂移."""
    desk = make_desk(settings())
    day = as_of.date() if as_of else desk.today()
    found = run_drift(desk, desk.policies.get(policy or desk.settings.policy).at(day), as_of=day)
    for note in found.notes:
        console.print(f"{note.zh}\n{note.en}", highlight=False)
    tell(drift_sheets(found), out)


@app.command()
def quality(as_of: AsOf = None, policy: Pack = None, out: OutFile = None) -> None:
    """Judge past warnings: lead time, hits, misses, false alarms per visit 预警质量."""
    desk = make_desk(settings())
    day = as_of.date() if as_of else desk.today()
    found = run_quality(desk, desk.policies.get(policy or desk.settings.policy).at(day), as_of=day)
    tell(quality_sheets(found), out)
    console.print(
        f"loans matured since 自此日起到期 {found.since}; restructured before maturity, not judged "
        f"到期前已展期续贷、不计 {found.restructured:,}; some were repaid because they were warned "
        "误报中含因预警而还清者"
    )


@app.command()
def swaps(as_of: AsOf = None, policy: Pack = None, out: OutFile = None) -> None:
    """Show where the 631 and the champion differ, and the champion and its challengers 分歧与换入换出."""
    desk = make_desk(settings())
    day = as_of.date() if as_of else desk.today()
    found = run_swaps(desk, desk.policies.get(policy or desk.settings.policy).at(day), as_of=day)
    tell(swap_sheets(found), out)
