"""The commands of `xindeng`; each has `--help`."""

import sys

import typer

from app.cli import (
    advice,
    calendar,
    courses,
    demo,
    explaining,
    findings,
    funds,
    granting,
    ladder,
    ledger,
    limits,
    models,
    policies,
    report,
    schedule,
    scoring,
    serving,
    societies,
    subsidy,
    training,
    watch,
)
from app.cli.progress import console
from app.domain.errors import XindengError

app = typer.Typer(
    name="xindeng",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="信灯 Xindeng: early warning and credit scoring for small rural loans.",
)
for module in (
    ledger,
    scoring,
    granting,
    funds,
    calendar,
    schedule,
    societies,
    subsidy,
    limits,
    ladder,
    courses,
    serving,
    training,
    advice,
    demo,
    explaining,
    findings,
    report,
):
    module.register(app)
app.add_typer(policies.app, name="policies")
app.add_typer(models.app, name="models")
app.add_typer(watch.app, name="watch")


def main(arguments: list[str] | None = None) -> None:
    """This function will run one command; an expected error is told in both languages, with exit code 1."""
    try:
        app(arguments)
    except XindengError as error:
        console.print(f"[bold red]错误[/] {error.problem.zh}", highlight=False)
        console.print(f"[bold red]error[/] {error.problem.en}", highlight=False)
        sys.exit(1)
