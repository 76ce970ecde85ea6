"""`policies`: whether packs are sound and say what their cases want, what they say, what one changes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli.packs import pack_at
from app.cli.policy_diff import diff
from app.cli.policy_show import show
from app.cli.progress import console
from app.domain.errors import PolicyError
from app.policy.cases import Checked, check_cases
from app.policy.policy import PACKS, Policy, policies

app = typer.Typer(no_args_is_help=True, help="policy packs 政策包")


@app.callback()
def packs() -> None:
    """Look after policy packs."""


app.command()(show)
app.command()(diff)


@app.command()
def check(
    packs: Annotated[list[str] | None, typer.Argument(help="names or folders; all when left out")] = None,
) -> None:
    """Load packs strictly and try their cases; the first mistake is named with file and line."""
    table = Table("pack 政策包", "extends", "entries 条目", "cases 案例", "changes 变更日", "sha256")
    for name in packs or policies():
        folder = Path(name) if Path(name).is_dir() else PACKS / name
        policy = pack_at(name)
        cases = list(check_cases(policy, folder))
        _refuse_wrong(cases)
        _row(table, policy, len(cases))
    console.print(table)


def _refuse_wrong(cases: Sequence[Checked]) -> None:
    wrong = next((case for case in cases if not case.holds), None)
    if wrong is not None:
        place, name = f"{wrong.line.file.name}, line {wrong.line.number}", wrong.case.name
        raise PolicyError(
            zh=f"{place}：案例“{name}”在 {wrong.day} 应为 {wrong.wanted}，实为 {wrong.found}",
            en=f"{place}: the case {name!r} wants {wrong.wanted} on {wrong.day}, and finds {wrong.found}",
        )


def _row(table: Table, policy: Policy, cases: int) -> None:
    pack = policy.pack
    entries = sum(len(section) for section in dict(pack).values() if isinstance(section, dict))
    changes, sha256 = str(len(policy.changes)), policy.content_hash[:16]
    table.add_row(f"{pack.name} {pack.zh}", pack.extends or "-", str(entries), str(cases), changes, sha256)
