"""`score FILE`: appraise the applications of a ledger file without touching the database."""

import json
from collections.abc import Sequence
from datetime import date, datetime
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
from app.services.choosing import households_by_pack, lags_of
from app.services.desk import Desk


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
    lags_of(chosen, policy, chosen.today())  # whether one reading of the file fits all packs
    pack = chosen.policies.get(policy or chosen.settings.policy)
    with progress_bars() as report, desk_of_file(file, pack, report) as (desk, frames):
        day = as_of.date() if as_of else desk.today()
        applicants = frames.as_of(day)["applications"].get_column("household_id").unique().sort().to_list()
        parts = households_by_pack(desk, applicants, as_of=day, policy=policy)
        return [answer for name, part in parts.items() for answer in _scored(desk, part, day, name)]


def _scored(desk: Desk, households: Sequence[str], day: date, policy: str) -> list[Answer]:
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=day, households=households)
    return run_score(desk, frames.as_of(day), as_of=day, policy=policy)


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
