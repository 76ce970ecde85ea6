from app.domain.ledger import BY_NAME, TABLES
from app.ledgerfile.headings import best_match, fold, match, synonyms, table_of_name
from tests.ledgerfile import books


def test_no_heading_names_two_columns_of_a_table() -> None:
    clashes = [
        (table.name, column.name, heading)
        for table in TABLES
        for column in table.columns
        for heading in (*column.also, column.zh, column.name)
        if synonyms(table)[fold(heading)] != column.name
    ]

    assert clashes == []


def test_no_sheet_name_names_two_tables() -> None:
    clashes = [
        (table.name, name)
        for table in TABLES
        for name in (*table.also, table.zh, table.name)
        if table_of_name(name) is not table
    ]

    assert clashes == []


def test_every_table_is_known_by_its_own_headings() -> None:
    unknown = []
    for table in TABLES:
        found = best_match([column.zh for column in table.columns])
        if found is None or found.table is not table:
            unknown.append(table.name)

    assert unknown == []


def test_headings_are_compared_without_width_case_units_and_marks() -> None:
    found = match(["＊贷款 编号：", "贷款金额（元）", "年利率【%】", "ANNUAL_RATE"], BY_NAME["loans"])

    assert found.positions == {"loan_id": 0, "amount": 1, "annual_rate": 2}


def test_a_monthly_rate_in_per_mille_is_not_taken_for_a_rate() -> None:
    assert "annual_rate" not in match(["利率（‰）"], BY_NAME["loans"]).positions


def test_a_sheet_that_goes_on_in_another_is_the_same_table() -> None:
    assert {table_of_name(name) for name in ("还款记录", "还款记录 (2)", "还款记录2", "repayments_3")} == {
        BY_NAME["repayments"]
    }


def test_registered_on_is_not_taken_for_the_day_a_fact_became_known() -> None:
    assert match(books.PERSONS, BY_NAME["persons"]).positions["registered_on"] == 4
    assert match(["登记日期"], BY_NAME["loans"]).positions == {"known_on": 0}


def test_headings_that_fit_two_tables_alike_name_none() -> None:
    assert best_match(["编号", "名字"]) is None
