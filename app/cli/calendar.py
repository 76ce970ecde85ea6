"""`maturities`, `classes`, `feedback`, `duties`: what falls due when and where, and how loans stand."""

from datetime import date, datetime
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from app.cli.calendar_sheets import maturity_sheets
from app.cli.facts import DAY, AsOf, Facts, LedgerFile, Out, Pack, facts_for
from app.cli.progress import console
from app.domain.money import yuan_text
from app.domain.scheme_words import CreditClass
from app.ledgerfile.writing import write_workbook
from app.portfolio.book import loan_book
from app.portfolio.classes import class_totals, classify
from app.portfolio.duties import duties_between, with_done
from app.portfolio.funds import fund_balances
from app.portfolio.maturities import fund_weeks, last_cohort, maturity_calendar, weekly
from app.portfolio.maturity_visits import visits_needed
from app.services.clauses import word_of
from app.services.feedback import feedback as feedback_rows
from app.services.feedback import feedback_sheet

_SHOWN = 8


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(maturities)
    app.command()(classes)
    app.command()(feedback)
    app.command()(duties)


def maturities(
    begin: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="first day; today")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260)] = 52,
    out: Out | None = None,
    ledger: LedgerFile = None,
    policy: Pack = None,
) -> None:
    """Show what falls due by week and township, the peaks, what they mean for funds and visits."""
    with facts_for(ledger, begin, policy) as facts:
        parts = _parts(facts, weeks)
    if out is not None:
        write_workbook(out, maturity_sheets(parts))
    console.print(_weeks(parts["weeks"]))
    short = parts["visits"].filter(pl.col("short") > 0).select("week_from", "township_code").unique().height
    console.print(f"townships and weeks short of visits 走访力量不足的乡镇·周: {short}")


def _parts(facts: Facts, weeks: int) -> dict[str, pl.DataFrame]:
    begin, rules = facts.as_of, facts.rules
    book = loan_book(facts.frames, as_of=begin)
    townships = maturity_calendar(book, rules, begin=begin, weeks=weeks)
    funds = fund_balances(facts.frames, as_of=begin)
    return {
        "weeks": weekly(townships, rules, begin=begin, weeks=weeks),
        "townships": _with_cohort(townships, book, begin, "township_code"),
        "banks": _with_cohort(
            maturity_calendar(book, rules, begin=begin, weeks=weeks, by="bank"), book, begin, "bank"
        ),
        "visits": visits_needed(book, rules, begin=begin, weeks=weeks),
        "funds": fund_weeks(book, funds, rules, begin=begin, weeks=weeks),
    }


def _with_cohort(calendar: pl.DataFrame, book: pl.DataFrame, begin: date, by: str) -> pl.DataFrame:
    cohort = last_cohort(book, begin=begin, by=by).select("place", "cohort_overdue_share")
    return calendar.join(cohort, on="place", how="left", maintain_order="left")


def classes(as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None) -> None:
    """Count loans by class (五级分类)."""
    with facts_for(ledger, as_of, policy) as facts:
        book = loan_book(facts.frames, as_of=facts.as_of)
        totals = class_totals(classify(facts.frames, book, facts.rules, as_of=facts.as_of))
    table = Table("class 类别", "loans 笔数", "balance 余额", "share 占比")
    for word, loans, balance, share in totals.iter_rows():
        name = word_of(CreditClass, word).zh
        table.add_row(
            f"{name} {word}", f"{loans:,}", yuan_text(balance), "-" if share is None else f"{share:.2%}"
        )
    console.print(table)


def feedback(out: Out, as_of: AsOf = None, policy: Pack = None) -> None:
    """Write the sheet for the finance office: loans about to mature, judged and disposed of."""
    with facts_for(None, as_of, policy) as facts:
        rows = feedback_rows(facts.desk, facts.frames, facts.rules, as_of=facts.as_of)
    write_workbook(out, [feedback_sheet(rows)])
    unseen = rows.filter(pl.col("assessed_on").is_null()).height
    console.print(f"{rows.height} loans 笔, {unseen} not assessed 未研判 -> {out}")


def duties(
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="first day 起")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="last day 止")],
    as_of: AsOf = None,
    ledger: LedgerFile = None,
    policy: Pack = None,
) -> None:
    """List duties that fall due between two days, and whether the ledger shows them done."""
    with facts_for(ledger, as_of, policy) as facts:
        due = duties_between(facts.policy, first.date(), last.date())
        told = with_done(due, facts.frames, as_of=facts.as_of)
    table = Table("due 期限", "duty 事项", "by 责任方", "done 完成")
    words = {True: "yes 是", False: "no 否", None: "-"}
    for row in told.iter_rows(named=True):
        table.add_row(f"{row['due_on']}", row["zh"], row["by"], words[row["done"]])
    console.print(table)


def _weeks(weeks: pl.DataFrame) -> Table:
    """The weeks in which most falls due."""
    table = Table(
        "week 周", "loans 笔数", "due 到期金额", "peak 集中还款", title="heaviest weeks 到期最多的周"
    )
    for row in weeks.sort("amount", descending=True).head(_SHOWN).sort("week_from").iter_rows(named=True):
        mark = "●" if row["peak"] else ""
        table.add_row(f"{row['week_from']}", f"{row['loans']:,}", yuan_text(row["amount"]), mark)
    return table
