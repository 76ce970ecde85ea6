"""What must hold within one row, as a table; a sentence says it where it does not.

A rule is passed where one of its values is missing: whether a value must be there is the column's own
matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from app.domain.ledger import Kind, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition on a row (`holds`) and what to say where it is false."""

    holds: pl.Expr
    zh: str


def _later(last: str, first: str, zh: str) -> Rule:
    return Rule(holds=pl.col(last) > pl.col(first), zh=zh)


def _not_before(last: str, first: str, zh: str) -> Rule:
    return Rule(holds=pl.col(last) >= pl.col(first), zh=zh)


def _positive(name: str, zh: str) -> Rule:
    return Rule(holds=pl.col(name) > 0, zh=f"{zh}应大于0")


_RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "household_members": (
        _not_before("joined_on", "born_on", "登记日期早于出生日期"),
        _not_before("left_on", "joined_on", "离户日期早于登记日期"),
    ),
    "insurance": (
        _not_before("ends_on", "starts_on", "终保日期早于起保日期"),
        _not_before("paid_out_on", "starts_on", "理赔日期早于起保日期"),
    ),
    "credit_marks": (_not_before("cleared_on", "marked_on", "解除日期早于列入日期"),),
    "guarantee_groups": (_not_before("left_on", "joined_on", "退出日期早于加入日期"),),
    "fund_movements": (_positive("amount", "金额"),),
    "prices": (_positive("price", "价格"),),
    "applications": (_positive("amount", "申请金额"), _positive("term_months", "申请期限")),
    "credit_lines": (_later("expires_on", "granted_on", "授信到期日应晚于授信日期"),),
    "loans": (
        _positive("amount", "贷款金额"),
        _later("matures_on", "disbursed_on", "到期日期应晚于放款日期"),
        Rule(holds=pl.col("continues_loan_id") != pl.col("loan_id"), zh="原贷款编号不能是本笔贷款"),
    ),
    "dispositions": (_later("new_matures_on", "decided_on", "新到期日应晚于决定日期"),),
}

# A farm or a shop may lose money in a month; nothing else that is counted in yuan is below nothing.
_MAY_BE_NEGATIVE: Final = frozenset({("incomes", "amount")})


def rules_of(table: Table) -> tuple[Rule, ...]:
    """This function will list a table's rules; days are checked against `pl.col("imported_on")` too."""
    return (*_RULES.get(table.name, ()), *_no_negative_money(table), *_known_rules(table))


def _no_negative_money(table: Table) -> tuple[Rule, ...]:
    return tuple(
        Rule(holds=pl.col(column.name) >= 0, zh=f"{column.zh}不能为负数")
        for column in table.columns
        if column.kind is Kind.MONEY and (table.name, column.name) not in _MAY_BE_NEGATIVE
    )


def _known_rules(table: Table) -> tuple[Rule, ...]:
    """Nothing is known after the day of import; what may not lie ahead is not known before it happens."""
    happened = table.column(table.happened)
    known = _not_before("imported_on", "known_on", "知悉日期晚于导入日期")
    if table.forward:
        return (known,)
    future = _not_before("imported_on", table.happened, f"{happened.zh}晚于导入日期")
    early = _not_before("known_on", table.happened, f"知悉日期早于{happened.zh}")
    return known, future, early
