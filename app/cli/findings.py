"""`findings`: conspicuous loans, each with the rule and the evidence."""

from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from app.cli.facts import AsOf, LedgerFile, Out, Pack, facts_for
from app.cli.progress import console
from app.domain.money import yuan_text
from app.ledgerfile.writing import write_workbook
from app.services.finding_sheets import KINDS, findings_sheets
from app.services.loan_findings import FindingKind, Found, loan_findings

Kind = Annotated[FindingKind | None, typer.Option(help="one kind only; all when left out 类别")]


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command()(findings)


def findings(
    out: Out,
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
    kind: Kind = None,
) -> None:
    """Find anomalies, breaches and what is to be watched among the loans, as recorded 异常贷款排查."""
    with facts_for(ledger, as_of, policy) as facts:
        found = loan_findings(
            facts.desk.store, facts.frames, as_of=facts.as_of, policy=facts.policy, kind=kind
        )
        write_workbook(out, findings_sheets(found, facts.frames.as_of(facts.as_of)["places"]))
    console.print(_table(found))
    if found.unchecked:
        console.print(f"{found.unchecked:,} loans are older than the rules 笔贷款早于规则，未检查")
    if found.nameless:
        console.print(f"{found.nameless:,} borrowers without person record 名借款人没有人员信息，未比对")
    console.print(f"{found.rows.height:,} findings 项 -> {out}")


def _table(found: Found) -> Table:
    table = Table("kind 类别", "finding 问题", "loans 笔", "amount 金额(元)", "balance 余额(元)")
    table.columns[1].overflow = "fold"
    table.title = f"findings 异常排查 {found.policy} · {found.as_of}"
    counted = found.rows.group_by("kind", "finding").agg(pl.len(), pl.col("amount", "balance").sum())
    by_code = {row["finding"]: row for row in counted.iter_rows(named=True)}
    for code, kind, zh in dict.fromkeys((c.finding, c.kind, c.zh) for c in found.checks):
        row = by_code.get(code, {"len": 0, "amount": 0, "balance": 0})
        amounts = (yuan_text(row["amount"]), yuan_text(row["balance"]))
        table.add_row(KINDS[kind], zh, f"{row['len']:,}", *amounts)
    return table
