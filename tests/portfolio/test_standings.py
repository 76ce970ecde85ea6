"""Credit standing of groups, villages and townships, at every threshold of the pack."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from app.domain.errors import NoRulesInForceError
from app.policy.policy import load
from app.policy.vocabulary import STANDING_COLUMNS
from app.portfolio.standings import PLACE_COLUMNS, place_standings

DAY = date(2024, 6, 1)
RULES = load("yanchi_1531").at(DAY)
VILLAGES = ("999901101201", "999901101202")
NO_MARKS = pl.DataFrame(schema={"household_id": pl.String(), "mark": pl.String(), "marked_on": pl.Date()})
BOOK = {
    "household_id": pl.String(), "active": pl.Boolean(), "balance": pl.Int64(),
    "principal_overdue": pl.Int64(), "interest_overdue": pl.Int64(),
}  # fmt: skip


def households(count: int, credit: int, *, village: str = VILLAGES[0], **more: Any) -> pl.DataFrame:
    """So many households of one group, the first of them credit households, the others of grade C."""
    rows = [
        {
            "household_id": f"{village[-3:]}-{number}", "village_code": village, "village_group": "1组",
            "rated": True, "rating_grade": "B" if number < credit else "C", "eligible": True,
        } | more
        for number in range(count)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def book(owed: dict[int, int], overdue: dict[int, int] | None = None) -> pl.DataFrame:
    """Loans by the household's number: what each owes, and what of it is overdue (fen)."""
    late = overdue or {}
    rows = [(f"{VILLAGES[0][-3:]}-{n}", True, amount, late.get(n, 0), 0) for n, amount in owed.items()]
    return pl.DataFrame(rows, schema=BOOK, orient="row")


def judged(
    people: pl.DataFrame,
    loans: pl.DataFrame,
    before: pl.DataFrame | None = None,
    marks: pl.DataFrame = NO_MARKS,
) -> dict[str, dict[str, Any]]:
    places = place_standings(
        people, loans, before=book({}) if before is None else before, marks=marks, as_of=DAY, rules=RULES
    )
    return {row["level"]: row for row in places.iter_rows(named=True)}


@pytest.mark.parametrize(("credit", "standing"), [(7, "credit_village"), (6, None)])
def test_a_village_needs_seven_of_ten_credit_households(credit: int, standing: str | None) -> None:
    found = judged(households(10, credit), book({0: 100}))["village"]

    assert found["credit_household_share"] == credit / 10
    assert found["standing"] == standing


@pytest.mark.parametrize(("late", "standing"), [(3, "credit_group"), (4, None)])
def test_a_group_needs_seventeen_of_twenty_clean_borrowers(late: int, standing: str | None) -> None:
    loans = book(dict.fromkeys(range(20), 1_000), dict.fromkeys(range(late), 1))

    found = judged(households(20, 20), loans)["group"]

    assert found["clean_borrower_share"] == (20 - late) / 20
    assert found["standing"] == standing


@pytest.mark.parametrize(("overdue", "standing"), [(499, "credit_village"), (500, None)])
def test_a_village_has_less_than_five_per_cent_overdue(overdue: int, standing: str | None) -> None:
    loans = book({0: 1_000, **dict.fromkeys(range(1, 10), 1_000)}, {0: overdue})
    before = book({0: 1_000}, {0: 50})

    found = judged(households(10, 10), loans, before)["village"]

    assert found["overdue_rate_amount"] == overdue / 10_000
    assert found["standing"] == standing


@pytest.mark.parametrize(("overdue", "standing"), [(199, "credit_village"), (200, None)])
def test_a_village_has_less_than_one_point_more_overdue_than_a_year_before(
    overdue: int, standing: str | None
) -> None:
    before = book({0: 10_000}, {0: 100})

    found = judged(
        households(10, 10), book(dict.fromkeys(range(10), 1_000), {0: overdue}), before
    )["village"]  # fmt: skip

    assert found["overdue_rate_change"] == pytest.approx(overdue / 10_000 - 0.01)
    assert found["standing"] == standing


def test_a_village_without_borrowers_has_nothing_overdue() -> None:
    found = judged(households(10, 10), book({}))["village"]

    assert (found["clean_borrower_share"], found["overdue_rate_amount"]) == (None, None)
    assert (found["standing"], found["unclear"]) == ("credit_village", [])


def test_a_village_of_which_few_households_are_rated_has_no_standing() -> None:
    unrated = households(3, 0).with_columns(
        pl.concat_str(pl.lit("u"), "household_id").alias("household_id"),
        pl.lit(None, pl.String).alias("rating_grade"), pl.lit(value=False).alias("rated"),
    )  # fmt: skip

    found = judged(pl.concat([households(10, 10), unrated]), book({}))["village"]

    assert found["rated_share"] == pytest.approx(10 / 13)
    assert found["standing"] is None


def test_a_household_that_is_refused_does_not_count_as_unrated() -> None:
    refused = households(9, 0, eligible=False, rated=False, rating_grade=None).with_columns(
        pl.concat_str(pl.lit("r"), "household_id").alias("household_id")
    )

    assert judged(pl.concat([households(10, 10), refused]), book({}))["village"]["rated_share"] == 1.0


@pytest.mark.parametrize(("second", "share"), [(10, 1.0), (0, 0.5)])
def test_half_of_its_villages_make_a_credit_township(second: int, share: float) -> None:
    people = pl.concat([households(10, 10), households(10, second, village=VILLAGES[1])])

    found = judged(people, book({}))["township"]

    assert (found["credit_village_share"], found["standing"]) == (share, "credit_township")


def test_a_township_with_fewer_credit_villages_is_none() -> None:
    people = pl.concat([households(10, 0), households(10, 0, village=VILLAGES[1])])

    found = judged(people, book({}))["township"]

    assert (found["credit_village_share"], found["standing"]) == (0.0, None)


@pytest.mark.parametrize(("late", "standing"), [(1, "credit_township"), (2, None)])
def test_a_township_needs_nine_of_ten_clean_borrowers(late: int, standing: str | None) -> None:
    people = pl.concat([households(10, 10), households(10, 10, village=VILLAGES[1])])
    loans = book(dict.fromkeys(range(10), 1_000), dict.fromkeys(range(late), 1))

    assert judged(people, loans)["township"]["standing"] == standing


def test_households_of_a_place_add_up_through_its_levels() -> None:
    people = pl.concat([households(4, 4), households(6, 6, village=VILLAGES[1])])
    named = pl.when(pl.col("household_id") != "201-0").then("village_group")
    ungrouped = people.with_columns(named.alias("village_group"))

    places = place_standings(ungrouped, book({}), before=book({}), marks=NO_MARKS, as_of=DAY, rules=RULES)

    sums = dict(places.group_by("level").agg(pl.col("households").sum()).iter_rows())
    assert sums == {"group": 9, "village": 10, "township": 10}
    assert places.columns == list(PLACE_COLUMNS)
    assert set(PLACE_COLUMNS) >= STANDING_COLUMNS


def test_bad_faith_is_counted_for_twelve_months() -> None:
    marks = pl.DataFrame(
        {
            "household_id": ["201-0", "201-1", "201-2"],
            "mark": ["bad_faith", "bad_faith", "not_bad_faith"],
            "marked_on": [date(2023, 6, 2), date(2023, 6, 1), DAY],
        }
    )

    assert judged(households(10, 10), book({}), marks=marks)["village"]["bad_faith_defaults_12m"] == 1


def test_a_loan_repaid_or_continued_counts_for_nothing() -> None:
    closed = book({0: 1_000}, {0: 1_000}).with_columns(pl.lit(value=False).alias("active"))

    assert judged(households(10, 10), closed)["village"]["clean_borrower_share"] is None


def test_a_pack_without_standings_says_so() -> None:
    national = load("national").at(DAY)

    with pytest.raises(NoRulesInForceError, match=f"'national' has no credit standings on {DAY}"):
        place_standings(
            households(1, 1), book({}), before=book({}), marks=NO_MARKS, as_of=DAY, rules=national
        )
