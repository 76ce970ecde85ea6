import itertools

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.words import Light
from app.warning.lights import worst
from tests.warning.simulated import estimates, frame, judge, judge_one, loan, rules

RULES = rules()
RANKS = {light.value: light.rank for light in Light}
LIGHTS = st.sampled_from([*RANKS, None])
# Features in which more (or less, where true) is worse, whatever else is known of the loan.
ADVERSE = (
    ("principal_days_late", False), ("interest_days_late", False), ("contact_lost", False),
    ("illness_12m", False), ("times_renewed", False), ("income_per_head_12m_yuan", True),
    ("production_last", True),
)  # fmt: skip
DAYS = st.integers(min_value=0, max_value=60).map(float)
AGES = st.none() | st.integers(min_value=0, max_value=400).map(float)
PPM = st.integers(min_value=0, max_value=1_000_000)
SOME = settings(max_examples=25, deadline=None)


def _light(pd_ppm: int | None = None, **differences: object) -> str:
    estimated = estimates({"pd_ppm": pd_ppm})
    light: str = judge(frame(loan(**differences)), RULES, estimated=estimated)["light"][0]
    return light


@pytest.mark.parametrize(
    ("pd_ppm", "light"),
    [
        (0, "green"),
        (49_999, "green"),
        (50_000, "yellow"),
        (199_999, "yellow"),
        (200_000, "red"),
        (None, "green"),
    ],
)
def test_the_model_turns_a_light_exactly_at_the_thresholds(pd_ppm: int | None, light: str) -> None:
    assert _light(pd_ppm) == light


def test_a_light_names_the_threshold_that_the_estimate_met() -> None:
    estimated = estimates({"pd_ppm": 60_000}, {"pd_ppm": 10}, {"pd_ppm": None})

    judged = judge(frame(loan(), loan(), loan()), RULES, estimated=estimated)

    assert judged["model_light"].to_list() == ["yellow", "green", None]
    assert judged["pd_threshold_ppm"].to_list() == [50_000, None, None]


def test_a_clean_loan_is_green_without_any_reason() -> None:
    judged = judge_one(RULES)

    assert judged["light"] == "green"
    assert (judged["triggers"], judged["data_gaps"], judged["guards"]) == ([], [], [])


def test_a_loan_that_nobody_visited_is_yellow_with_a_mark_of_its_own() -> None:
    judged = judge_one(RULES, days_since_visit=None)

    assert (judged["light"], judged["data_gap"]) == ("yellow", True)
    assert judged["data_gaps"] == [
        {"code": "visit", "state": "missing", "age_days": None, "max_age_days": 180}
    ]


@pytest.mark.parametrize(("age", "gap"), [(180.0, False), (181.0, True)])
def test_evidence_is_stale_the_day_after_its_longest_age(age: float, *, gap: bool) -> None:
    judged = judge_one(RULES, days_since_visit=age)

    assert judged["data_gap"] is gap
    assert [g["state"] for g in judged["data_gaps"]] == ["stale"] * gap


def test_evidence_is_asked_for_only_where_the_pack_requires_it() -> None:
    early, late = (judge_one(RULES, days_since_income=None, days_to_maturity=d) for d in (91.0, 90.0))

    assert (early["data_gap"], late["data_gap"]) == (False, True)


def test_evidence_whose_narrowing_cannot_be_known_is_required() -> None:
    assert judge_one(RULES, days_since_income=None, days_to_maturity=None)["data_gap"]


def test_a_guard_keeps_a_renewed_loan_yellow_and_asks_for_a_second_person() -> None:
    judged = judge_one(RULES, times_renewed=2.0)

    assert (judged["light"], judged["second_person"]) == ("yellow", True)
    assert judged["guards"] == [{"code": "renewed_again", "light": "yellow"}]


def test_a_red_light_keeps_its_milder_reasons() -> None:
    judged = judge_one(RULES, contact_lost=1.0, days_since_visit=None, times_renewed=2.0)

    assert judged["light"] == "red"
    assert (len(judged["triggers"]), len(judged["data_gaps"]), len(judged["guards"])) == (1, 1, 1)


@given(lights=st.lists(LIGHTS, min_size=1, max_size=4))
def test_the_worst_light_is_the_same_in_any_order(lights: list[str | None]) -> None:
    orders = [list(order) for order in itertools.permutations(lights)]
    names = [f"light_{i}" for i in range(len(lights))]
    table = pl.DataFrame(orders, schema=dict.fromkeys(names, pl.String), orient="row")

    found = table.select(worst(*map(pl.col, names)))

    expected = Light.worst(*(light for light in Light if light.value in lights))
    assert found.to_series().unique().to_list() == [expected.value]


CASES = st.fixed_dictionaries(
    {"interest_days_late": DAYS, "principal_days_late": DAYS, "times_renewed": DAYS, "days_since_visit": AGES}
)


def _lights(cases: list[dict[str, float | None]], pd_ppm: list[int | None]) -> list[int]:
    estimated = estimates(*({"pd_ppm": ppm} for ppm in pd_ppm))
    judged = judge(frame(*(loan(**case) for case in cases)), RULES, estimated=estimated)
    return judged["light_rank"].to_list()


@SOME
@given(cases=st.lists(CASES, min_size=1), data=st.data())
def test_worse_evidence_never_improves_a_light(
    cases: list[dict[str, float | None]], data: st.DataObject
) -> None:
    worsened = []
    for case in cases:
        feature, lower = data.draw(st.sampled_from(ADVERSE))
        before = loan(**case)[feature]
        step = data.draw(st.integers(min_value=0, max_value=400))
        worsened.append(case | {feature: before - step if lower else before + step})

    better, worse = (_lights(some, [None] * len(cases)) for some in (cases, worsened))

    assert all(a <= b for a, b in zip(better, worse, strict=True))


@SOME
@given(cases=st.lists(st.tuples(CASES, PPM, PPM), min_size=1))
def test_a_higher_estimate_never_improves_a_light(
    cases: list[tuple[dict[str, float | None], int, int]],
) -> None:
    loans = [case for case, _, _ in cases]

    better = _lights(loans, [min(pair) for _, *pair in cases])
    worse = _lights(loans, [max(pair) for _, *pair in cases])

    assert all(a <= b for a, b in zip(better, worse, strict=True))


@SOME
@given(cases=st.lists(st.tuples(CASES, st.none() | PPM), min_size=1))
def test_missing_or_stale_evidence_is_never_green(
    cases: list[tuple[dict[str, float | None], int | None]],
) -> None:
    lights = _lights([case for case, _ in cases], [ppm for _, ppm in cases])

    ages = [case["days_since_visit"] for case, _ in cases]
    unseen = [light for age, light in zip(ages, lights, strict=True) if age is None or age > 180]
    assert all(light > 0 for light in unseen)
