"""`schedule`, `fees`, `recovery`: plans of repayment, the work stations' fee, and what came back."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer

from app.bootstrap import make_desk, settings
from app.cli.facts import DAY, AsOf, LedgerFile, Pack, facts_for
from app.cli.progress import console
from app.cli.sheets import tell
from app.domain.ledger import BY_NAME
from app.domain.ledger.columns import Column, code, count, flag, money, rate
from app.domain.money import FEN_PER_YUAN, MAX_FEN, PPM, fen
from app.domain.words import RepaymentMethod
from app.ledgerfile.writing import Sheet
from app.portfolio.fees import last_quarter, station_fees
from app.portfolio.recovery import recovery as measured
from app.portfolio.schedules import Reckoning, ScheduleError, is_usual, maturity, schedules, unplanned
from app.portfolio.scheme import parameter

Day = Annotated[datetime | None, typer.Option(formats=DAY, help="first day 放款日期")]
OutFile = Annotated[Path | None, typer.Option("--out", help="the workbook to write 输出文件 .xlsx")]
_DAYS: Final = "interest_days_a_year"
_PLAN: Final = BY_NAME["repayments_due"]
_NUMBERED: Final = (*_PLAN.columns, count("number", "期次"), money("balance", "还后余额(元)"))
_FEES: Final = (
    code("township_code", "乡镇编码"),
    count("loans", "贷款笔数"),
    money("principal", "回收本金(元)"),
    money("interest", "回收利息(元)"),
    money("fee_principal", "本金手续费(元)"),
    money("fee_interest", "利息手续费(元)"),
    money("fee", "手续费合计(元)"),
)
_RECOVERY: Final = (
    code("township_code", "乡镇编码"),
    money("due", "本期到期本金(元)"),
    money("recovered_of_due", "其中已收回(元)"),
    rate("recovery_rate", "回收率(%)"),
    flag("recovery_met", "回收率达标"),
    money("recovered", "本期收回本金(元)"),
    money("lent", "本期投放(元)"),
    money("lent_again", "其中再贷(元)"),
    rate("relending_rate", "再贷率(%)"),
    flag("relending_met", "再贷率达标"),
)


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(schedule)
    app.command()(fees)
    app.command()(recovery)


def schedule(  # noqa: PLR0913, PLR0917 - one option a term of the loan
    amount: Annotated[str | None, typer.Option(help="yuan 贷款金额(元)")] = None,
    annual_rate: Annotated[str | None, typer.Option("--rate", help="per cent a year 年利率(%)")] = None,
    start: Day = None,
    months: Annotated[int | None, typer.Option(min=1, max=360, help="term 期限(月)")] = None,
    method: Annotated[RepaymentMethod, typer.Option(help="还款方式")] = RepaymentMethod.INSTALMENTS,
    per_year: Annotated[int, typer.Option(help="instalments a year 一年还款次数")] = 12,
    days_a_year: Annotated[
        int | None, typer.Option(help="360 or 365 计息年天数; the pack's if left out")
    ] = None,
    settle_day: Annotated[int | None, typer.Option(help="day of interest settlement 结息日")] = None,
    loan_id: Annotated[str, typer.Option("--loan", help="贷款编号")] = "L1",
    as_of: AsOf = None,
    ledger: LedgerFile = None,
    policy: Pack = None,
    out: OutFile = None,
) -> None:
    """Plan the repayment of one loan, or of all loans of a ledger that have no plan (还款计划)."""
    if ledger is not None:
        with facts_for(ledger, as_of, policy) as facts:
            day, loans = facts.as_of, unplanned(facts.frames, as_of=facts.as_of)
    else:
        day, loans = _loan(loan_id, amount, annual_rate, start, months, method)
    days = days_a_year or _pack_days(policy, day, per_year)
    reckoning = Reckoning(days_a_year=days, per_year=per_year, settle_day=settle_day)
    tell([Sheet(name=_PLAN.zh, columns=_NUMBERED, rows=schedules(loans, reckoning))], out)


def _loan(
    loan_id: str,
    amount: str | None,
    annual_rate: str | None,
    start: datetime | None,
    months: int | None,
    method: RepaymentMethod,
) -> tuple[date, pl.DataFrame]:
    if amount is None or annual_rate is None or start is None or months is None:
        raise ScheduleError(
            zh="请写明 --amount、--rate、--start、--months，或用 --ledger 指定台账",
            en="name --amount, --rate, --start and --months, or a ledger with --ledger",
        )
    terms = pl.DataFrame({"loan_id": [loan_id], "disbursed_on": [start.date()], "method": [method.value]})
    return start.date(), terms.with_columns(
        pl.lit(fen(_number(amount)), pl.Int64).alias("amount"),
        pl.lit(int(_number(annual_rate) * PPM / 100), pl.Int64).alias("annual_rate"),
        maturity(months).alias("matures_on"),
    )


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise ScheduleError(zh="金额和利率应为数字", en="amount and rate are numbers") from error
    if not found.is_finite() or abs(found) > MAX_FEN // FEN_PER_YUAN:
        raise ScheduleError(zh="金额或利率超出范围", en="amount or rate is out of range")
    return found


def _pack_days(policy: str | None, day: date, per_year: int) -> int:
    desk = make_desk(settings())
    rules = desk.policies.get(policy or desk.settings.policy).at(day)
    if not is_usual(rules, per_year):
        console.print(f"一年 {per_year} 次不是政策包所列的还款次数，转人工 refer: not what the pack names")
    return int(parameter(rules, _DAYS, as_of=day))


def fees(as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None, out: OutFile = None) -> None:
    """Settle the fees of the townships' work stations for the last whole quarter before the day."""
    with facts_for(ledger, as_of, policy) as facts:
        starts, ends = last_quarter(facts.as_of)
        rules = facts.policy.at(ends)
        rows = station_fees(facts.frames, starts=starts, ends=ends, as_of=facts.as_of, rules=rules)
    tell([_sheet(f"手续费 {starts}—{ends}", _FEES, rows)], out)


def recovery(as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None, out: OutFile = None) -> None:
    """Measure recovery and re-lending of the last whole quarter before the day, by township."""
    with facts_for(ledger, as_of, policy) as facts:
        starts, ends = last_quarter(facts.as_of)
        rules = facts.policy.at(ends)
        rows = measured(facts.frames, starts=starts, ends=ends, as_of=facts.as_of, rules=rules)
    shares = (pl.col("recovery_rate", "relending_rate") * PPM).round(0).cast(pl.Int64)
    tell([_sheet(f"回收再贷 {starts}—{ends}", _RECOVERY, rows.with_columns(shares))], out)


def _sheet(name: str, columns: tuple[Column, ...], rows: pl.DataFrame) -> Sheet:
    return Sheet(name=name, columns=columns, rows=rows)
