"""`score FILE`: appraise the applications of a ledger file without touching the database."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.bootstrap import make_desk, settings
from app.cli.files import desk_of_file
from app.cli.ledger import AsOf, Pack
from app.cli.progress import console, progress_bars
from app.domain.money import yuan_text
from app.services.assessing import Answer
from app.services.assessing import score as run_score


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command()(score)


def score(
    file: Annotated[Path, typer.Argument(help="ledger with 贷款申请, .xlsx or .csv", exists=True)],
    out: Annotated[Path | None, typer.Option(help="write whole answers as JSON lines")] = None,
    as_of: AsOf = None,
    policy: Pack = None,
) -> None:
    """Score every application in a ledger file: rating, estimate and eligibility side by side."""
    answers = _answers(file, as_of, policy)
    if out:
        out.write_text("".join(json.dumps(a, ensure_ascii=False, default=str) + "\n" for a in answers))
    console.print(_table(answers))


def _answers(file: Path, as_of: datetime | None, policy: str | None) -> list[Answer]:
    chosen = make_desk(settings())
    name = policy or chosen.settings.policy
    with progress_bars() as report, desk_of_file(file, chosen.policies.get(name), report) as (desk, frames):
        day = as_of.date() if as_of else desk.today()
        return run_score(desk, frames.as_of(day), as_of=day, policy=name)


def _table(answers: list[Answer]) -> Table:
    table = Table(
        "application 申请", "points 分", "grade 等级", "limit 额度", "pd 违约概率", "eligibility 资格"
    )
    for answer in answers:
        rating, pd = answer["rating"], answer["pd"]["value"]
        limit = rating["limit"]
        table.add_row(
            answer["application_id"], str(rating["points"]), str(rating["grade"]),
            "-" if limit is None else yuan_text(limit), "-" if pd is None else f"{pd:.2%}",
            answer["eligibility"]["result"],
        )  # fmt: skip
    return table
