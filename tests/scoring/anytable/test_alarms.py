from typing import Any

import numpy as np
import polars as pl
import pytest

from app.domain.errors import TrainingError
from app.scoring.anytable.alarms import alarms, stop_at
from app.scoring.anytable.reading import check_table
from tests.scoring.anytable.conftest import invented, spec

TABLE = invented().drop("no", "sex")
BAD = TABLE["bad"].to_numpy()
RNG = np.random.default_rng(1)
LEAKS: dict[str, tuple[Any, str]] = {
    "a number that follows the outcome": (BAD + RNG.normal(size=600) * 0.2, "separates"),
    "words that follow the outcome": (np.where(BAD == 1, "court", "paid"), "separates"),
    "a date after the day of knowledge": (TABLE["day"].dt.offset_by("3d"), "later"),
    "words that differ in every row": ([f"L{k * 7919 % 600}" for k in range(600)], "id"),
    "numbers of rows": (RNG.permutation(600) + 1000, "id"),
    "numbers of persons": (RNG.permutation(600) * 9973 + 64_000_000_000_000_000, "id"),
    "numbers of rows, ten apart": (RNG.permutation(600) * 10 + 50, "id"),
    "numbers of persons, too long for a float": (
        [str(640_323_196_001_010_000 + 37 * k) for k in RNG.permutation(600)], "id"),
    "a number whose ends follow the outcome": (
        np.where(BAD == 1, RNG.choice([-3, 3], 600), 0) + RNG.normal(size=600) * 0.3, "separates"),
    "words of few rows that follow the outcome": (
        np.where(BAD == 1, RNG.choice(["court", "written off"], 600), RNG.choice(["paid", "new"], 600)),
        "separates"),
    "gaps that follow the outcome": (
        [None if g else 1.0 * k for k, g in enumerate((BAD == 1) & (RNG.random(600) < 0.7))], "missing"),
}  # fmt: skip


HONEST: dict[str, Any] = {
    "a strong number": BAD * 2.33 + RNG.normal(size=600),
    "strong words": np.where(RNG.random(600) < 0.9, BAD, 1 - BAD).astype(str),
    "incomes in whole yuan, all different": RNG.choice(np.arange(3_000, 300_000), 600, replace=False),
    "large sums in fen": np.round(np.exp(RNG.normal(20, 0.4, 600))).astype(int),
    "gaps a little more often among the bad": [
        None if g else float(k * k) for k, g in enumerate(RNG.random(600) < 0.2 + 0.15 * BAD)],
    "dates of birth": np.datetime64("1960-01-01") + RNG.integers(0, 12_000, 600),
    "the day of knowledge itself": TABLE["day"],
}  # fmt: skip


def codes(frame: pl.DataFrame) -> list[tuple[str, str]]:
    return [(a.column, a.code) for a in alarms(check_table(frame, spec(date="day")), spec(date="day"))]


def test_an_honest_table_raises_no_alarm() -> None:
    assert codes(TABLE) == []


@pytest.mark.parametrize("case", LEAKS)
def test_every_kind_of_leak_is_named(case: str) -> None:
    values, code = LEAKS[case]

    assert ("leak", code) in codes(TABLE.with_columns(pl.Series("leak", values)))


@pytest.mark.parametrize("case", HONEST)
def test_near_misses_raise_no_alarm(case: str) -> None:
    assert codes(TABLE.with_columns(pl.Series("honest", HONEST[case]))) == []


def test_categories_that_are_many_and_tell_nothing_do_not_separate() -> None:
    many = pl.Series("village of birth", RNG.integers(0, 150, 600)).cast(pl.String) + "号"

    assert codes(TABLE.with_columns(many)) == []


def test_training_stops_at_alarms_and_says_which_columns_to_refuse() -> None:
    leaky = check_table(TABLE.with_columns(leak=BAD * 2.0), spec())

    with pytest.raises(TrainingError, match="--refuse leak, or --allow-leaks") as caught:
        stop_at(alarms(leaky, spec()))

    assert "泄漏" in caught.value.problem.zh
