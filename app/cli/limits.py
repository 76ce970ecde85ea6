"""`extensions` and `top-ups`: how much longer a loan may run, and how much more a household may owe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
import typer

from app.cli.facts import AsOf, LedgerFile, Pack, facts_for
from app.cli.progress import console
from app.cli.sheets import tell
from app.domain.ledger.columns import Column, choice, code, count, day, money, text
from app.domain.words import Eligibility
from app.ledgerfile.writing import Sheet, write_workbook
from app.policy.rules import Resolved, Rules
from app.portfolio.extension import TermClass, extension_room
from app.portfolio.top_up import SUBSIDISED_CAP, TOTAL_CAP, top_up_room

File = Annotated[Path | None, typer.Option("--out", help="also write a workbook 输出文件 .xlsx")]
_PLACE: Final = (code("township_code", "乡镇编码"), code("village_code", "村编码"))
_SAID: Final = (choice("eligibility", "结论", Eligibility), text("reason", "依据"))
EXTENSIONS: Final = (
    code("loan_id", "贷款编号"),
    code("household_id", "户编号"),
    *_PLACE,
    code("bank", "贷款机构"),
    money("balance", "贷款余额(元)"),
    day("matures_on", "到期日期"),
    day("ask_by", "最迟申请日"),
    count("term_months", "原期限(月)"),
    choice("term_class", "期限类别", TermClass),
    count("times_extended", "已展期次数"),
    count("months_allowed", "累计可展期(月)"),
    count("months_used", "已展期(月)"),
    count("months_left", "尚可展期(月)"),
    day("latest_maturity", "最迟到期日"),
    *_SAID,
)
TOP_UPS: Final = (
    code("household_id", "户编号"),
    *_PLACE,
    count("loans", "未结清笔数"),
    money("balance", "贷款余额(元)"),
    money("room", "尚可追加(元)"),
    money("subsidised_room", "其中可贴息补偿(元)"),
    *_SAID,
)
# too wide for a screen
_IN_THE_FILE: Final = frozenset(
    {"township_code", "village_code", "bank", "ask_by", "term_class", "times_extended"}
)


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(extensions)
    app.command("top-ups")(top_ups)


def extensions(as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None, out: File = None) -> None:
    """List how many months each active loan may still be extended, until when, and by which clause."""
    with facts_for(ledger, as_of, policy) as facts:
        rules = facts.rules
        rows = extension_room(facts.frames, rules, as_of=facts.as_of)
    _tell("展期", rows, EXTENSIONS, rules, out)


def top_ups(as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None, out: File = None) -> None:
    """List how much each household with a loan may still borrow, and how much of it is subsidised."""
    with facts_for(ledger, as_of, policy) as facts:
        rules = facts.rules
        rows = top_up_room(facts.frames, rules, as_of=facts.as_of)
    _tell("追加贷款", rows, TOP_UPS, rules, out)
    for cap in rules.parameter_entries:
        if cap.code in {TOTAL_CAP, SUBSIDISED_CAP}:
            source = f"{cap.now.reference.kind.value} {cap.now.reference.document}".strip()
            console.print(f"{cap.entry.zh} {cap.now.value:,} 元 ({source})", highlight=False)


def _tell(name: str, rows: pl.DataFrame, columns: tuple[Column, ...], rules: Rules, out: Path | None) -> None:
    reasons = pl.col("decided_by").list.eval(pl.element().replace(_clauses(rules))).list.join("；")
    told = rows.with_columns(reasons.alias("reason"))
    shown = tuple(column for column in columns if column.name not in _IN_THE_FILE)
    tell([Sheet(name=name, columns=shown, rows=told)], None)
    if out is not None:
        write_workbook(out, [Sheet(name=name, columns=columns, rows=told)])
        console.print(f"written 已写出: {out}")
    counted = dict(rows.group_by("eligibility").len().rows())
    totals = "，".join(f"{word.zh} {word.value} {counted.get(word.value, 0):,}" for word in Eligibility)
    console.print(f"{rows.height:,} rows 行: {totals}")


def _clauses(rules: Rules) -> Mapping[str, str]:
    """Give each code the words and the clause of what it stands for."""
    entries: tuple[Resolved[Any, Any], ...] = (*rules.action_rules, *rules.parameter_entries)
    return {
        each.code: f"{each.entry.zh}（{each.now.reference.document or each.now.reference.kind.value} "
        f"{each.now.reference.clause}".rstrip()
        + "）"
        for each in entries
    }
