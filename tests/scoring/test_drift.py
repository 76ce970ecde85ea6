from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scoring.drift import (
    SCORE,
    Histogram,
    Reference,
    against_past,
    pooled,
    reference_of,
    stability,
)
from app.scoring.pd_model import Estimator
from app.scoring.training import Artefact

COUNTS = st.lists(st.integers(5, 400), min_size=2, max_size=10)
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 250)), min_size=1, max_size=120
)


def loans(drawn: list[tuple[int, int, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "loan_id": [f"L{n}" for n in range(len(drawn))],
            "village_code": [f"640323{town:03}{village:03}" for town, village, _ in drawn],
            "matures_on": [date(2025, 1, 1) + timedelta(days=day) for *_, day in drawn],
        }
    )


@given(COUNTS)
@settings(max_examples=40, deadline=None)
def test_the_index_of_identical_samples_is_nothing_and_within_its_band(counts: list[int]) -> None:
    found = stability(np.array(counts), counts)

    assert found.psi == found.low == 0.0
    assert found.high >= 0.0
    assert found.noise > 0.0
    assert found.verdict(least=1, watch=0.1, act=0.25) == "stable"


@given(COUNTS, st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_bands_and_noise_shrink_with_the_number_of_loans(counts: list[int], place: int) -> None:
    moved = np.array(counts)
    moved[place % len(moved)] *= 2

    small, large = (stability(moved * k, [c * k for c in counts]) for k in (1, 100))

    assert large.high - large.low < max(small.high - small.low, 1e-3)
    assert large.noise < small.noise


def test_chance_alone_seldom_exceeds_the_noise() -> None:
    rng = np.random.default_rng(3)
    shares = np.full(8, 1 / 8)
    reference = rng.multinomial(2000, shares).tolist()

    found = [stability(rng.multinomial(60, shares), reference) for _ in range(300)]

    beyond = np.mean([each.psi > each.noise for each in found])
    assert 0.01 < beyond < 0.12
    assert np.mean([each.psi > 0.1 for each in found]) > 0.3  # the customary bound would cry wolf
    assert not [each for each in found if each.verdict(least=50, watch=0.1, act=0.25) == "drifted"]


def test_a_real_shift_is_a_drift_and_few_loans_are_too_few() -> None:
    reference, moved = [400, 300, 200, 100, 0], np.array([50, 60, 150, 240, 0])

    assert stability(moved, reference).verdict(least=100, watch=0.1, act=0.25) == "drifted"
    assert stability(moved // 50, reference).verdict(least=100, watch=0.1, act=0.25) == "too_few"


BOUNDS = {"least": 50, "watch": 0.1, "act": 0.25}


def test_what_moves_every_year_is_no_drift_and_what_never_moved_is() -> None:
    rng = np.random.default_rng(5)
    restless = [rng.normal(mean, 0.3, 150) for mean in (-1.0, 1.2, -0.4, 0.6)]
    steady = [rng.normal(0.0, 1.0, 150) for _ in range(4)]

    usual, strange = (against_past(rng.normal(mean, 0.3, 150), restless) for mean in (0.2, 4.0))
    moved, same = (against_past(rng.normal(mean, 1.0, 150), steady) for mean in (2.0, 0.0))

    assert usual.low > BOUNDS["act"]  # chance alone would call it a drift
    verdicts = [each.verdict(**BOUNDS) for each in (usual, strange, moved, same)]
    assert verdicts == ["stable", "drifted", "drifted", "stable"]


def test_years_without_change_are_seldom_called_a_drift() -> None:
    rng = np.random.default_rng(6)

    verdicts = [
        against_past(rng.normal(size=60), [rng.normal(size=60) for _ in range(3)]).verdict(**BOUNDS)
        for _ in range(200)
    ]

    assert verdicts.count("drifted") == 0
    assert verdicts.count("watch") < 20


@given(ROWS, st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_pooling_keeps_every_loan_once_and_only_the_last_level_is_too_small(
    drawn: list[tuple[int, int, int]], least: int
) -> None:
    rows = loans(drawn)

    found = pooled(rows, least=least)

    assert found["loan_id"].to_list() == rows["loan_id"].to_list()
    assert found.select(pl.col("village_code").str.starts_with(pl.col("place")).all()).item()
    groups = found.group_by("place", "period").agg(pl.len(), pl.col("too_few").first())
    assert groups.select((pl.col("too_few") == (pl.col("len") < least)).all()).item()
    assert groups.filter(pl.col("too_few") & ~pl.col("period").str.contains("Q")).is_empty()


def test_a_village_with_enough_loans_stands_alone_and_the_rest_is_its_township() -> None:
    rows = loans([(1, 1, 0)] * 5 + [(1, 2, 0)] * 2 + [(1, 3, 0)] * 3)

    found = pooled(rows, least=5).group_by("place", "rest").len().sort("place")

    assert found.rows() == [("640323001", True, 5), ("640323001001", False, 5)]


@pytest.mark.parametrize("values", [[0.0] * 95 + [1.0, 2.0], [1.0] * 9, [np.nan] * 4, list(range(50))])
def test_a_histogram_counts_everything_and_tells_rare_values_apart(values: list[float]) -> None:
    array = np.array(values, np.float64)

    found = Histogram.of(array)

    assert sum(found.counts) == len(values)
    assert found.count(array).tolist() == list(found.counts)
    known = {v for v in values if not np.isnan(v)}
    assert (len(found.edges) > 0) == (len(known) > 1)


def test_a_reference_is_read_back_as_it_was_written() -> None:
    values = np.random.default_rng(1).normal(size=(200, 2))
    made = reference_of(values, ["a", "b"], values[:, 0], landmark_days=30)

    assert Reference.from_dict(made.to_dict()) == made
    assert set(made.histograms) == {"a", "b", SCORE}
    broken = made.to_dict() | {"histograms": {"a": {"edges": [1.0], "counts": [1]}}}
    with pytest.raises(ValueError, match="fit"):
        Reference.from_dict(broken)


def test_an_artefact_keeps_what_it_learnt_from_at_the_formal_landmark(
    artefact: Artefact, estimator: Estimator, rows: pl.DataFrame
) -> None:
    formal = rows.filter((pl.col("ends_on") - pl.col("as_of")).dt.total_days() == 30)
    start = date.fromisoformat(artefact.manifest["split"]["test"])

    kept = estimator.reference

    assert kept is not None
    assert (kept.landmark_days, kept.rows) == (30, formal.filter(pl.col("ends_on") < start).height)
    assert set(kept.histograms) == {SCORE, *(feature.name for feature in estimator.features)}
    assert sum(kept.histograms[SCORE].counts) == formal.filter(pl.col("ends_on") >= start).height
    assert len(artefact.files["reference.json"]) < 100_000
