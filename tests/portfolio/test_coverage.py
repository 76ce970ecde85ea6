"""Coverage of rating, granting and use, and progress against tasks, held to printed figures."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from app.domain.frames import Frames
from app.domain.money import FEN_PER_YUAN
from app.policy.figures import identity_findings, identity_values
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.coverage import coverage
from app.portfolio.movements import movements
from app.portfolio.progress import county_share, progress, task_shares
from app.portfolio.statistics import statistics
from app.simulation import CountySpec, frames, simulate
from tests.features.ledger import HOUSEHOLD, ledger, loan, paid

DAY = date(2017, 5, 30)
SINCE = date(2017, 3, 8)
LATER = date(2099, 1, 1)
UNTIL = date(2025, 9, 30)


@pytest.fixture(name="printed", scope="module")
def _printed() -> dict[str, float]:
    return {figure.code: figure.now.value for figure in load("dingyuan").at(DAY).figures}


def _home(number: int, village: str = "999901101201") -> dict[str, Any]:
    return HOUSEHOLD | {
        "household_id": f"H{number}",
        "village_code": village,
        "surveyed_on": date(2016, 1, 1),
    }


def _line(number: int, limit: int, **more: Any) -> dict[str, Any]:
    line = {"line_id": f"C{number}", "household_id": f"H{number}", "bank": "B1", "credit_limit": limit}
    return line | {"granted_on": date(2017, 4, 1), "expires_on": date(2020, 3, 31)} | more


def _rating(number: int, **more: Any) -> dict[str, Any]:
    row = {"household_id": f"H{number}", "scheme": "631", "indicator": "total", "points": 80}
    return row | {"rated_on": date(2017, 4, 1), "bank": "B1"} | more


def _loan(number: int, **more: Any) -> dict[str, Any]:
    own = {"loan_id": f"L{number}", "household_id": f"H{number}", "borrower_id": f"P{number}"}
    return loan(**own, disbursed_on=date(2017, 4, 2), matures_on=date(2020, 4, 1)) | more


def _registered(number: int, word: str = "registered", day: date = date(2016, 1, 1)) -> dict[str, Any]:
    return {"household_id": f"H{number}", "registration": word, "registered_on": day}


def _covered(facts: Frames, day: date = DAY, **options: Any) -> pl.DataFrame:
    return coverage(facts, loan_book(facts, as_of=day), as_of=day, **options)


# --- Dingyuan's printed figures ---


def test_dingyuan_granted_35163_yuan_a_household(printed: dict[str, float]) -> None:
    households, amount = int(printed["households_granted"]), int(printed["amount_granted"]) * FEN_PER_YUAN
    each, rest = divmod(amount, households)
    facts = ledger(
        households=[_home(n) for n in range(households)],
        credit_lines=[_line(n, each + (1 if n < rest else 0)) for n in range(households)],
        loans=[_loan(n) for n in range(int(printed["households_lent"]))],
    )

    row = _covered(facts).row(0, named=True)

    assert (row["granted"], row["granted_amount"]) == (8947, 31_460_000_000)
    assert round(row["granted_mean"] / FEN_PER_YUAN) == printed["granted_per_household"] == 35163
    assert row["used"] == 1193
    assert round(row["used_share"] / 10_000, 2) == printed["used_percent"] == 13.33


def test_the_township_s_parts_do_not_add_up_and_are_reported() -> None:
    values = {value.code: value for value in identity_values(load("dingyuan").at(DAY))}

    assert [found.code for found in identity_findings(load("dingyuan").at(DAY))] == ["township_parts"]
    assert (int(values["township_parts"].computed), int(values["township_parts"].printed)) == (2945, 2571)
    assert values["township_parts"].difference == -374
    assert values["granted_mean"].holds


def test_the_township_s_progress_is_6_02_percent_of_its_task(printed: dict[str, float]) -> None:
    lent = int(printed["township_lent"]) * FEN_PER_YUAN
    task = {"place_code": "999901101", "starts_on": SINCE, "ends_on": date(2017, 11, 30)}
    facts = ledger(
        tasks=[task | {"amount": int(printed["township_task"]) * FEN_PER_YUAN}],
        loans=[_loan(n, amount=lent // 16) for n in range(16)],
        households=[_home(n) for n in range(16)],
    )

    found = progress(facts, loan_book(facts, as_of=DAY), since=SINCE, as_of=DAY)

    assert found["lent_amount"].item() == lent
    assert round(found["task_share"].item() / 10_000, 2) == printed["township_task_percent"] == 6.02


# --- coverage ---


def test_shares_are_of_all_of_registered_and_of_granted_households() -> None:
    facts = ledger(
        households=[_home(n) for n in range(5)],
        registrations=[_registered(0), _registered(1, "lifted"), _registered(2, "ordinary")],
        ratings=[_rating(0), _rating(0, indicator="land"), _rating(2)],
        credit_lines=[_line(0, 3_000_000), _line(2, 5_000_000)],
        loans=[_loan(0, amount=2_000_000), _loan(4)],
    )

    row = _covered(facts).row(0, named=True)

    assert (row["households"], row["registered"], row["rated"], row["registered_rated"]) == (5, 2, 2, 1)
    assert (row["rated_share"], row["registered_rated_share"]) == (400_000, 500_000)
    assert (row["granted"], row["granted_share"], row["granted_mean"]) == (2, 400_000, 4_000_000)
    assert (row["used"], row["granted_used"], row["used_share"]) == (2, 1, 500_000)
    assert (row["used_amount"], row["used_mean"]) == (7_000_000, 3_500_000)


def test_a_household_that_became_ordinary_is_no_longer_registered() -> None:
    later = _registered(1, "ordinary", date(2017, 1, 1))

    row = _covered(ledger(households=[_home(1)], registrations=[_registered(1), later])).row(0, named=True)

    assert row["registered"] == 0


@pytest.mark.parametrize(("granted", "expires", "counts"), [
    (DAY, LATER, 1), (date(2017, 5, 31), LATER, 0), (SINCE, DAY, 1), (SINCE, date(2017, 5, 29), 0),
])  # fmt: skip
def test_a_line_counts_from_its_grant_to_its_last_day(granted: date, expires: date, counts: int) -> None:
    facts = ledger(
        households=[_home(1)], credit_lines=[_line(1, 1_000_000, granted_on=granted, expires_on=expires)]
    )

    row = _covered(facts).row(0, named=True)

    assert row["granted"] == (counts or None if granted > DAY else counts)


def test_a_later_line_of_the_same_bank_takes_the_place_of_the_earlier_one() -> None:
    again = _line(1, 5_000_000, line_id="C1-2", granted_on=date(2017, 5, 1))
    other = _line(1, 1_000_000, line_id="C1-3", bank="B2")

    row = _covered(ledger(households=[_home(1)], credit_lines=[_line(1, 3_000_000), again, other])).row(
        0, named=True
    )

    assert (row["granted"], row["granted_amount"]) == (1, 6_000_000)


def test_what_the_ledger_does_not_hold_is_null_and_not_zero() -> None:
    row = _covered(ledger(households=[_home(1)], loans=[_loan(1)])).row(0, named=True)

    assert (row["rated"], row["rated_share"], row["granted"], row["granted_share"]) == (None,) * 4
    assert row["used"] == 1


def test_a_rated_frame_takes_the_place_of_the_ledger_s_ratings() -> None:
    rated = pl.DataFrame({"household_id": ["H1", "H2", "H2"]})

    row = _covered(ledger(households=[_home(n) for n in range(4)]), rated=rated).row(0, named=True)

    assert (row["rated"], row["rated_share"]) == (2, 500_000)


def test_a_bank_has_lines_and_loans_but_no_share_of_households() -> None:
    facts = ledger(
        households=[_home(n) for n in range(3)],
        ratings=[_rating(0), _rating(1, bank=None)],
        credit_lines=[_line(0, 3_000_000), _line(1, 2_000_000, bank="B2")],
        loans=[_loan(0), _loan(2, bank="B2")],
    )

    rows = {row["bank"]: row for row in _covered(facts, by="bank").to_dicts()}

    assert (rows["B1"]["rated"], rows["B1"]["granted"], rows["B1"]["used_share"]) == (1, 1, 1_000_000)
    assert (rows["B2"]["rated"], rows["B2"]["granted"], rows["B2"]["used_share"]) == (0, 1, 0)
    assert rows["B1"]["households"] is None
    assert rows["B1"]["rated_share"] is None


@pytest.mark.parametrize("by", ["township_code", "village_code"])
def test_places_add_up_and_their_users_are_those_of_the_statistics(by: str) -> None:
    lags = {lag.code: lag.now.days for lag in load("yanchi").at(UNTIL).knowledge}
    county = frames(simulate(CountySpec(seed=5, loans=300, until=UNTIL)), lags)
    book = loan_book(county, as_of=UNTIL)

    places = coverage(county, book, as_of=UNTIL, by=by)
    whole = coverage(county, book, as_of=UNTIL).row(0, named=True)

    for name in ("households", "registered", "granted", "granted_amount", "used", "used_amount"):
        assert places[name].sum() == whole[name]
    counted = statistics(movements(book.clear(), book), as_of=UNTIL).row(0, named=True)
    assert (whole["used"], whole["used_amount"]) == (counted["closing_households"], counted["closing_amount"])


# --- tasks ---


def _task(place: str, amount: int, **more: Any) -> dict[str, Any]:
    return {"place_code": place, "starts_on": SINCE, "ends_on": DAY, "amount": amount} | more


def _progress(facts: Frames, day: date = DAY) -> pl.DataFrame:
    return progress(facts, loan_book(facts, as_of=day), since=SINCE, as_of=day)


@pytest.mark.parametrize(("disbursed", "counts"), [
    (date(2017, 3, 7), 0), (SINCE, 1), (DAY, 1), (date(2017, 5, 31), 0),
])  # fmt: skip
def test_a_loan_counts_towards_a_task_on_its_first_and_last_day(disbursed: date, counts: int) -> None:
    facts = ledger(
        households=[_home(1)], loans=[_loan(1, disbursed_on=disbursed)], tasks=[_task("999901101", 1_000_000)]
    )

    found = _progress(facts, date(2017, 5, 31))

    assert found["lent_loans"].item() == counts


def test_a_renewal_lends_nothing_anew() -> None:
    facts = ledger(
        households=[_home(1)],
        loans=[
            _loan(1, kind="renewal", continues_loan_id="L0"),
            _loan(2, household_id="H1", kind="top_up", amount=1_000_000),
        ],
        tasks=[_task("999901101", 10_000_000)],
    )

    assert _progress(facts)["lent_amount"].item() == 1_000_000


def test_tasks_of_every_level_count_the_loans_of_their_places() -> None:
    facts = ledger(
        households=[_home(1), _home(2, "999901101202"), _home(3, "999901102201")],
        loans=[_loan(n, amount=1_000_000) for n in (1, 2, 3)],
        tasks=[_task(p, 4_000_000) for p in ("999901", "999901101", "999901101202", "999901103")],
    )

    lent = dict(_progress(facts).select("place_code", "lent_amount").iter_rows())

    assert lent == {"999901": 3_000_000, "999901101": 2_000_000, "999901101202": 1_000_000, "999901103": 0}


def test_the_county_s_progress_is_of_its_townships_where_it_has_no_task_of_its_own() -> None:
    townships = [_task("999901101", 4_000_000), _task("999901102", 4_000_000)]
    facts = ledger(households=[_home(1)], loans=[_loan(1, amount=1_000_000)], tasks=townships)
    own = ledger(
        households=[_home(1)],
        loans=[_loan(1, amount=1_000_000)],
        tasks=[*townships, _task("999901", 2_000_000)],
    )

    assert county_share(_progress(facts)) == 125_000
    assert county_share(_progress(own)) == 500_000
    assert county_share(_progress(ledger())) is None


def test_of_two_tasks_of_a_place_the_later_one_counts() -> None:
    later = _task("999901101", 2_000_000, starts_on=date(2017, 4, 1))
    facts = ledger(
        households=[_home(1)],
        loans=[_loan(1, amount=1_000_000)],
        tasks=[_task("999901101", 8_000_000), later],
    )

    shares = task_shares(_progress(facts), digits=9)

    assert shares["task_share"].to_list() == [500_000]


def test_a_task_that_is_not_known_yet_or_long_over_is_left_out() -> None:
    over = _task("999901101", 1, starts_on=date(2016, 1, 1), ends_on=date(2017, 3, 7))
    unknown = _task("999901102", 1, known_on=date(2017, 6, 1))

    assert _progress(ledger(tasks=[over, unknown])).is_empty()


def test_repaid_loans_still_count_towards_a_task() -> None:
    facts = ledger(
        households=[_home(1)], loans=[_loan(1)], repayments=[paid(date(2017, 5, 1), principal=5_000_000)],
        tasks=[_task("999901101", 5_000_000)],
    )  # fmt: skip

    assert _progress(facts)["task_share"].item() == 1_000_000
