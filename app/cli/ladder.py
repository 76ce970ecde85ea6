"""`ladder`, `stakes`, `dividends`, `refunds`, `model-households`: a credit county year by year."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from app.cli import ladder_sheets as sheets
from app.cli.facts import AsOf, LedgerFile, Pack, facts_for
from app.cli.progress import console
from app.cli.sheets import tell
from app.domain.money import yuan_text
from app.ledgerfile.writing import Sheet, write_workbook
from app.portfolio.book import loan_book
from app.portfolio.interest_refund import interest_refunds
from app.portfolio.ladder import REASONS
from app.portfolio.models import model_households, model_villages
from app.portfolio.stakes import helper_stakes, loan_stakes
from app.portfolio.ways import DividendState, dividend_state, dividend_watch, entrusted_loans
from app.services.ladders import ladder_limits

File = Annotated[Path | None, typer.Option("--out", help="also write a workbook 输出文件 .xlsx")]
Year = Annotated[int | None, typer.Option(help="year 年度; that of the business day when left out")]
_CREDIT = {
    "rating": "credit households by the pack's rating 信用户：按评级",
    "record": "credit households by their loans, the pack has no rating 信用户：均按时还清（无评级）",
}


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    for command in (ladder, stakes, dividends, refunds):
        app.command()(command)
    app.command("model-households")(models)


def ladder(as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None, out: File = None) -> None:
    """Say how much every household may borrow next on the rolling ladder, and why."""
    with facts_for(ledger, as_of, policy) as facts:
        limits = ladder_limits(facts.frames, facts.rules, as_of=facts.as_of)
    console.print(_steps(limits.rows))
    console.print(_reasons(limits.rows))
    console.print(_CREDIT[limits.credit_by])
    _write([sheets.limits_sheet(limits.rows)], out)


def _steps(rows: pl.DataFrame) -> Table:
    counts = rows.group_by("step", "step_limit").agg(
        pl.len(), pl.col("limit").sum(), pl.col("referred").sum(), pl.col("uplifted_limit").count()
    )  # fmt: skip
    table = Table("step 等级", "households 户", "limits 额度合计", "uplifted 上浮", "referred 转人工")
    for step, _, households, limit, referred, raised in counts.sort("step_limit").iter_rows():
        table.add_row(step or "-", f"{households:,}", yuan_text(limit), f"{raised:,}", f"{referred:,}")
    return table


def _reasons(rows: pl.DataFrame) -> Table:
    counts = dict(rows.get_column("reasons").explode().value_counts().iter_rows())
    table = Table("reason 依据", "households 户")
    for reason, (zh, en) in REASONS.items():
        table.add_row(f"{zh} {en}", f"{counts.get(reason, 0):,}")
    return table


def _write(pages: Sequence[Sheet], out: Path | None) -> None:
    """Write sheets that are too wide for the screen, where a file is asked for."""
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(out, pages)
        console.print(f"written 已写出: {out}")


def stakes(as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None, out: File = None) -> None:
    """Say what each helper answers for, loan by loan and in all."""
    with facts_for(ledger, as_of, policy) as facts:
        loans = loan_stakes(loan_book(facts.frames, as_of=facts.as_of), facts.rules, as_of=facts.as_of)
    helpers = Sheet(name="责任人", columns=sheets.HELPERS, rows=helper_stakes(loans))
    tell([helpers], None)
    _write([helpers, Sheet(name="推荐责任风险金", columns=sheets.STAKES, rows=loans)], out)


def dividends(as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None, out: File = None) -> None:
    """Watch the dividends of loans that others use: due, paid and late, by way and firm."""
    with facts_for(ledger, as_of, policy) as facts:
        state = dividend_state(facts.frames, as_of=facts.as_of, rules=facts.rules)
        entrusted = entrusted_loans(facts.frames, state, as_of=facts.as_of)
    late = state.filter(pl.col("state") == DividendState.LATE.value)
    told = (
        ("用款方式", sheets.WAYS, dividend_watch(state, "use_mode")),
        ("用款企业", sheets.FIRMS, dividend_watch(state, "firm_id")),
        ("逾期未付分红", sheets.DIVIDENDS, late),
        ("非自用贷款台账", sheets.ENTRUSTED, entrusted),
    )
    pages = [Sheet(name=name, columns=columns, rows=rows) for name, columns, rows in told]
    tell(pages[:2], None)
    _write(pages, out)


def models(
    as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None, out: File = None, year: Year = None
) -> None:
    """Choose the model villages and model households of a year."""
    with facts_for(ledger, as_of, policy) as facts:
        day, number = facts.as_of, year or facts.as_of.year
        book = loan_book(facts.frames, as_of=day)
        villages = model_villages(facts.frames, book, facts.rules, as_of=day, year=number)
        households = model_households(facts.frames, book, facts.rules, as_of=day, year=number)
    told = (
        (f"{number}信用示范村", sheets.MODEL_VILLAGES, villages),
        (f"{number}信用示范户", sheets.MODEL_HOUSEHOLDS, households),
    )
    tell([Sheet(name=name, columns=columns, rows=rows) for name, columns, rows in told], out)


def refunds(
    as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None, out: File = None, year: Year = None
) -> None:
    """Say what interest was paid by the year's day and is refunded, and who missed the day."""
    with facts_for(ledger, as_of, policy) as facts:
        day, number = facts.as_of, year or facts.as_of.year
        book = loan_book(facts.frames, as_of=day)
        rows = interest_refunds(facts.frames, book, facts.rules, as_of=day, year=number)
    missed = rows.filter(pl.col("missed") > 0)
    told = ((f"{number}先付后补", rows), (f"{number}未按时付息", missed))
    _write([Sheet(name=name, columns=sheets.REFUNDS, rows=found) for name, found in told], out)
    total = yuan_text(int(rows.get_column("refund").sum()))
    console.print(f"loans 笔数 {rows.height:,} · to refund 应贴息 {total} · missed 未按时 {missed.height:,}")
