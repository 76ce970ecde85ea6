from datetime import date

import polars as pl
import pytest

from app.domain.frames import Frames
from app.policy.policy import load
from app.portfolio.book import BOOK_COLUMNS, loan_book
from app.simulation import CountySpec, frames, simulate
from tests.features.ledger import due, ledger, loan, paid

DAY = date(2024, 7, 10)
DUE = due(date(2024, 6, 30), principal=5_000_000)


@pytest.fixture(scope="module", name="county")
def _county() -> Frames:
    lags = {lag.code: lag.now.days for lag in load("national").at(DAY).knowledge}
    return frames(simulate(CountySpec(seed=11, loans=300, until=DAY)), lags)


def _only(frames: Frames, day: date = DAY) -> dict[str, object]:
    return loan_book(frames, as_of=day).row(0, named=True)


def test_a_loan_unpaid_ten_days_after_maturity_is_overdue_by_ten_days() -> None:
    found = _only(ledger(repayments_due=[DUE]))

    assert (found["principal_days_late"], found["principal_overdue"], found["balance"]) == (
        10,
        5_000_000,
        5_000_000,
    )


def test_a_loan_paid_in_part_owes_the_rest() -> None:
    found = _only(ledger(repayments_due=[DUE], repayments=[paid(date(2024, 6, 30), principal=2_000_000)]))

    assert (found["principal_overdue"], found["balance"], found["active"]) == (3_000_000, 3_000_000, True)


def test_a_repaid_loan_stays_in_the_book_and_owes_nothing() -> None:
    found = _only(ledger(repayments_due=[DUE], repayments=[paid(date(2024, 6, 29), principal=5_000_000)]))

    assert (found["balance"], found["active"], found["repaid_on"]) == (0, False, date(2024, 6, 29))


def test_a_renewed_loan_owes_nothing_and_its_renewal_owes_all() -> None:
    renewal = loan(
        loan_id="L2",
        kind="renewal",
        continues_loan_id="L1",
        disbursed_on=date(2024, 6, 30),
        matures_on=date(2025, 6, 30),
    )
    book = loan_book(ledger(loans=[loan(), renewal], repayments_due=[DUE]), as_of=DAY)

    assert book.select("loan_id", "balance", "principal_overdue", "continued").rows() == [
        ("L1", 0, 0, True),
        ("L2", 5_000_000, 0, False),
    ]


def test_a_day_before_the_loan_knows_nothing_of_it() -> None:
    assert loan_book(ledger(), as_of=date(2022, 6, 29)).is_empty()


def test_what_is_lent_is_what_is_owed_repaid_or_continued(county: Frames) -> None:
    book = loan_book(county, as_of=DAY)
    settled = pl.min_horizontal("paid_principal", "amount")
    continued = pl.when("continued").then(pl.col("amount") - settled).otherwise(0)

    left = book.select(pl.col("amount") - pl.col("balance") - settled - continued).to_series()

    assert book.height > 200
    assert set(left) == {0}


def test_a_book_has_each_loan_once_and_all_its_columns(county: Frames) -> None:
    book = loan_book(county, as_of=DAY)

    assert tuple(book.columns) == BOOK_COLUMNS
    assert book.get_column("loan_id").is_unique().all()


def test_later_facts_change_nothing_of_an_earlier_book(county: Frames) -> None:
    earlier = date(2023, 9, 1)

    assert loan_book(county, as_of=earlier).equals(loan_book(county.as_of(earlier), as_of=earlier))
