from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.tables import MAX_CODE
from app.domain.identity import check_digit, is_id_number, normal_id_number
from app.domain.ledger import BY_NAME, Column
from app.domain.money import fen
from app.ledgerfile.values import LONGEST_CODE, read_column
from tests.ledgerfile import books

LOANS = BY_NAME["loans"]
AMOUNT, RATE, DAY = LOANS.column("amount"), LOANS.column("annual_rate"), LOANS.column("disbursed_on")
MONTH = BY_NAME["incomes"].column("received_in")
PERSON, VILLAGE = LOANS.column("borrower_id"), BY_NAME["households"].column("village_code")


def read(text: str | None, column: Column, *, in_ten_thousands: bool = False) -> tuple[object, str | None]:
    cells = read_column(pl.Series([text], dtype=pl.String), column, in_ten_thousands=in_ten_thousands)
    value, problem = cells.row(0)
    return value, problem


@pytest.mark.parametrize(
    "text",
    [
        "5万",
        "5 万元",
        "５万元",
        "￥50,000.00",
        "50000元",
        "５００００",
        "50000",
        "50,000.00 元",
        "人民币50000元整",
    ],
)
def test_the_ways_to_write_an_amount_mean_the_same(text: str) -> None:
    assert read(text, AMOUNT) == (5_000_000, None)


@pytest.mark.parametrize(("text", "amount"), [("5", 5_000_000), ("5万", 5_000_000), ("50000元", 5_000_000)])
def test_a_heading_in_ten_thousands_counts_unless_the_cell_says_otherwise(text: str, amount: int) -> None:
    assert read(text, AMOUNT, in_ten_thousands=True) == (amount, None)


@pytest.mark.parametrize("text", ["五万", "5千", "1e5", "NaN", "inf", "50000.00.00", "--5", "5万5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    value, problem = read(text, AMOUNT)

    assert value is None
    assert problem == "贷款金额(元)不是金额，请写成数字，如 50000.00"


@pytest.mark.parametrize("text", ["90000000000000.01", "99999999999999999999", "9999999999万", "9" * 400])
def test_an_amount_beyond_what_is_kept_is_refused(text: str) -> None:
    assert read(text, AMOUNT)[1] == "贷款金额(元)过大"


@given(st.decimals(min_value=0, max_value=10**12, places=4))
def test_an_amount_is_rounded_half_a_fen_up(amount: object) -> None:
    assert read(f"{amount:f}", AMOUNT)[0] == fen(f"{amount:f}")


@pytest.mark.parametrize(
    "text",
    [
        "2026/3/9", "2026-03-09", "20260309", "2026年3月9日", "2026 年 3 月 9 日", "2026.3.9", "46090",
        "２０２６／３／９", "2026-03-09 00:00:00", "2026/3/9 0:00", "2026-03-09T08:30:00", "2026. 3. 9",
    ],
)  # fmt: skip
def test_the_ways_to_write_a_day_mean_the_same(text: str) -> None:
    assert read(text, DAY) == (date(2026, 3, 9), None)


@pytest.mark.parametrize("text", ["3/9/2026", "09-03-2026", "26.3.9", "3-9-26"])
def test_a_day_whose_order_is_not_certain_is_refused(text: str) -> None:
    assert read(text, DAY) == (None, "放款日期年月日次序不明，请写成 2026-03-09")


@pytest.mark.parametrize("text", ["2026-02-30", "2025年2月29日", "20261301", "2026-0-1", "2026-4-31"])
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    assert read(text, DAY) == (None, "放款日期这一天不存在")


@pytest.mark.parametrize("text", ["2026-03", "三月九日", "1", "460900", "1026-03-09", "2026-03-09元"])
def test_what_is_no_day_is_refused(text: str) -> None:
    assert read(text, DAY) == (None, "放款日期不是日期，请写成 2026-03-09")


@given(st.dates(min_value=date(1927, 5, 18), max_value=date(2099, 12, 31)))
def test_a_spreadsheets_day_number_is_its_day(day: date) -> None:
    assert read(str((day - date(1899, 12, 30)).days), DAY) == (day, None)


@pytest.mark.parametrize(
    "text", ["2026-03", "2026/3", "202603", "2026年3月", "2026年3月9日", "46090", "2026-03-31"]
)
def test_a_month_is_kept_as_its_first_day(text: str) -> None:
    assert read(text, MONTH) == (date(2026, 3, 1), None)


@pytest.mark.parametrize(("text", "ppm"), [("4.35%", 43_500), ("4.35", 43_500), ("0", 0), ("0.5%", 5_000)])
def test_a_rate_is_per_cent_a_year(text: str, ppm: int) -> None:
    assert read(text, RATE) == (ppm, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("0.0435", "小于1，请写明百分号，如 4.35%"), ("435", "超过100%"), ("四厘", "不是利率，请写成如 4.35%")],
)
def test_a_doubtful_rate_is_refused(text: str, problem: str) -> None:
    assert read(text, RATE)[1] == f"年利率(%){problem}"


@pytest.mark.parametrize("text", ["是", "√", "1", "Y", "yes", "TRUE", "有", "1.0"])
def test_the_ways_to_say_yes(text: str) -> None:
    assert read(text, LOANS.column("subsidised")) == (True, None)


@pytest.mark.parametrize("text", ["否", "×", "0", "N", "no", "FALSE", "无", "Ｎ"])
def test_the_ways_to_say_no(text: str) -> None:
    assert read(text, LOANS.column("subsidised")) == (False, None)


def test_every_spelling_of_every_choice_is_read() -> None:
    columns = [c for table in BY_NAME.values() for c in table.columns if c.choices is not None]

    read_back = [
        (read(s, c)[0], code) for c in columns if c.choices for s, code in c.choices.spellings().items()
    ]

    assert [pair for pair in read_back if pair[0] != pair[1]] == []


def test_a_choice_outside_the_list_is_refused_with_the_list() -> None:
    listed = "户贷户用、户贷企用、股权量化、合伙抱团、资产返租"

    assert read("打工", LOANS.column("use_mode")) == (None, f"用款方式不在可选范围内（{listed}）")


@pytest.mark.parametrize(
    ("text", "code"), [("1001.0", "1001"), ("'0012", "0012"), (" Ｌ－１ ", "L-1"), ("L 1", "L 1")]
)
def test_a_code_is_text_however_it_came(text: str, code: str) -> None:
    assert read(text, LOANS.column("loan_id")) == (code, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("6.40323E+17", "被表格软件改成了数字，末几位已丢失，请按文本格式重填"),
        ("a|b", "含有不允许的字符“|”"),
        ("L" * 101, "超过100个字符"),
    ],
)
def test_a_code_that_cannot_be_kept_is_refused(text: str, problem: str) -> None:
    assert read(text, LOANS.column("loan_id")) == (None, f"贷款编号{problem}")


@pytest.mark.parametrize("text", ["64032310020", "6403231002011", "6.40323E+11", "盐池县", "64032310020٣"])
def test_a_village_code_has_twelve_digits(text: str) -> None:
    assert read(text, VILLAGE)[0] is None


def test_codes_are_no_longer_than_the_store_keeps() -> None:
    assert LONGEST_CODE == MAX_CODE


@pytest.mark.parametrize("text", ["", " ", "-", "——", "/", "无", "#N/A"])
def test_a_blank_word_is_a_missing_value(text: str) -> None:
    assert read(text, AMOUNT) == (None, "缺少贷款金额(元)")
    assert read(text, LOANS.column("firm_id")) == (None, None)


def test_free_text_keeps_its_characters_but_no_control_characters() -> None:
    assert read(" 模拟（甲）\x00- ", BY_NAME["dispositions"].column("note")) == ("模拟（甲）-", None)


@pytest.mark.parametrize(
    "text", ["１１０１０５１９４９１２３１００２ｘ", "110105 19491231 002x", "'11010519491231002X"]
)
def test_an_id_number_is_brought_into_its_normal_form(text: str) -> None:
    assert read(text, PERSON) == ("11010519491231002X", None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("110105194912310021", "校验位不符"),
        ("110105491231002", "是15位旧号码，请改为18位"),
        ("1101051949123100", "应为18位"),
        ("1.10105194912310E+17", "被表格软件改成了数字，末几位已丢失，请按文本格式重填"),
        ("110105194913310029", "中的出生日期不存在"),
        ("11010519491231甲02X", "含有不应有的字符"),
    ],
)
def test_a_wrong_id_number_is_refused_with_its_own_reason(text: str, problem: str) -> None:
    assert read(text, PERSON) == (None, f"借款人证件号码{problem}")


@given(st.one_of(st.from_regex(r"[0-9]{17}[0-9Xx]", fullmatch=True), st.text(max_size=20)))
def test_id_numbers_are_judged_as_the_domain_judges_them(text: str) -> None:
    assert (read(text, PERSON)[0] is not None) == is_id_number(normal_id_number(text))


@given(st.dates(date(1920, 1, 1), date(2025, 1, 1)), st.integers(0, 999))
def test_every_well_made_id_number_is_read(born: date, serial: int) -> None:
    first = f"640323{born:%Y%m%d}{serial:03d}"

    assert read(first + check_digit(first), PERSON) == (first + check_digit(first), None)


@given(
    st.sampled_from(["amount", "annual_rate", "disbursed_on", "subsidised", "loan_id"]), st.text(max_size=12)
)
def test_any_text_is_read_or_refused_and_never_breaks(name: str, text: str) -> None:
    value, problem = read(text, LOANS.column(name))

    assert value is None or problem is None


def test_repeated_cells_are_read_as_single_ones_are() -> None:
    texts = pl.Series(["5万", None, "x", "5万", "5万", "x", None, "7"] * 3)

    together = read_column(texts, AMOUNT)

    assert together.rows() == [read(text, AMOUNT) for text in texts]


def test_a_whole_number_may_carry_its_unit() -> None:
    term = BY_NAME["applications"].column("term_months")

    assert [read(text, term)[0] for text in ("36", "36个月", "36.0", "1,000")] == [36, 36, 36, 1000]
    assert read("-1", term)[1] == "申请期限(月)不能为负数"
    assert read("3年", term)[1] == "申请期限(月)不是整数"


def test_a_quantity_is_a_plain_number() -> None:
    land = BY_NAME["households"].column("land_mu")

    assert [read(text, land)[0] for text in ("12.5", "12.5亩", "１２．５")] == [12.5] * 3
    assert read("1e400", land)[0] is None


def test_the_helpers_people_have_right_numbers() -> None:
    assert is_id_number(books.id_number(7))
