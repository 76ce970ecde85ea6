"""`subsidy` and `subsidy-account`: the year's interest subsidy, and the account that pays it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from app.cli.facts import AsOf, LedgerFile, Pack, facts_for
from app.cli.progress import console
from app.cli.subsidy_sheets import account_sheets, plan_sheets
from app.domain.money import yuan_text
from app.ledgerfile.writing import write_workbook
from app.policy.figures import IdentityValue, identity_values
from app.portfolio.book import loan_book
from app.portfolio.subsidy import DayCount, subsidy_plan
from app.portfolio.subsidy_account import DebitState, PrepaidAccount, prepaid_account
from app.portfolio.subsidy_tables import QUARTER_COLUMNS, beside_printed, opening_balances, quarter_table

Year = Annotated[int, typer.Option(min=2000, max=2100, help="year 年度")]
File = Annotated[Path | None, typer.Option("--out", help="also write a workbook 输出文件 .xlsx")]
_SUMS = ("loans", *QUARTER_COLUMNS, "first_half", "year")


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(subsidy)
    app.command("subsidy-account")(subsidy_account)


def subsidy(
    year: Year,
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
    day_count: Annotated[
        DayCount | None, typer.Option(help="another day count 计息方式 than the pack's")
    ] = None,
    out: File = None,
) -> None:
    """Plan a year's interest subsidy by vintage and quarter, beside what the document prints."""
    with facts_for(ledger, as_of, policy) as facts:
        day, pack = facts.as_of, facts.policy
        plan = subsidy_plan(facts.frames, pack, year=year, as_of=day, day_count=day_count)
        opening = opening_balances(facts.frames, day=date(year, 1, 1), as_of=day)
        unmarked = int(loan_book(facts.frames, as_of=day).get_column("subsidised").null_count())
    printed = beside_printed(plan, pack, year=year, opening=opening)
    checks = identity_values(pack.at(date(year, 12, 31)))
    for key, title in (("vintage", "by vintage 按放款年度"), ("township_code", "by township 按乡镇")):
        console.print(_quarters(plan, key, f"subsidy {year} 贴息 {title} · {pack.name} · {day}"))
    _print_beside(printed, checks)
    if unmarked:
        console.print(
            f"{unmarked:,} loans do not say whether they are subsidised: left out 未注明是否贴息，未计入"
        )
    if out:
        write_workbook(out, plan_sheets(plan, printed, checks))
        console.print(f"{plan.height:,} rows 行 -> {out}")


def _quarters(plan: pl.DataFrame, key: str, title: str) -> Table:
    table = Table("", "loans 笔", "Q1", "Q2", "Q3", "Q4", "Q1+Q2 上半年", "year 全年", title=title)
    for row in quarter_table(plan, key).iter_rows(named=True):
        amounts = [yuan_text(row[name]) for name in _SUMS[1:]]
        table.add_row(str(row[key] or "total 合计"), f"{row['loans']:,}", *amounts)
    return table


def _print_beside(printed: pl.DataFrame, checks: Sequence[IdentityValue]) -> None:
    if printed.height:
        table = Table("printed 文件所列", "sum 文件数", "plan 测算数", "of a whole year 占整年")
        for row in printed.iter_rows(named=True):
            share = "-" if row["share_of_year"] is None else f"{row['share_of_year']:.2%}"
            table.add_row(row["zh"], yuan_text(row["printed"]), yuan_text(row["ours"]), share)
        console.print(table)
    for check in checks:
        if not check.holds:
            console.print(_finding(check), highlight=False)


def _finding(check: IdentityValue) -> str:
    computed, printed, by = map(_plain, (check.computed, check.printed, check.difference))
    where = f"{check.reference.document} {check.reference.clause}"
    return (
        f"[bold]finding 发现[/] {check.zh}：计算 {computed}，文件 {printed}，相差 {by}（{where}）\n"
        f"  {check.en}: computed {computed}, printed {printed}"
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize():,f}"


def subsidy_account(
    year: Year,
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
    bank: Annotated[str | None, typer.Option(help="one bank's loans and account 贷款机构")] = None,
    out: File = None,
) -> None:
    """Follow the prepaid subsidy account: debits per maturing loan, the yearly list, the months ahead."""
    with facts_for(ledger, as_of, policy) as facts:
        account = prepaid_account(facts.frames, facts.policy, year=year, as_of=facts.as_of, bank=bank)
    console.print(_months(account, f"prepaid account 预拨账户 {year} · {facts.policy.name} · {facts.as_of}"))
    states = dict(account.debits.group_by("state").len().rows())
    for word in DebitState:
        console.print(f"{word.zh} {word.value}: {states.get(word.value, 0):,}")
    listed = yuan_text(int(account.listed.get_column("computed").sum()))
    console.print(f"{account.settled_in}月审核 yearly list: {account.listed.height:,} loans 笔, {listed} 元")
    if account.short_in:
        month, lacking = f"{account.short_in:%Y-%m}", yuan_text(account.lacking)
        console.print(f"[bold red]does not suffice 余额不足[/] {month}: {lacking} 元 is lacking")
    if out:
        write_workbook(out, account_sheets(account))
        console.print(f"-> {out}")


def _months(account: PrepaidAccount, title: str) -> Table:
    names = ("opening", "paid_in", "debited", "expected", "closing")
    table = Table("month 月", "月初", "paid in 拨入", "debited 已扣", "expected 待扣", "月末", title=title)
    for row in account.months.iter_rows(named=True):
        table.add_row(f"{row['month']:%Y-%m}", *(yuan_text(row[name]) for name in names))
    return table
