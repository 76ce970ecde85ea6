from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pytest

from app.domain.errors import TrainingError
from app.scoring.crossfit import CrossfitRecipe, CrossFitted, Rows, crossfit
from app.scoring.logistic import expit

RECIPE = CrossfitRecipe(rounds=60, patience=10, repeats=((5_000, 2),))
NAMES = ("收入, 元", "days")


def table(n: int = 900) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(n, 2))
    values[rng.random(n) < 0.1, 0] = np.nan
    bad = (rng.random(n) < expit(np.nan_to_num(values[:, 0]) * 1.5 - 1)).astype(np.float64)
    return values, bad


def rows(values: np.ndarray, bad: np.ndarray, **more: Any) -> Rows:
    return Rows(values=values, bad=bad, **{"names": NAMES, **more})


@pytest.fixture(scope="module")
def fitted() -> CrossFitted:
    return crossfit(rows(*table()), RECIPE, 3)


def test_the_tables_give_the_mean_of_the_boosters_margins(fitted: CrossFitted) -> None:
    values, _ = table()
    boosters = [lightgbm.Booster(model_str=text) for text in fitted.texts]
    expected = np.mean([booster.predict(values, raw_score=True) for booster in boosters], axis=0)

    margins = fitted.tables.to_log_odds(fitted.tables.contributions(values)[1])

    assert len(boosters) == 10
    assert np.abs(margins - expected).max() < 1e-9


def test_the_margin_of_every_row_comes_from_boosters_that_did_not_learn_it(fitted: CrossFitted) -> None:
    values, _ = table()
    total, times = np.zeros(len(values)), np.zeros(len(values))

    for text, learn in zip(fitted.texts, fitted.learnt_on, strict=True):
        held = np.setdiff1d(np.arange(len(values)), learn)
        total[held] += lightgbm.Booster(model_str=text).predict(values[held], raw_score=True)
        times[held] += 1

    assert (times == 2).all()
    assert np.allclose(fitted.margins, total / 2, atol=1e-12)


def test_rows_of_a_group_are_held_out_together() -> None:
    values, bad = table()
    groups = np.array([f"household {k // 3}" for k in range(len(bad))])

    found = crossfit(rows(values, bad, groups=groups), RECIPE, 0)

    for learn in found.learnt_on:
        held = np.setdiff1d(np.arange(len(bad)), learn)
        assert not set(groups[learn]) & set(groups[held])
        assert 0.7 < len(learn) / len(bad) < 0.9


def test_a_sign_holds_in_every_booster() -> None:
    values, bad = table()

    found = crossfit(rows(values, bad, monotone=(1, 0)), RECIPE, 0)

    grid = np.stack([np.linspace(-3, 3, 50), np.zeros(50)], axis=1)
    for one in found.single:
        assert (np.diff(one.contributions(grid)[1]) >= 0).all()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(fitted: CrossFitted) -> None:
    again, other = (crossfit(rows(*table()), RECIPE, seed) for seed in (3, 4))

    assert again.texts == fitted.texts
    assert again.tables.to_bytes() == fitted.tables.to_bytes()
    assert np.array_equal(again.margins, fitted.margins)
    assert other.texts != fitted.texts


def test_folds_become_fewer_where_bad_rows_are_few_and_one_bad_row_is_too_few() -> None:
    values, bad = table(60)
    bad[:] = 0
    bad[:3] = 1

    found = crossfit(rows(values, bad), replace(RECIPE, repeats=()), 0)

    assert len(found.single) == 3
    with pytest.raises(TrainingError, match="fewer than two bad"):
        crossfit(rows(values, np.eye(60)[0]), RECIPE, 0)


def test_columns_that_say_nothing_leave_the_base_rate() -> None:
    _, bad = table()

    found = crossfit(rows(np.full((len(bad), 2), np.nan), bad), RECIPE, 0)

    assert np.allclose(expit(found.margins), bad.mean(), atol=0.01)


def test_what_is_encoded_is_learnt_from_the_rows_learnt_from_only() -> None:
    values, bad = table()
    asked: list[int] = []

    def encode(learn: np.ndarray) -> np.ndarray:
        asked.append(len(learn))
        return np.full((len(bad), 1), bad[learn].mean())

    found = crossfit(rows(values, bad, names=(*NAMES, "rate")), RECIPE, 0, encode)

    assert asked == [len(learn) for learn in found.learnt_on]
    assert found.tables.features == (*NAMES, "rate")


def test_more_rows_need_fewer_repeats_and_larger_leaves() -> None:
    recipe = CrossfitRecipe()

    assert [recipe.times(n) for n in (800, 8_000, 80_000)] == [3, 2, 1]
    assert [recipe.parameters(n, (), 0)["min_data_in_leaf"] for n in (100, 1_000, 9_000)] == [5, 20, 60]
    assert recipe.parameters(10**6, (), 0)["learning_rate"] > recipe.parameters(10, (), 0)["learning_rate"]


def test_very_many_rows_have_fewer_folds_and_rounds_where_the_recipe_says_so() -> None:
    recipe = CrossfitRecipe(huge_rows=1_000, huge_folds=2, huge_rounds=7, learning_rate=0.01, repeats=())
    rng = np.random.default_rng(1)
    values = rng.normal(size=(1_000, 2))
    bad = (rng.random(1_000) < 1.0 / (1.0 + np.exp(-2.0 * values[:, 0]))).astype(np.float64)

    bag = crossfit(Rows(values=values, bad=bad, names=("a", "b")), recipe, 0)

    assert len(bag.single) == 2
    assert [len(one.base) for one in bag.single] == [7, 7]
    assert CrossfitRecipe().parts(10**6) == CrossfitRecipe().parts(10)
