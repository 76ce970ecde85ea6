"""`funds`, `claim`, `insurance`, `firms`: what funds hold and carry, claims on them, entrusted firms."""

from datetime import datetime
from typing import Annotated, Any

import polars as pl
import typer
from rich.table import Table

from app.bootstrap import make_desk, settings
from app.cli.calendar_sheets import FIRM_LOANS
from app.cli.facts import DAY, AsOf, LedgerFile, Out, Pack, facts_for
from app.cli.progress import console
from app.domain.errors import NotFoundError
from app.domain.money import fen, yuan_text
from app.domain.scheme_words import ClaimDecision, ClaimGround
from app.domain.words import Eligibility, FirmState
from app.ledgerfile.writing import Sheet, write_workbook
from app.portfolio.book import loan_book
from app.portfolio.firm_loans import firm_loans, firm_totals
from app.portfolio.fund_outlook import fund_outlook, limit_passed
from app.portfolio.funds import fund_positions
from app.portfolio.insurance import insurance_results, insurance_shares
from app.portfolio.recoveries import recoveries_due
from app.services.claims import Filing, decide_claim, file_claim, judged_claims
from app.services.clauses import word_of

claim_app = typer.Typer(no_args_is_help=True, help="claims on funds 补偿申请")


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(funds)
    app.command()(insurance)
    app.command()(firms)
    app.add_typer(claim_app, name="claim")


def funds(
    as_of: AsOf = None,
    ledger: LedgerFile = None,
    policy: Pack = None,
    months: Annotated[int, typer.Option(min=1, max=60, help="months to look ahead")] = 12,
) -> None:
    """Show each fund's balance, what it carries, and in which month its limit is passed."""
    with facts_for(ledger, as_of, policy) as facts:
        book = loan_book(facts.frames, as_of=facts.as_of)
        positions = fund_positions(facts.frames, book, facts.rules, as_of=facts.as_of)
        outlook = fund_outlook(facts.frames, book, facts.rules, as_of=facts.as_of, months=months)
        due = recoveries_due(facts.frames, facts.rules, as_of=facts.as_of)
    console.print(_positions(positions))
    console.print(_outlook(limit_passed(outlook)))
    outstanding = int(due.get_column("outstanding").sum())
    if outstanding:
        console.print(f"recovered and not yet returned 追偿应返未返 {yuan_text(outstanding)}")


def insurance(as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None) -> None:
    """Settle insurance periods: who bears a loss, what of a profit is returned."""
    with facts_for(ledger, as_of, policy) as facts:
        results = insurance_results(facts.frames, facts.rules, as_of=facts.as_of)
        shares = insurance_shares(results, facts.rules, as_of=facts.as_of)
    table = Table("fund 基金", "period 期间", "result 损益", "borne by 承担", "returned 返还")
    for row in results.iter_rows(named=True):
        own = shares.filter(fund_id=row["fund_id"], covers_from=row["covers_from"])
        borne = "，".join(
            f"{bearer} {yuan_text(part)}" for bearer, part in own.select("bearer", "part").iter_rows()
        )
        returned = yuan_text(row["profit_returned"]) if row["return_printed"] else "not printed 文件未载明"
        table.add_row(
            row["fund_id"],
            f"{row['covers_from']}—{row['covers_to']}",
            yuan_text(row["result"]),
            borne or "-",
            returned,
        )
    console.print(table)


def firms(as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None, out: Out | None = None) -> None:
    """Show the loans that entrusted firms use (户贷企用), firm by firm, with dividends due and paid."""
    with facts_for(ledger, as_of, policy) as facts:
        book = loan_book(facts.frames, as_of=facts.as_of)
        loans = firm_loans(facts.frames, book, facts.rules, as_of=facts.as_of)
    if out is not None:
        write_workbook(out, [Sheet(name="户贷企用台账", columns=FIRM_LOANS, rows=loans)])
    console.print(_firms(firm_totals(loans)))


def _firms(totals: pl.DataFrame) -> Table:
    table = Table(
        "firm 企业", "state 状况", "loans 笔数", "balance 余额", "forbidden 违规", "unpaid 未兑付分红"
    )
    for row in totals.iter_rows(named=True):
        state = "-" if row["firm_state"] is None else word_of(FirmState, row["firm_state"]).zh
        unpaid = row["dividends_unpaid"]
        table.add_row(
            row["firm_id"] or "-", state, f"{row['loans']:,}", yuan_text(row["balance"]),
            f"{row['forbidden']:,}", "-" if unpaid is None else yuan_text(unpaid),
        )  # fmt: skip
    return table


@claim_app.command("file")
def file_(  # noqa: PLR0913, PLR0917 - one option a column of the claim
    claim_id: Annotated[str, typer.Argument(help="补偿申请编号")],
    loan: Annotated[str, typer.Option(help="贷款编号")],
    fund: Annotated[str, typer.Option(help="基金编号")],
    ground: Annotated[ClaimGround, typer.Option(help="补偿事由")],
    principal: Annotated[str, typer.Option(help="损失本金, yuan")],
    interest: Annotated[str, typer.Option(help="损失利息, yuan")] = "0",
    recourse_on: Annotated[datetime | None, typer.Option(formats=DAY, help="追偿开始日期")] = None,
    evidence: Annotated[str | None, typer.Option(help="证明材料")] = None,
    as_of: AsOf = None,
    policy: Pack = None,
) -> None:
    """File a claim; one that a clause refuses is not kept, and the clause is named."""
    desk = make_desk(settings())
    filing = Filing(
        claim_id=claim_id, loan_id=loan, fund_id=fund, ground=ground.value,
        principal=fen(principal), interest=fen(interest),
        recourse_on=recourse_on.date() if recourse_on else None, evidence=evidence,
    )  # fmt: skip
    told, done = file_claim(desk, filing, as_of=as_of.date() if as_of else desk.today(), policy=policy)
    console.print(_claims([told]))
    console.print(f"{done} 已登记" if done != "unchanged" else "nothing changes 未作改动")


@claim_app.command("list")
def list_(as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None) -> None:
    """List claims with what the rules of the day say of them."""
    with facts_for(ledger, as_of, policy) as facts:
        console.print(_claims(judged_claims(facts.frames, facts.rules, as_of=facts.as_of)))


@claim_app.command()
def judge(
    claim_id: Annotated[str, typer.Argument(help="补偿申请编号")],
    decide: Annotated[ClaimDecision | None, typer.Option(help="keep a person's decision")] = None,
    as_of: AsOf = None,
    ledger: LedgerFile = None,
    policy: Pack = None,
) -> None:
    """Judge one claim: each rule that speaks with its clause, and who pays what."""
    if decide and ledger:
        raise typer.BadParameter("a decision is kept in the database, not in a file", param_hint="--decide")
    with facts_for(ledger, as_of, policy) as facts:
        told = judged_claims(facts.frames, facts.rules, as_of=facts.as_of)
        chosen = [claim for claim in told if claim["claim_id"] == claim_id]
        if not chosen:
            raise NotFoundError(zh="没有这项补偿申请。", en="There is no such claim.")
        if decide:
            decide_claim(facts.desk, claim_id, decide, as_of=facts.as_of)
    console.print(_claims(chosen))
    for claim in chosen:
        for rule in claim["rules"]:
            reference = rule["reference"] or {}
            console.print(
                f"{rule['zh']} {rule['en']}: {reference.get('document', '')} {reference.get('clause', '')}"
            )


def _positions(positions: pl.DataFrame) -> Table:
    table = Table(
        "fund 基金",
        "kind 类型",
        "balance 余额",
        "loans 笔数",
        "carried 承载",
        "leverage 倍数",
        "limit 上限",
        "room 余量",
    )
    for row in positions.iter_rows(named=True):
        table.add_row(
            row["fund_id"], row["fund"], yuan_text(row["balance"]), f"{row['loans']:,}",
            yuan_text(row["carried"]), _number(row["leverage"]), _number(row["limit"]),
            "-" if row["room"] is None else yuan_text(row["room"]),
        )  # fmt: skip
    return table


def _outlook(passed: pl.DataFrame) -> Table:
    table = Table("fund 基金", "scenario 情形", "limit passed 超限")
    for row in passed.iter_rows(named=True):
        table.add_row(row["fund_id"], row["scenario"], "-" if row["on"] is None else f"{row['on']:%Y-%m}")
    return table


def _claims(told: list[dict[str, Any]]) -> Table:
    table = Table(
        "claim 申请", "loan 贷款", "overdue 逾期天数", "loss 损失", "result 结论", "rules 规则", "pays 承担"
    )
    for claim in told:
        parts = claim["parts"]
        pays = "not printed 未载明" if parts is None else _pays(parts)
        rules = "；".join(rule["zh"] for rule in claim["rules"]) or "-"
        loss = yuan_text(claim["principal"] + claim["interest"])
        result = word_of(Eligibility, claim["result"]).zh
        table.add_row(
            claim["claim_id"], claim["loan_id"], str(claim["days_overdue"]), loss, result, rules, pays
        )
    return table


def _pays(parts: list[dict[str, Any]]) -> str:
    return "，".join(f"{part['bearer']} {yuan_text(part['amount'])}" for part in parts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
