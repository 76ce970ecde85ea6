"""The facts that a command works on: of a ledger file, or of the database; as of a day, under a pack."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap import make_desk, settings
from app.cli.files import desk_of_file
from app.cli.progress import progress_bars
from app.domain.frames import Frames
from app.policy.policy import Policy, Rules
from app.services.choosing import pack_of_all
from app.services.desk import Desk

DAY = ["%Y-%m-%d"]
AsOf = Annotated[datetime | None, typer.Option(formats=DAY, help="business day 基准日; today when left out")]
Pack = Annotated[str | None, typer.Option(help="policy pack 政策包; the deployment's when left out")]
LedgerFile = Annotated[
    Path | None,
    typer.Option("--ledger", exists=True, dir_okay=False, help="ledger 台账; the database when left out"),
]
Out = Annotated[Path, typer.Option("--out", help="the workbook to write 输出文件 .xlsx")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a command sees: all facts of the county (`frames`), the day, and the rules in force on it."""

    desk: Desk
    frames: Frames
    as_of: date
    policy: Policy

    @property
    def rules(self) -> Rules:
        """This function will give the rules in force on the day; raises NoRulesInForceError."""
        return self.policy.at(self.as_of)


@contextmanager
def facts_for(ledger: Path | None, as_of: datetime | None, pack: str | None) -> Iterator[Facts]:
    """This function will read the facts of a ledger file, or of the database where none is named."""
    desk = make_desk(settings())
    day = as_of.date() if as_of else desk.today()
    if ledger is None:
        with desk.store.read() as work:
            frames = work.facts.frames()
        yield Facts(desk=desk, frames=frames, as_of=day, policy=_policy(desk, pack, frames))
        return
    usual = desk.policies.get(pack or desk.settings.policy)
    with progress_bars() as report, desk_of_file(ledger, usual, report) as (of_file, frames):
        yield Facts(desk=of_file, frames=frames, as_of=day, policy=_policy(desk, pack, frames))


def _policy(desk: Desk, pack: str | None, frames: Frames) -> Policy:
    """The pack asked for, or the one of the county whose households these are."""
    return desk.policies.get(pack_of_all(desk, pack, frames))
