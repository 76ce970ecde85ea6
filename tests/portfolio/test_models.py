"""Model villages and households among invented ones."""

from datetime import date
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.policy.policy import Rules, load
from app.portfolio.book import loan_book
from app.portfolio.models import HOUSEHOLD_COLUMNS, VILLAGE_COLUMNS, model_households, model_villages
from app.simulation import CountySpec, frames, simulate
from tests.portfolio.test_ladder import county, mark, year

DAY = date(2020, 6, 1)
RULES = load("fengjie").at(DAY)


def households(found: Frames, rules: Rules = RULES, number: int = 2019) -> list[str]:
    book = loan_book(found, as_of=DAY)
    chosen = model_households(found, book, rules, as_of=DAY, year=number)
    return chosen.get_column("household_id").to_list()


def at(found: Frames, village: str, *homes: str) -> Frames:
    moved = pl.when(pl.col("household_id").is_in(list(homes))).then(pl.lit(village))
    placed = found["households"].with_columns(moved.otherwise("village_code").alias("village_code"))
    return Frames.of({**found.tables, "households": placed})


def test_years_on_time_count_first_then_what_was_repaid() -> None:
    years = [
        year(2019, who="H1"), year(2018, who="H2"), year(2019, who="H2"),
        year(2019, who="H3", yuan=50_000), year(2018, who="H4"),
    ]  # fmt: skip

    assert households(county(*years, homes=("H1", "H2", "H3", "H4"))) == ["H2", "H3", "H1"]


def test_the_late_the_overdue_and_the_marked_are_left_out() -> None:
    years = [
        year(2019, who="H1", days_late=1), year(2019, who="H2"), year(2018, who="H3", days_late=None),
        year(2019, who="H3"), year(2019, who="H4"),
    ]  # fmt: skip
    found = county(*years, homes=("H1", "H2", "H3", "H4"), credit_marks=[mark("H2")])

    assert households(found) == ["H4"]


def test_a_village_is_chosen_by_the_share_that_repaid_and_never_with_anything_overdue() -> None:
    years: list[Any] = [year(2019, who=f"H{n}") for n in (1, 2, 3, 5)]
    years += [year(2018, who="H4"), year(2018, who="H6", days_late=None)]
    found = county(*years, homes=tuple(f"H{n}" for n in range(1, 7)))
    placed = at(at(found, "999901101202", "H2", "H4"), "999901101203", "H5", "H6")

    chosen = model_villages(placed, loan_book(placed, as_of=DAY), RULES, as_of=DAY, year=2019)

    assert tuple(chosen.columns) == VILLAGE_COLUMNS
    assert chosen.select("rank", "village_code", "on_time_share").rows() == [
        (1, "999901101201", 1.0),
        (2, "999901101202", 0.5),
    ]


def test_no_more_are_chosen_than_the_pack_says_and_always_the_same() -> None:
    spec = CountySpec(seed=5, loans=300, until=date(2024, 6, 30))
    lags = {lag.code: lag.now.days for lag in RULES.knowledge}
    found = frames(simulate(spec), lags)
    book = loan_book(found, as_of=spec.until)

    once, again = (
        model_households(found, part, RULES, as_of=spec.until, year=2023)
        for part in (book, book.sample(fraction=1, shuffle=True, seed=1))
    )

    assert tuple(once.columns) == HOUSEHOLD_COLUMNS
    assert 0 < once.height <= RULES.parameters["model_households"]
    assert once.equals(again)
    villages = model_villages(found, book, RULES, as_of=spec.until, year=2023)
    assert 0 < villages.height <= RULES.parameters["model_villages"] == 30
