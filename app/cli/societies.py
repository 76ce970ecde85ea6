"""`groups`, `societies` and `eligibility`: who answers for whom, who is in a society, and who is admitted."""

from typing import Final

import polars as pl
import typer

from app.cli.facts import AsOf, LedgerFile, Pack, facts_for
from app.cli.schedule import OutFile
from app.cli.sheets import tell
from app.domain.ledger.columns import choice, code, count, flag, money, rate, text
from app.domain.money import PPM
from app.domain.words import Eligibility, GroupRole
from app.ledgerfile.writing import Sheet
from app.policy.rules import Rules
from app.portfolio.admission import admissions
from app.portfolio.book import loan_book
from app.portfolio.groups import guarantee_groups, liabilities
from app.portfolio.societies import RATES, society_totals
from app.portfolio.societies import societies as described

_GROUPS: Final = (
    code("group_id", "联保小组编号"),
    count("members", "户数"),
    count("size_wanted", "应有户数"),
    flag("wrong_size", "户数不符"),
    count("leaders", "组长数"),
    flag("wrong_leaders", "组长不符"),
    count("members_elsewhere", "兼入他组户数"),
    count("persons_twice", "一人两户人数"),
    count("loans", "贷款笔数"),
    money("balance", "余额(元)"),
    count("members_late", "逾期户数"),
    count("late_loans", "逾期笔数"),
    money("overdue", "逾期本息(元)"),
)
_LIABILITIES: Final = (
    code("group_id", "联保小组编号"),
    code("household_id", "户编号"),
    choice("role", "组内角色", GroupRole),
    count("loans", "本户贷款笔数"),
    money("balance", "本户余额(元)"),
    money("overdue", "本户逾期本息(元)"),
    money("others_balance", "为他户担保余额(元)"),
    money("others_overdue", "他户逾期本息(元)"),
    rate("others_late_share", "他户逾期笔数占比(%)"),
    text("others_late_loans", "他户逾期贷款"),
)
_COUNTED: Final = (
    count("households", "所在村农户"),
    count("low_income_households", "其中低收入农户"),
    count("members", "入会户数"),
    count("low_income_members", "其中低收入户数"),
    rate("low_income_share", "低收入占比(%)"),
    rate("entry_rate", "入会率(%)"),
    rate("low_income_entry_rate", "低收入农户入会率(%)"),
    money("dues_due", "应缴会费(元)"),
    money("dues_paid", "已缴会费(元)"),
    money("dues_arrears", "欠缴会费(元)"),
    count("members_in_arrears", "欠缴户数"),
    money("fund_balance", "互助金余额(元)"),
    count("members_loans", "社员贷款笔数"),
    money("members_balance", "社员贷款余额(元)"),
    money("members_overdue", "社员逾期本息(元)"),
    money("society_balance", "互助社借款余额(元)"),
)
_ADMITTED: Final = (
    code("application_id", "申请编号"),
    code("household_id", "户编号"),
    money("amount", "申请金额(元)"),
    count("term_months", "申请期限(月)"),
    choice("eligibility", "结论", Eligibility),
    text("decided_by", "依据"),
    text("unclear", "资料不明"),
)


def register(app: typer.Typer) -> None:
    """This function will add the commands."""
    app.command()(groups)
    app.command()(societies)
    app.command()(eligibility)


def groups(as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None, out: OutFile = None) -> None:
    """Check guarantee groups against the pack, and show what each member answers for."""
    with facts_for(ledger, as_of, policy) as facts:
        book = loan_book(facts.frames, as_of=facts.as_of)
        checked = guarantee_groups(facts.frames, book, as_of=facts.as_of, rules=facts.rules)
        owed = liabilities(facts.frames, book, as_of=facts.as_of)
    called = owed.filter(pl.col("others_overdue") > 0).with_columns(
        _ppm("others_late_share"), pl.col("others_late_loans").list.join("、")
    )
    tell(
        [
            Sheet(name="联保小组", columns=_GROUPS, rows=checked),
            Sheet(name="连带责任", columns=_LIABILITIES, rows=called),
        ],
        out,
    )


def societies(
    as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None, out: OutFile = None
) -> None:
    """Describe mutual-aid societies: members, dues, fund, and what members owe."""
    with facts_for(ledger, as_of, policy) as facts:
        book = loan_book(facts.frames, as_of=facts.as_of)
        table = described(facts.frames, book, as_of=facts.as_of, rules=facts.rules)
    sums = society_totals(table)
    one, all_of_them = code("society_id", "互助社编号"), count("societies", "互助社个数")
    tell(
        [
            Sheet(name="互助社", columns=(one, *_COUNTED), rows=table.with_columns(_ppm(*RATES))),
            Sheet(name="互助社合计", columns=(all_of_them, *_COUNTED), rows=sums.with_columns(_ppm(*RATES))),
        ],
        out,
    )


def eligibility(
    as_of: AsOf = None, ledger: LedgerFile = None, policy: Pack = None, out: OutFile = None
) -> None:
    """Say of every application whether the pack's conditions admit it, and which of them decide."""
    with facts_for(ledger, as_of, policy) as facts:
        rows = admissions(facts.frames, as_of=facts.as_of, rules=facts.rules)
        said = rows.with_columns(_named(facts.rules, "decided_by"), _named(facts.rules, "unclear"))
    tell([Sheet(name="准入", columns=_ADMITTED, rows=said)], out)


def _ppm(*names: str) -> pl.Expr:
    return (pl.col(*names) * PPM).round(0).cast(pl.Int64)


def _named(rules: Rules, column: str) -> pl.Expr:
    names = {rule.code: rule.entry.zh for rule in rules.eligibility}
    return pl.col(column).list.eval(pl.element().replace(names)).list.join("；")
