"""Laws of features on a simulated county: time only runs forward, and a row is the same in any company."""

from datetime import date, timedelta
from functools import cache

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME
from app.features.base import landmark_base, loan_base
from app.features.build import build
from app.features.context import Context
from app.simulation import CountySpec, frames, simulate

UNTIL = date(2024, 6, 30)
LAGS = {"incomes": 40, "repayments": 1, "households": 30, "prices": 20}
DAYS = st.dates(date(2020, 1, 1), UNTIL)
QUIET = settings(max_examples=12, deadline=None)


@cache
def county() -> Frames:
    simulated = frames(simulate(CountySpec(seed=3, loans=150, until=UNTIL, townships=3)), LAGS)
    return Frames.of({name: _corrected(name, frame) for name, frame in simulated.tables.items()})


def _corrected(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Add to every tenth fact a correction, known seventy days later, that changes its amounts."""
    numbers = [
        c.name for c in BY_NAME[name].columns if c.dtype == pl.Int64 and c.name not in BY_NAME[name].key
    ]
    some = frame.gather_every(10).with_columns(
        pl.col("known_on").dt.offset_by("70d"), pl.lit(2, pl.Int64).alias("version"), pl.col(numbers) + 100
    )
    return pl.concat([frame, some])


def _all(known: Frames, as_of: date, context: Context | None = None) -> pl.DataFrame:
    return build(known, loan_base(known, as_of=as_of), context=context or Context.of(known, [as_of]))


@QUIET
@given(day=DAYS)
def test_a_day_seen_from_all_facts_equals_the_day_seen_from_the_facts_known_then(day: date) -> None:
    context = Context.of(county(), [day])  # the first of the month, as known on that day

    assert _all(county(), day, context).equals(_all(county().as_of(day), day, context))


@QUIET
@given(day=DAYS, later=st.integers(0, 900))
def test_facts_known_later_never_change_an_earlier_row(day: date, later: int) -> None:
    horizon = day + timedelta(days=later)
    known_by_then = {n: f.filter(pl.col("known_on") <= horizon) for n, f in county().tables.items()}

    assert _all(Frames.of(known_by_then), day).equals(_all(county(), day))


@QUIET
@given(day=DAYS, data=st.data())
def test_a_loan_alone_has_the_same_bits_as_among_many(day: date, data: st.DataObject) -> None:
    together = _all(county(), day)
    if together.is_empty():
        return
    loan_id = data.draw(st.sampled_from(together["loan_id"].to_list()))
    household = together.filter(pl.col("loan_id") == loan_id)["household_id"][0]
    mine = _household(household)
    context = Context.of(county(), [day]).households_only([household])

    alone = build(mine, loan_base(mine, as_of=day, loan_ids=[loan_id]), context=context)

    assert alone.drop("row").equals(together.filter(pl.col("loan_id") == loan_id).drop("row"))


def test_rows_of_many_days_equal_the_rows_of_each_day() -> None:
    days = [date(2022, 3, 7), date(2023, 11, 30), date(2024, 6, 30)]
    single = pl.concat([_all(county(), day) for day in days])
    pairs = single.select("loan_id", "as_of")

    mixed = build(county(), landmark_base(county(), pairs), context=Context.of(county(), days))

    order = ["loan_id", "as_of"]
    assert mixed.drop("row").sort(order).equals(single.drop("row").sort(order))


def test_chunks_do_not_show() -> None:
    base = loan_base(county(), as_of=UNTIL)

    assert build(county(), base, chunk_rows=7).equals(build(county(), base))


def _household(household: str) -> Frames:
    loans = county()["loans"].filter(pl.col("household_id") == household)["loan_id"].unique()
    return Frames.of({name: _of(frame, household, loans) for name, frame in county().tables.items()})


def _of(frame: pl.DataFrame, household: str, loans: pl.Series) -> pl.DataFrame:
    if "household_id" in frame.columns:
        return frame.filter(pl.col("household_id") == household)
    return frame.filter(pl.col("loan_id").is_in(loans.implode())) if "loan_id" in frame.columns else frame
