"""`grant`, `standings` and `lines`: whole-village granting, credit standings, credit lines."""

from typing import Annotated

import typer
from rich.table import Table

from app.cli.facts import AsOf, LedgerFile, Out, Pack, facts_for
from app.cli.progress import console
from app.domain.money import yuan_text
from app.domain.words import Eligibility
from app.ledgerfile.writing import write_workbook
from app.services.grant_rows import grants_sheets
from app.services.granting import Granted, grants_of_frames, totals


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(grant)


def grant(
    out: Out,
    village: Annotated[str, typer.Option(help="village code 村编码 (12 digits), or a township's 9 digits")],
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
) -> None:
    """Grant to a whole village: grade, limit, rate and result of every household, with the clauses."""
    with facts_for(ledger, as_of, policy) as facts:
        granted = grants_of_frames(facts.frames, village, as_of=facts.as_of, rules=facts.rules)
    write_workbook(out, grants_sheets(granted))
    console.print(_counts(granted))
    console.print(f"{granted.households:,} households 户 -> {out}")


def _counts(granted: Granted) -> Table:
    counted = totals(granted.rows)
    table = Table("result 结论", "households 户", title=f"grants 整村授信 {granted.place} · {granted.as_of}")
    for word in Eligibility:
        table.add_row(f"{word.zh} {word.value}", f"{counted[word.value]:,}")
    table.add_row("可授信额度合计(元) limits offered", yuan_text(counted["limit_offered"]))
    return table
