"""`policies check`: whether the packs are sound."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli.progress import console
from app.features.catalogue import RULE_COLUMNS
from app.policy.policy import Policy, load, policies

app = typer.Typer(no_args_is_help=True, help="policy packs 政策包")


@app.callback()
def packs() -> None:
    """Look after policy packs."""


@app.command()
def check(
    packs: Annotated[list[str] | None, typer.Argument(help="names or folders; all when left out")] = None,
) -> None:
    """Load packs strictly; the first mistake is named with file and line."""
    table = Table("pack 政策包", "extends", "entries 条目", "changes 变更日", "sha256")
    for name in packs or policies():
        _row(table, load(Path(name) if Path(name).is_dir() else name, features=RULE_COLUMNS))
    console.print(table)


def _row(table: Table, policy: Policy) -> None:
    pack = policy.pack
    entries = sum(len(section) for section in dict(pack).values() if isinstance(section, dict))
    table.add_row(
        f"{pack.name} {pack.zh}",
        pack.extends or "-",
        str(entries),
        str(len(policy.changes)),
        policy.content_hash[:16],
    )
