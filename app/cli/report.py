"""`report`: the workbook and the bulletin of a month, a quarter or a year."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli.facts import AsOf, LedgerFile, Pack, facts_for
from app.cli.progress import console
from app.documents.bulletin import write_bulletin
from app.documents.content import Language
from app.documents.workbook import write_report
from app.domain.money import yuan_text
from app.portfolio.period import Period
from app.services.reporting import Report, make_report

OutFolder = Annotated[Path, typer.Option("--out", help="folder, or the .xlsx to write 输出文件夹或文件")]


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command()(report)


def report(
    period: Annotated[Period, typer.Argument(help="月统计、季通报、年考核")],
    out: OutFolder = Path(),
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
    language: Annotated[str, typer.Option(help="zh or en headings")] = "zh",
) -> None:
    """Write the report of the month, quarter or year that a day lies in: a workbook and a bulletin.

    The bulletin (通报) is a .docx beside the workbook, in Chinese.
    """
    chosen: Language = "en" if language == "en" else "zh"
    with facts_for(ledger, as_of, policy) as facts:
        made = make_report(
            facts.frames, facts.policy, as_of=facts.as_of, period=period, language=chosen
        )  # fmt: skip
    workbook, paper = _paths(out, made)
    write_report(workbook, made.tables, title=made.title, counted=made.counted, language=chosen)
    write_bulletin(paper, made.bulletin)
    console.print(_totals(made))
    console.print(f"workbook 统计表: {workbook}\nbulletin 通报: {paper}", soft_wrap=True)


def _paths(out: Path, made: Report) -> tuple[Path, Path]:
    workbook = out if out.suffix == ".xlsx" else out / f"{made.file_name}.xlsx"
    workbook.parent.mkdir(parents=True, exist_ok=True)
    return workbook, workbook.with_suffix(".docx")


def _totals(made: Report) -> Table:
    county = made.figures.county.row(0, named=True)
    table = Table("", "loans 笔数", "households 户数", "yuan 元", title=made.title)
    for label, name in (
        ("opening 期初", "opening"),
        ("closing 期末", "closing"),
        ("overdue 逾期", "overdue"),
    ):
        amount = yuan_text(county[f"{name}_amount"])
        table.add_row(label, f"{county[f'{name}_loans']:,}", f"{county[f'{name}_households']:,}", amount)
    return table
