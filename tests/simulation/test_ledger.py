import polars as pl
import pytest

from app.domain.identity import is_id_number
from app.domain.ledger import BY_NAME, TABLES, Kind
from app.simulation import County, frames

_EMPTY = {"ratings"}  # ratings are policy's business
_LATENT = ("will", "capacity", "latent", "true", "pd", "shift", "luck", "misuse", "place")
_REFERENCES = {
    "household_id": ("households", "household_id"),
    "loan_id": ("loans", "loan_id"),
    "continues_loan_id": ("loans", "loan_id"),
    "line_id": ("credit_lines", "line_id"),
    "firm_id": ("firms", "firm_id"),
    "group_id": ("guarantee_groups", "group_id"),
    "village_code": ("places", "place_code"),
}
names = pytest.mark.parametrize("name", [table.name for table in TABLES])


@names
def test_a_table_has_the_ledger_s_columns_and_types(large: County, name: str) -> None:
    table, frame = BY_NAME[name], large.ledger[name]

    assert {n: t for n, t in frame.schema.items() if n != "known_on"} == {
        c.name: c.dtype for c in table.columns
    }


@names
def test_a_table_has_rows_with_every_required_value_and_unique_keys(large: County, name: str) -> None:
    table, frame = BY_NAME[name], large.ledger[name]
    required = [c.name for c in table.columns if c.required]

    assert frame.is_empty() == (name in _EMPTY)
    assert frame.select(pl.col(required).null_count()).sum_horizontal().sum() == 0
    assert not frame.select(table.key).is_duplicated().any()


@names
def test_a_table_holds_only_known_words(large: County, name: str) -> None:
    table, frame = BY_NAME[name], large.ledger[name]
    choices = {c.name: {word.value for word in c.choices} for c in table.columns if c.choices is not None}

    assert all(set(frame[column].drop_nulls()) <= allowed for column, allowed in choices.items())


@names
def test_a_table_refers_only_to_what_exists(large: County, name: str) -> None:
    frame = large.ledger[name]
    persons = [c.name for c in BY_NAME[name].columns if c.kind is Kind.PERSON]
    references = {c: _REFERENCES[c] for c in frame.columns if c in _REFERENCES}
    references |= dict.fromkeys(persons, ("persons", "person_id"))

    missing = {
        column: frame.filter(~pl.col(column).is_in(large.ledger[table][key].implode())).height
        for column, (table, key) in references.items()
    }

    assert not any(missing.values())


@names
def test_a_table_holds_only_what_was_known_by_the_end(large: County, name: str) -> None:
    table, frame, until = BY_NAME[name], large.ledger[name], large.spec.until

    assert table.forward or (frame[table.happened] <= until).all()
    assert "known_on" not in frame.columns or (frame["known_on"] <= until).all()
    assert (
        "known_on" not in frame.columns or table.forward or (frame["known_on"] >= frame[table.happened]).all()
    )


@names
def test_no_latent_state_reaches_the_ledger(large: County, name: str) -> None:
    columns = set(large.ledger[name].columns) - {"place_code", "place_name", "willingness"}

    assert not [column for column in columns if any(word in column.split("_") for word in _LATENT)]


def test_loans_are_surveyed_applied_for_disbursed_and_due_in_this_order(large: County) -> None:
    loans = large.ledger["loans"].join(large.ledger["households"], on="household_id")
    applied = large.ledger["applications"]

    assert (loans["surveyed_on"] < loans["disbursed_on"]).all()
    assert (loans["disbursed_on"] < loans["matures_on"]).all()
    assert applied.height > loans.filter(pl.col("kind") == "new").height


def test_dues_of_a_loan_lie_within_its_term_and_sum_to_its_amount(large: County) -> None:
    due = large.ledger["repayments_due"].join(large.ledger["loans"], on="loan_id")

    sums = due.group_by("loan_id").agg(pl.col("principal").sum(), pl.col("amount").first())

    assert (due["due_on"] > due["disbursed_on"]).all()
    assert (due["due_on"] <= due["matures_on"]).all()
    assert (due["interest"] >= 0).all()
    assert sums.height == large.spec.loans
    assert (sums["principal"] == sums["amount"]).all()


def test_nothing_is_paid_before_disbursement_and_never_more_than_the_principal(large: County) -> None:
    paid = large.ledger["repayments"].join(large.ledger["loans"], on="loan_id")

    sums = paid.group_by("loan_id").agg(pl.col("principal").sum(), pl.col("amount").first())

    assert (paid["paid_on"] > paid["disbursed_on"]).all()
    assert (sums["principal"] <= sums["amount"]).all()


def test_a_continued_loan_hands_its_balance_to_the_loan_that_continues_it(large: County) -> None:
    loans, paid = large.ledger["loans"], large.ledger["repayments"]
    balance = pl.col("amount") - pl.col("principal").fill_null(0)
    left = loans.join(paid.group_by("loan_id").agg(pl.col("principal").sum()), on="loan_id", how="left")
    old = left.select("loan_id", balance.alias("left"), "matures_on", "household_id")

    both = loans.filter(pl.col("continues_loan_id").is_not_null()).join(
        old, left_on="continues_loan_id", right_on="loan_id", suffix="_old"
    )

    assert both.height > 100
    assert ((both["amount"] - both["left"]).abs() <= 100).all()  # a yuan, from instalments
    assert (both["disbursed_on"] == both["matures_on_old"]).all()
    assert (both["household_id"] == both["household_id_old"]).all()


def test_persons_are_plainly_invented(large: County) -> None:
    persons = large.ledger["persons"]

    assert persons["person_id"].str.starts_with("9999").all()
    assert all(is_id_number(number) for number in persons["person_id"].head(2000))
    assert persons["full_name"].str.starts_with("模拟").all()
    assert persons["phone"].drop_nulls().str.starts_with("000").all()


def test_borrowers_are_heads_of_their_own_household(large: County) -> None:
    loans, members = large.ledger["loans"], large.ledger["household_members"]

    heads = members.filter(pl.col("relation") == "head").select("household_id", "person_id")
    joined = loans.join(heads, on="household_id")

    assert joined.height == loans.height
    assert (joined["borrower_id"] == joined["person_id"]).all()


def test_frames_hold_pseudonyms_and_the_lags_given(ordinary: County) -> None:
    facts = frames(ordinary, {"incomes": 30})

    incomes = facts["incomes"]
    assert (incomes["known_on"] - incomes["received_in"]).dt.total_days().unique().to_list() == [30]
    assert set(incomes["known_basis"]) == {"assumed"}
    assert set(facts["visits"]["known_basis"]) == {"recorded"}
    assert facts["loans"]["borrower_id"].str.contains(r"^P\d{9}$").all()
    assert facts["loans"].height == ordinary.spec.loans
    assert "persons" not in facts.tables
