"""The rolling ladder on invented households."""

from datetime import date, timedelta
from itertools import count
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.frames import Frames
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.ladder import LADDER_COLUMNS, REASONS, clean_households, household_record, next_limits
from app.portfolio.scheme import SchemeAbsentError
from tests.features.ledger import HOUSEHOLD, ledger, loan, paid

DAY = date(2020, 6, 1)
AFTER = date(2026, 6, 1)
Loans = list[dict[str, Any]]
Payments = list[dict[str, Any]]


def year(
    number: int, *, yuan: int = 30_000, days_late: int | None = 0, who: str = "H1", name: str = ""
) -> tuple[dict[str, Any], Payments]:
    """A loan of one year, repaid so many days after maturity; None: not repaid."""
    loan_id = name or f"{who}-{number}"
    terms = {"disbursed_on": date(number, 1, 10), "matures_on": date(number, 12, 10)}
    lent = loan(loan_id=loan_id, household_id=who, amount=yuan * 100, **terms)
    if days_late is None:
        return lent, []
    return lent, [paid(date(number, 12, 10) + timedelta(days_late), principal=yuan * 100, loan_id=loan_id)]


def county(*years: tuple[dict[str, Any], Payments], homes: tuple[str, ...] = ("H1",), **more: Any) -> Frames:
    return ledger(
        households=[HOUSEHOLD | {"household_id": home, "surveyed_on": date(2015, 1, 1)} for home in homes],
        loans=[lent for lent, _ in years],
        repayments=[payment for _, payments in years for payment in payments],
        **more,
    )


def limits(frames: Frames, *, day: date = DAY, credit: tuple[str, ...] = ()) -> pl.DataFrame:
    rules = load("fengjie").at(day)
    named = pl.DataFrame({"household_id": credit}, schema={"household_id": pl.String()})
    book = loan_book(frames, as_of=day)
    return next_limits(frames, book, rules, as_of=day, credit_households=named)


def first(frames: Frames, **options: Any) -> dict[str, Any]:
    return limits(frames, **options).row(0, named=True)


def mark(who: str = "H1", **more: Any) -> dict[str, Any]:
    return {"household_id": who, "mark": "bad_faith", "marked_on": date(2020, 2, 1)} | more


@pytest.mark.parametrize(
    ("years", "step", "yuan"),
    [
        ((), "C", 30_000),
        ((2017,), "B", 40_000),
        ((2017, 2018), "A", 50_000),
        ((2016, 2017, 2018), "A", 50_000),
    ],
)
def test_each_year_repaid_on_time_is_a_step_from_30_000_to_40_000_to_50_000(
    years: tuple[int, ...], step: str, yuan: int
) -> None:
    found = first(county(*(year(number) for number in years)))

    assert (found["step"], found["limit"]) == (step, yuan * 100)


def test_repaid_on_the_day_of_maturity_is_on_time_and_a_day_later_is_late() -> None:
    on_time, late = first(county(year(2018))), first(county(year(2018, days_late=1)))

    assert (on_time["step"], on_time["reasons"]) == ("B", ["on_time"])
    assert (late["step"], late["reasons"]) == ("C", ["late"])


def test_two_loans_repaid_in_one_year_are_one_step() -> None:
    assert first(county(year(2018), year(2018, name="second")))["step"] == "B"


def test_years_count_anew_after_a_late_one() -> None:
    found = first(county(year(2016), year(2017, days_late=20), year(2018)))

    assert (found["years_on_time"], found["step"], found["reasons"]) == (1, "B", ["on_time", "late"])


@pytest.mark.parametrize(
    ("day", "yuan", "reasons"),
    [
        (date(2026, 2, 28), 50_000, ["on_time", "uplift", "cap"]),
        (date(2026, 3, 1), 54_000, ["on_time", "uplift"]),
    ],
)
def test_a_fifth_more_than_45_000_is_held_to_the_cap_of_50_000_until_march_2026(
    day: date, yuan: int, reasons: list[str]
) -> None:
    frames = county(year(2024, yuan=45_000))

    found = first(frames, day=day, credit=("H1",))

    assert (found["uplifted_limit"], found["limit"], found["reasons"]) == (5_400_000, yuan * 100, reasons)


def test_the_uplift_is_for_credit_households_only() -> None:
    found = first(county(year(2018, yuan=45_000)))

    assert (found["limit"], found["uplifted_limit"]) == (4_000_000, None)


def test_a_credit_household_whose_last_loan_was_late_gets_no_uplift() -> None:
    found = first(county(year(2018, yuan=45_000, days_late=1)), credit=("H1",))

    assert (found["limit"], found["uplifted_limit"]) == (3_000_000, None)


def test_default_in_bad_faith_lowers_the_whole_village_and_no_other() -> None:
    default = year(2019, who="H2", days_late=None)
    homes = ("H1", "H2", "H3")
    frames = county(year(2018), default, homes=homes, credit_marks=[mark("H2")])
    elsewhere = frames["households"].with_columns(
        pl.when(pl.col("household_id") == "H3")
        .then(pl.lit("999901101202"))
        .otherwise("village_code")
        .alias("village_code")
    )
    moved = Frames.of({**frames.tables, "households": elsewhere})

    found = limits(moved).select("household_id", "limit", "referred")

    assert found.rows() == [("H1", 3_200_000, True), ("H2", 2_400_000, True), ("H3", 3_000_000, False)]
    assert "village_lowered" in first(moved)["reasons"]


def test_a_mark_without_overdue_principal_lowers_its_household_only() -> None:
    frames = county(year(2018), year(2018, who="H2"), homes=("H1", "H2"), credit_marks=[mark("H2")])

    found = limits(frames).select("limit", "referred")

    assert found.rows() == [(4_000_000, False), (3_000_000, True)]


def test_a_mark_that_was_cleared_starts_the_years_anew() -> None:
    cleared = mark(marked_on=date(2018, 6, 1), cleared_on=date(2019, 6, 1))
    frames = county(year(2017), year(2018), year(2019), credit_marks=[cleared])

    assert first(frames)["years_on_time"] == 1


def test_what_became_known_later_is_not_seen() -> None:
    lent, payments = year(2019)
    late_news = [payment | {"known_on": date(2020, 7, 1)} for payment in payments]

    assert first(county((lent, late_news)))["step"] == "C"


def test_households_that_always_repaid_on_time_stand_in_for_credit_households() -> None:
    years = (year(2018), year(2018, who="H2", days_late=3), year(2019, who="H3", days_late=None))
    frames = county(*years, homes=("H1", "H2", "H3", "H4"))

    record = household_record(frames, loan_book(frames, as_of=DAY), as_of=DAY)

    assert clean_households(record).rows() == [("H1",)]


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    default = county(year(2016), year(2017, days_late=2), year(2019, days_late=None), credit_marks=[mark()])

    found = first(default)

    assert tuple(found) == LADDER_COLUMNS
    assert found["reasons"] == ["overdue", "bad_faith", "village_lowered"]
    assert all(zh and en for zh, en in (REASONS[code] for code in found["reasons"]))


def test_a_pack_without_a_ladder_is_named_with_the_day() -> None:
    frames = county(year(2018))

    with pytest.raises(SchemeAbsentError, match="'national' says nothing on ladder on 2020-06-01"):
        next_limits(frames, loan_book(frames, as_of=DAY), load("national").at(DAY), as_of=DAY)


HISTORY = st.lists(
    st.tuples(st.integers(10_000, 50_000), st.none() | st.integers(-30, 40)), min_size=1, max_size=6
)


def played(history: list[tuple[int, int | None]]) -> Frames:
    numbers = count(2017)
    return county(
        *(year(n, yuan=yuan, days_late=late) for n, (yuan, late) in zip(numbers, history, strict=False))
    )


@settings(max_examples=40, deadline=None)
@given(history=HISTORY, more=st.integers(0, 20_000), named=st.sampled_from([(), ("H1",)]))
def test_one_more_year_on_time_never_lowers_the_limit(
    history: list[tuple[int, int | None]], more: int, named: tuple[str, ...]
) -> None:
    before = first(played(history), day=AFTER, credit=named)
    after = first(played([*history, (history[-1][0] + more, 0)]), day=AFTER, credit=named)

    assert after["limit"] >= before["limit"]
    assert after["years_on_time"] >= before["years_on_time"]


@settings(max_examples=40, deadline=None)
@given(history=HISTORY, yuan=st.integers(10_000, 100_000), late=st.none() | st.integers(1, 90))
def test_a_later_default_never_raises_the_limit(
    history: list[tuple[int, int | None]], yuan: int, late: int | None
) -> None:
    before = first(played(history), day=AFTER, credit=("H1",))
    after = first(played([*history, (yuan, late)]), day=AFTER, credit=("H1",))

    assert after["limit"] <= before["limit"]


@settings(max_examples=40, deadline=None)
@given(history=HISTORY, day=st.sampled_from([date(2019, 1, 1), date(2024, 1, 1), AFTER]))
def test_no_limit_is_above_the_cap_in_force(history: list[tuple[int, int | None]], day: date) -> None:
    cap = load("fengjie").at(day).parameters["amount_cap"]

    assert first(played(history), day=day, credit=("H1",))["limit"] <= cap * 100
