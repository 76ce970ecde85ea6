"""`grant`, `standings` and `lines`: whole-village granting, credit standings, credit lines."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer
from rich.table import Table

from app.cli.facts import AsOf, LedgerFile, Out, Pack, facts_for
from app.cli.progress import console
from app.domain.errors import InvalidValueError
from app.domain.money import fen, yuan_text
from app.domain.words import Eligibility
from app.ledgerfile.writing import write_workbook
from app.policy.rules import Rules
from app.portfolio.book import loan_book
from app.portfolio.line_sheets import line_totals, lines_sheet
from app.portfolio.lines import check_draws, line_states
from app.services.clauses import clause
from app.services.grant_rows import grants_sheets
from app.services.granting import Granted, grants_of_frames, totals
from app.services.standing import Level, standings_of, standings_sheet

_LABELS: Final = (
    ("lines", "授信 lines"),
    ("usable", "有效 usable"),
    ("expired", "已到期 expired"),
    ("overdrawn", "超额度 overdrawn"),
    ("overdrawn_by_cut", "其中因调减额度 by a cut of the limit"),
    ("drawn_after_expiry", "到期后支用 drawn after expiry"),
)
_SUMS: Final = (
    ("credit_limit", "有效授信额度(元) limits"),
    ("drawn", "已用(元) drawn"),
    ("available", "可用(元) available"),
)


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(grant)
    app.command()(standings)
    app.command()(lines)


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


def standings(
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
    within: Annotated[str, typer.Option(help="division code or its beginning; all when left out")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="the workbook to write 输出文件 .xlsx")] = None,
) -> None:
    """Give groups, villages and townships their credit standing from their households and loans."""
    with facts_for(ledger, as_of, policy) as facts:
        rules = facts.rules
        places = standings_of(facts.frames, as_of=facts.as_of, rules=rules, within=within)
    if out:
        write_workbook(out, [standings_sheet(places, rules)])
    console.print(_standing_counts(places, rules))


def _standing_counts(places: pl.DataFrame, rules: Rules) -> Table:
    table = Table("level 层级", "places 个数", "standing 信用称号", "unclear 待评定")
    for level in Level:
        of_level = places.filter(pl.col("level") == level.value)
        named = "、".join(s.entry.zh for s in rules.standings if s.entry.level == level.value)
        holding = of_level["standing"].count()
        unclear = of_level.filter(pl.col("unclear").list.len() > 0).height
        table.add_row(level.zh, f"{of_level.height:,}", f"{named} {holding:,}", f"{unclear:,}")
    return table


def lines(
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="the workbook to write 输出文件 .xlsx")] = None,
    draw: Annotated[
        str | None, typer.Option(help="LINE=YUAN: may so much be drawn? 授信编号=金额(元)")
    ] = None,
) -> None:
    """Tell what every credit line still gives on a day, and whether an amount may be drawn."""
    with facts_for(ledger, as_of, policy) as facts:
        rules, day = facts.rules, facts.as_of
        states = line_states(facts.frames, loan_book(facts.frames, as_of=day), as_of=day, rules=rules)
    if out:
        write_workbook(out, [lines_sheet(states)])
    console.print(_line_counts(states))
    if draw:
        answer = check_draws(states, _asked(draw), as_of=day, rules=rules).row(0, named=True)
        word = next(word for word in Eligibility if word.value == answer["result"])
        reasons = "；".join(_clause(rules, code) for code in answer["decided_by"])
        console.print(f"{draw}: {word.zh} {word.value} {reasons}", highlight=False)


def _line_counts(states: pl.DataFrame) -> Table:
    counted = line_totals(states)
    table = Table("credit lines 授信", "")
    for name, label in _LABELS:
        table.add_row(label, f"{counted[name]:,}")
    for name, label in _SUMS:
        table.add_row(label, yuan_text(counted[name]))
    return table


def _asked(draw: str) -> pl.DataFrame:
    line, _, amount = draw.rpartition("=")
    if not line or not amount.replace(".", "", 1).isdecimal():
        raise InvalidValueError(
            zh="支用应写作“授信编号=金额(元)”", en="a draw is written as LINE=YUAN, e.g. C1=20000"
        )
    return pl.DataFrame({"line_id": [line], "amount": [fen(Decimal(amount))]})


def _clause(rules: Rules, code: str) -> str:
    told = clause(rules, "draw_rules", code)
    reference = told["reference"] or {}
    return f"{told['zh']} / {told['en']}（{reference.get('document', '')} {reference.get('clause', '')}）"
