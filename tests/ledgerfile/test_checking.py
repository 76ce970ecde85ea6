from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from app.domain.ledger import BY_NAME
from app.ledgerfile.checking import CheckedTable, check_table
from app.ledgerfile.reading import read_ledger
from tests.ledgerfile import books

DAY = date(2026, 2, 7)


def check(sheets: dict[str, Sequence[Sequence[Any]]], table: str = "loans") -> CheckedTable:
    found = read_ledger(books.workbook(sheets), filename_hint="", limits=books.LIMITS)
    parts = [sheet for sheet in found if sheet.table is BY_NAME[table]]
    return check_table(BY_NAME[table], parts, imported_on=DAY)


def check_loan(**changes: Any) -> CheckedTable:
    return check({"贷款": [books.LOANS, books.loan("L1", "H1", 1, **changes)]})


def reasons(checked: CheckedTable) -> list[str]:
    return [row for bad in checked.bad for row in bad.rows.get_column("问题").to_list()]


def test_a_good_row_becomes_values() -> None:
    row = check_loan().good.row(0, named=True)

    assert row["amount"] == 5_000_000
    assert row["annual_rate"] == 43_500
    assert row["matures_on"] == date(2026, 3, 9)
    assert row["industry"] == "sheep"
    assert row["subsidised"] is True
    assert row["borrower_id"] == books.id_number(1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"到期日期": "2025-03-09"}, "到期日期应晚于放款日期"),
        ({"贷款金额(元)": 0}, "贷款金额应大于0"),
        ({"贷款金额(元)": -5}, "贷款金额应大于0；贷款金额(元)不能为负数"),
        ({"放款日期": "2026-02-08"}, "放款日期晚于导入日期"),
        ({"户编号": None}, "缺少户编号"),
        ({"贷款金额(元)": None, "用途": "炒股"}, None),
    ],
)
def test_a_row_that_breaks_a_rule_comes_back_with_the_reason(
    changes: dict[str, Any], reason: str | None
) -> None:
    checked = check_loan(**changes)

    assert checked.good.is_empty()
    assert reasons(checked) == [reason or "缺少贷款金额(元)；用途不在可选范围内（" + industries() + "）"]


def industries() -> str:
    words = BY_NAME["loans"].column("industry").choices
    return "、".join(word.zh for word in words or ())


def test_an_income_in_the_future_is_refused_and_one_of_this_month_is_not() -> None:
    head = ("户编号", "收入来源", "收入月份", "金额")

    checked = check(
        {"收入": [head, ("H1", "务工收入", "2026-03", 100), ("H1", "务工收入", "2026-02", 100)]}, "incomes"
    )

    assert reasons(checked) == ["收入月份晚于导入日期"]
    assert checked.good.height == 1


def test_a_loss_is_an_income_but_a_negative_balance_is_no_debt() -> None:
    incomes = check(
        {"收入": [("户编号", "收入来源", "月份", "金额"), ("H1", "养殖", "2026-01", -300)]}, "incomes"
    )
    debts = check(
        {"外债": [("户编号", "负债编号", "余额", "统计日期"), ("H1", "D1", -300, "2026-01-01")]},
        "outside_debts",
    )

    assert incomes.good.get_column("amount").to_list() == [-30_000]
    assert reasons(debts) == ["余额(元)不能为负数"]


def test_a_due_may_lie_in_the_future() -> None:
    checked = check({"还款计划": [books.DUES, books.due("L1", "2027-03-09")]}, "repayments_due")

    assert checked.good.height == 1


@pytest.mark.parametrize(
    ("known", "reason"),
    [("2026-02-08", "知悉日期晚于导入日期"), ("2025-03-08", "知悉日期早于放款日期"), ("2025-03-09", None)],
)
def test_nothing_is_known_before_it_happens_or_after_the_import(known: str, reason: str | None) -> None:
    rows = [(*books.LOANS, "知悉日期"), (*books.loan("L1", "H1", 1), known)]

    assert reasons(check({"贷款": rows})) == ([reason] if reason else [])


def test_rows_that_say_the_same_are_one_fact() -> None:
    same = books.loan("L1", "H1", 1, **{"贷款金额(元)": "50000", "放款日期": "2025-03-09"})

    checked = check({"贷款": [books.LOANS, books.loan("L1", "H1", 1), same, same]})

    assert (checked.read, checked.good.height, checked.duplicates) == (3, 1, 2)
    assert checked.bad == ()


def test_of_rows_that_say_the_same_the_first_known_stays() -> None:
    head = (*books.REPAYMENTS, "知悉日期")
    row = books.repayment("L1", "2025-06-21", receipt="R1")

    checked = check(
        {"还款记录": [head, (*row, None), (*row, "2025-06-25"), (*row, "2025-06-22")]}, "repayments"
    )

    assert checked.good.get_column("known_on").to_list() == [date(2025, 6, 22)]


def test_rows_of_one_key_that_disagree_are_all_refused() -> None:
    other = books.loan("L1", "H1", 1, **{"贷款金额(元)": 40000})

    checked = check({"贷款": [books.LOANS, books.loan("L1", "H1", 1), other, books.loan("L2", "H1", 1)]})

    assert checked.good.get_column("loan_id").to_list() == ["L2"]
    assert reasons(checked) == ["同一编号有几行内容不一致，请只留正确的一行"] * 2


def test_a_bad_row_does_not_spoil_a_good_one_of_the_same_key() -> None:
    checked = check(
        {"贷款": [books.LOANS, books.loan("L1", "H1", 1), books.loan("L1", "H1", 1, 用途="炒股")]}
    )

    assert checked.good.get_column("loan_id").to_list() == ["L1"]
    assert len(reasons(checked)) == 1


def test_a_table_in_two_sheets_is_checked_as_one() -> None:
    first, second = books.repayment("L1", "2025-06-21"), books.repayment("L2", "2025-06-21")

    checked = check(
        {
            "还款记录": [books.REPAYMENTS, first],
            "还款记录 (2)": [books.REPAYMENTS, first, second, ("L3", "x", 1, 1)],
        },
        "repayments",
    )

    assert (checked.read, checked.good.height, checked.duplicates) == (4, 2, 1)
    assert [bad.sheet for bad in checked.bad] == ["还款记录 (2)"]


def test_bad_rows_come_back_as_they_stood() -> None:
    row = books.loan("L1", "H1", 1, 放款日期="2025/3/9", 到期日期="三月")

    (bad,) = check({"贷款": [(*books.LOANS, "备注"), (*row, "模拟")]}).bad

    assert bad.rows.row(0, named=True) == {
        **{name: None if cell is None else str(cell) for name, cell in zip(books.LOANS, row, strict=True)},
        "备注": "模拟",
        "行号": 2,
        "问题": "到期日期不是日期，请写成 2026-03-09",
    }


def test_a_sheet_of_headings_only_has_no_rows() -> None:
    checked = check({"贷款": [books.LOANS]})

    assert (checked.read, checked.good.height, checked.bad) == (0, 0, ())


def test_a_household_without_a_village_is_refused() -> None:
    checked = check({"农户": [books.HOUSEHOLDS, books.household("H1", 1, 村编码=None)]}, "households")

    assert reasons(checked) == ["缺少村编码"]
