"""`policies show`: the rules of a pack in force on a day, in plain words, with where each comes from."""

from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Final

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from app.bootstrap import make_desk, settings
from app.cli.facts import AsOf
from app.cli.packs import pack_at
from app.cli.progress import console
from app.domain.errors import InvalidValueError
from app.ledgerfile.writing import write_workbook
from app.policy.figures import IdentityValue, identity_findings
from app.policy.pack import SECTIONS
from app.policy.phrases import Text
from app.policy.presentation import SECTION_NAMES, RuleRow, rule_rows
from app.services.labels import LABELS
from app.services.rule_sheets import findings_sheet, rules_sheet

_CODE, _DATES = 22, 10  # characters


class Tongue(StrEnum):
    """In which language rules are told."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


def show(
    pack: Annotated[str, typer.Argument(help="name of a pack, or its folder 政策包")],
    on: AsOf = None,
    section: Annotated[str | None, typer.Option(help="one section only, e.g. eligibility")] = None,
    language: Annotated[Tongue, typer.Option(help="language of the rules 语言")] = Tongue.BOTH,
    out: Annotated[Path | None, typer.Option(help="write them as a workbook instead .xlsx")] = None,
) -> None:
    """Show the rules in force on a day with their citations 列出某日有效的规则及出处."""
    policy = pack_at(pack)
    day = on.date() if on else make_desk(settings()).today()
    rows = rule_rows(policy, day, LABELS, section=_known(section))
    findings = identity_findings(policy.at(day)) if section in {None, "identities"} else ()
    if out is not None:
        write_workbook(out, [rules_sheet(rows, language.value), findings_sheet(findings, language.value)])
        console.print(f"{len(rows)} rules -> {out}")
        return
    console.print(f"[bold]{policy.name}[/] {policy.pack.zh} · {policy.pack.en} · {day}", highlight=False)
    for name, entries in groupby(rows, key=attrgetter("section")):
        console.print(_table(SECTION_NAMES[name], entries, language))
    _tell_findings(findings)


def _known(section: str | None) -> str | None:
    if section is None or section in SECTIONS:
        return section
    raise InvalidValueError(
        zh=f"没有“{section}”部分；有：{'、'.join(SECTIONS)}",
        en=f"there is no section {section!r}; there are: {', '.join(SECTIONS)}",
    )


def _table(title: Text, rows: Iterable[RuleRow], language: Tongue) -> Table:
    table = Table(
        title=f"{title.zh} {title.en}", title_justify="left", box=box.SIMPLE_HEAD, show_lines=False,
        title_style="bold", expand=True, pad_edge=False,
    )  # fmt: skip
    table.add_column("code 代码", width=_CODE, overflow="fold")
    table.add_column("rule 规则", ratio=2, overflow="fold")
    table.add_column("from–to 起止", width=_DATES)
    table.add_column("source 依据", ratio=1, overflow="fold")
    for row in rows:
        dates = f"{row.since}\n{row.until or '…'}"
        table.add_row(_code(row), _said(row, language), dates, _source(row, language))
    return table


def _code(row: RuleRow) -> str:
    return row.code if row.inherited_from is None else f"{row.code}\n[dim]← {row.inherited_from}[/]"


def _said(row: RuleRow, language: Tongue) -> str:
    zh, en = (f"[bold]{escape(name)}[/] · {escape(says)}" for name, says in _both(row))
    return {Tongue.ZH: zh, Tongue.EN: en, Tongue.BOTH: f"{zh}\n{en}"}[language]


def _both(row: RuleRow) -> Iterable[tuple[str, str]]:
    return (row.zh, row.says.zh), (row.en, row.says.en)


_STYLES: Final = {"cited": "green", "derived": "cyan", "design": "yellow", "unverified": "red"}


def _source(row: RuleRow, language: Tongue) -> str:
    mark = {Tongue.ZH: row.mark.zh, Tongue.EN: row.mark.en}.get(language, f"{row.mark.zh} {row.mark.en}")
    where = " ".join(part for part in (row.document, row.clause) if part)
    note = f"[dim]{escape(row.note)}[/]" if row.note else ""
    lines = [f"[{_STYLES[row.kind]}]{mark}[/]", escape(where), note]
    return "\n".join(line for line in lines if line)


def _tell_findings(findings: Iterable[IdentityValue]) -> None:
    for found in findings:
        where = f"{found.reference.document} {found.reference.clause}".strip()
        sums = f"{found.computed:,f} ≠ {found.printed:,f}"
        said = escape(f"{found.zh} {found.en}: {sums} ({where})")
        console.print(f"[red]数字不符 does not add up[/] {said}", highlight=False)
