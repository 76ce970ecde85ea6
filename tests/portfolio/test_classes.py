"""Five-category classes, on both sides of every bound."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from app.portfolio.book import loan_book
from app.portfolio.classes import class_totals, classify
from app.portfolio.scheme import SchemeAbsentError
from tests.features.ledger import due, ledger
from tests.portfolio.claimed import AS_OF, overdue, rules


def _classified(*loans: dict[str, Any], **tables: list[dict[str, Any]]) -> pl.DataFrame:
    frames = ledger(loans=list(loans), **tables)
    return classify(frames, loan_book(frames, as_of=AS_OF), rules("national"), as_of=AS_OF)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, "normal"), (1, "attention"), (90, "attention"), (91, "substandard"), (270, "substandard"),
        (271, "doubtful"), (360, "doubtful"), (361, "loss"),
    ],
)  # fmt: skip
def test_a_loan_falls_a_class_on_the_day_after_each_bound(days: int, expected: str) -> None:
    assert _classified(overdue(days)).item(0, "credit_class") == expected


def test_interest_that_is_late_counts_as_principal_does() -> None:
    loan = overdue(-100)  # not yet due
    plan = [due(date.fromordinal(AS_OF.toordinal() - 91), interest=100)]

    assert _classified(loan, repayments_due=plan).item(0, "credit_class") == "substandard"


def test_an_extended_loan_is_at_best_watched_however_long_ago() -> None:
    moved = {
        "loan_id": "L1", "action": "extension", "decided_on": date(2023, 1, 1),
        "new_matures_on": date(2025, 6, 30),
    }  # fmt: skip

    row = _classified(overdue(93), dispositions=[moved]).row(0, named=True)

    assert (row["credit_class"], row["class_rules"]) == ("attention", ["extended"])


@pytest.mark.parametrize(
    ("begun", "expected"), [(date(2023, 10, 2), "attention"), (date(2023, 9, 30), "normal")]
)
def test_a_renewed_loan_is_watched_for_its_year_of_observation(begun: date, expected: str) -> None:
    loan = overdue(-300, kind="renewal", disbursed_on=begun)

    assert _classified(loan).item(0, "credit_class") == expected


def test_what_makes_a_loan_worse_outweighs_what_only_keeps_it_watched() -> None:
    row = _classified(overdue(91, kind="extension")).row(0, named=True)

    assert (row["credit_class"], row["class_rules"]) == ("substandard", ["substandard"])


def test_totals_have_every_class_and_add_up() -> None:
    classified = _classified(
        overdue(0),
        overdue(361, loan_id="L2", bank="B2", amount=2_500_000),
        overdue(-1, loan_id="L3", bank="B2"),
    )

    totals, banks = class_totals(classified), class_totals(classified, by="bank")

    assert totals["credit_class"].to_list() == ["normal", "attention", "substandard", "doubtful", "loss"]
    assert totals["loans"].to_list() == [2, 0, 0, 0, 1]
    assert totals["share"].to_list() == [0.8, 0, 0, 0, 0.2]
    assert banks.height == 10
    assert banks["balance"].sum() == 12_500_000


def test_before_the_rules_began_classes_are_an_error_that_names_pack_and_day() -> None:
    frames, day = ledger(), date(2023, 6, 30)

    with pytest.raises(SchemeAbsentError, match="'national' says nothing on classes on 2023-06-30"):
        classify(frames, loan_book(frames, as_of=day), rules("national", day), as_of=day)
