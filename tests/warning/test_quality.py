from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from app.warning.quality import judged_warnings, warning_quality

END = date(2025, 6, 30)
SAID = {"loan_id": pl.String, "as_of": pl.Date, "light": pl.String, "township_code": pl.String}
LOANS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["A", "B"]), st.lists(
        st.tuples(st.integers(-20, 90), st.sampled_from(["green", "yellow", "red"])), max_size=3,
    )), min_size=1, max_size=25,
)  # fmt: skip


def said(*rows: tuple[str, int, str], town: str = "T") -> pl.DataFrame:
    told = [(loan, END - timedelta(days=before), light, town) for loan, before, light in rows]
    return pl.DataFrame(told, schema=SAID, orient="row")


def outcomes(**bad: bool) -> pl.DataFrame:
    return pl.DataFrame({"loan_id": list(bad), "matures_on": [END] * len(bad), "bad": list(bad.values())})


def visits(*rows: tuple[str, int]) -> pl.DataFrame:
    told = [(loan, END - timedelta(days=before)) for loan, before in rows]
    return pl.DataFrame(told, schema={"loan_id": pl.String, "visited_on": pl.Date}, orient="row")


def test_lead_time_runs_from_the_first_warning_to_maturity() -> None:
    history = said(("L", 90, "green"), ("L", 60, "yellow"), ("L", 30, "red"), ("L", 10, "green"))

    row = judged_warnings(history, outcomes(L=True), visits()).row(0, named=True)

    assert (row["lead_days"], row["red_lead_days"], row["seen"], row["month"]) == (60, 30, True, "2025-06")


def test_a_light_after_maturity_warns_of_nothing() -> None:
    found = warning_quality(judged_warnings(said(("L", -5, "red")), outcomes(L=True), visits()), ())

    assert found.select("unseen", "misses", "hits").row(0) == (1, 1, 0)


def test_visits_after_a_warning_that_proved_false_are_its_cost() -> None:
    history = said(("good", 30, "yellow"), ("bad", 30, "red"), ("calm", 30, "green"))
    seen = visits(("good", 20), ("good", 10), ("bad", 20), ("good", 40), ("good", -1), ("calm", 5))

    judged = judged_warnings(history, outcomes(good=False, bad=True, calm=False), seen)
    found = warning_quality(judged).row(0, named=True)

    assert (found["township_code"], found["visits"], found["false_visits"]) == ("T", 3, 2)
    assert found["false_alarms_per_visit"] == 2 / 3
    assert (found["hits"], found["false_alarms"], found["right_silence"], found["hit_rate"]) == (1, 1, 1, 1.0)


def test_without_defaults_or_visits_there_is_no_share() -> None:
    found = warning_quality(judged_warnings(said(), outcomes(L=False), visits()), ()).row(0, named=True)

    assert (found["hit_rate"], found["false_alarms_per_visit"], found["median_lead_days"]) == (None,) * 3


@given(LOANS)
@settings(max_examples=40, deadline=None)
def test_every_matured_loan_is_counted_once_however_it_is_grouped(
    drawn: list[tuple[bool, str, list[tuple[int, str]]]],
) -> None:
    rows = [
        said(*((f"L{n}", before, light) for before, light in history), town=town)
        for n, (_, town, history) in enumerate(drawn)
    ]
    judged = judged_warnings(
        pl.concat(rows), outcomes(**{f"L{n}": bad for n, (bad, _, _) in enumerate(drawn)}), visits()
    )

    grouped, whole = warning_quality(judged), warning_quality(judged, ()).row(0, named=True)

    assert grouped["loans"].sum() == whole["loans"] == len(drawn)
    for name in ("hits", "misses", "false_alarms", "right_silence", "unseen"):
        assert grouped[name].sum() == whole[name]
    assert whole["hits"] + whole["misses"] == whole["defaults"] == sum(bad for bad, _, _ in drawn)
    assert sum(whole[n] for n in ("hits", "misses", "false_alarms", "right_silence")) == len(drawn)
