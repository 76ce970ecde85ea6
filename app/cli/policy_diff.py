"""`policies diff`: what two packs say differently, and who would move in grade, limit or light."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from app.bootstrap import make_desk, settings
from app.cli.facts import AsOf, LedgerFile
from app.cli.files import desk_of_file
from app.cli.packs import pack_at
from app.cli.progress import console, progress_bars
from app.domain.frames import Frames
from app.ledgerfile.writing import write_workbook
from app.policy.differences import Difference, differences
from app.policy.policy import Policy
from app.policy.presentation import RuleRow
from app.services.desk import Desk
from app.services.labels import LABELS
from app.services.move_sheets import Counts, counts, move_sheets, word
from app.services.rerating import Moves, Opinion, PolicyOn, moves

_CODE = 24  # characters


def diff(
    a: Annotated[str, typer.Argument(help="a pack, or its folder 原政策包")],
    b: Annotated[str, typer.Argument(help="another, or the same on another day 新政策包")],
    on: AsOf = None,
    against: AsOf = None,
    ledger: LedgerFile = None,
    out: Annotated[Path | None, typer.Option(help="who moves, as a workbook .xlsx")] = None,
) -> None:
    """Tell what B says differently from A, and who moves if the same facts are judged by B 试行比较.

    A speaks with its rules of --on, B with those of --against; both judge the facts known on --on.
    """
    before, after = pack_at(a), pack_at(b)
    day = on.date() if on else make_desk(settings()).today()
    other = against.date() if against else day
    differing = differences(before, day, after, other, LABELS)
    _tell_entries(differing, f"{before.name} {day}", f"{after.name} {other}")
    sides = PolicyOn.of(before, day), PolicyOn.of(after, other)
    with _facts(ledger, sides[0], day) as (desk, frames):
        opinion = Opinion(estimator=desk.estimators.get("maturity"), effects=desk.effects)
        found = moves(frames, *sides, as_of=day, opinion=opinion)
    _tell_counts(counts(found))
    if out is not None:
        _write(out, differing, found)


@contextmanager
def _facts(ledger: Path | None, policy: Policy, day: date) -> Iterator[tuple[Desk, Frames]]:
    if ledger is not None:
        with progress_bars() as report, desk_of_file(ledger, policy, report) as found:
            yield found
        return
    desk = make_desk(settings())
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=day, provenance=False)
    yield desk, frames


def _write(out: Path, differing: Sequence[Difference], found: Moves) -> None:
    sheets = move_sheets(differing, found)
    write_workbook(out, sheets)
    households, loans = sheets[-2].rows.height, sheets[-1].rows.height
    console.print(f"{households:,} households and {loans:,} loans move -> {out}", highlight=False)


def _tell_entries(differing: Sequence[Difference], before: str, after: str) -> None:
    table = Table(
        title=f"entries that differ 条目差异: {len(differing)}", title_justify="left",
        box=box.SIMPLE_HEAD, expand=True, pad_edge=False,
    )  # fmt: skip
    table.add_column("code 代码", width=_CODE, overflow="fold")
    for heading in (before, after):
        table.add_column(heading, ratio=1, overflow="fold")
    for one in differing:
        table.add_row(f"{one.code}\n[dim]{one.section}[/]", _said(one.before), _said(one.after))
    console.print(table)


def _said(row: RuleRow | None) -> str:
    if row is None:
        return "—"
    mark = f"[dim]{row.mark.zh} {row.mark.en}[/]"
    return f"{escape(row.says.zh)}\n{escape(row.says.en)}\n{mark}"


def _tell_counts(found: Counts) -> None:
    table = Table("what 项目", "A 原", "B 新", "count 数量", title="who moves 变动", title_justify="left")
    for what, before, after, number in found:
        cells = (
            f"{words.zh} {words.en}" if words.zh != words.en else words.zh
            for words in (what, word(before), word(after))
        )
        table.add_row(*cells, f"{number:,}")
    console.print(table)
