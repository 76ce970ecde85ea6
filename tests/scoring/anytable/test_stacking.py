"""The learners that are tried on a table, and what weighs them."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from app.scoring.anytable.columns import Column, Kind, cells
from app.scoring.anytable.fitting import Learning, fit_table
from app.scoring.anytable.lines import LineRecipe, fit_lines
from app.scoring.anytable.model import TableModel
from app.scoring.anytable.ranks import fit_rates
from app.scoring.anytable.stacking import weigh
from app.scoring.logistic import expit
from app.scoring.tabulate import tabulate
from tests.scoring.anytable.conftest import Train, invented, spec

ROWS = 3_000
RNG = np.random.default_rng(3)
NUMBERS = RNG.normal(size=(ROWS, 3))
BAD = (RNG.random(ROWS) < expit(NUMBERS @ np.array([1.2, -0.8, 0.4]) - 1.0)).astype(np.float64)
NAMES = ("a", "b", "c")


def margins(dump: dict[str, Any], values: NDArray[np.float64]) -> NDArray[np.float64]:
    tables = tabulate(dump)
    return np.asarray(tables.to_log_odds(tables.contributions(values)[1]))


def test_lines_are_nearly_a_logistic_regression() -> None:
    plain = LogisticRegression().fit(NUMBERS, BAD).decision_function(NUMBERS)

    found = margins(fit_lines(NUMBERS, BAD, NAMES, (0, 0, 0), LineRecipe()), NUMBERS)

    assert np.corrcoef(plain, found)[0, 1] > 0.995
    assert roc_auc_score(BAD, found) == pytest.approx(roc_auc_score(BAD, plain), abs=0.001)


def test_no_line_goes_against_its_sign_and_a_constant_or_empty_column_has_none() -> None:
    values = np.column_stack([NUMBERS[:, :2], np.ones(ROWS)])
    values[:, 1] = np.nan
    steps = np.column_stack([np.linspace(-3, 3, 50), np.full(50, np.nan), np.ones(50)])

    found = margins(fit_lines(values, BAD, NAMES, (-1, 0, 0), LineRecipe()), steps)

    assert np.ptp(found) == 0.0
    assert found[0] == pytest.approx(np.log(BAD.mean() / (1 - BAD.mean())), abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.booleans(), st.integers(0, 10_000))
def test_every_bin_of_a_line_gets_its_own_step_and_missing_its_own_weight(
    different: int,
    gaps: bool,  # noqa: FBT001
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    column = np.round(rng.choice(rng.normal(size=different), 400), 6)
    bad = (rng.random(400) < expit(column)).astype(np.float64)
    if gaps:
        column[rng.random(400) < 0.2] = np.nan
    bad[:2] = 0.0, 1.0
    known = np.unique(column[~np.isnan(column)])

    found = margins(fit_lines(column[:, None], bad, ("a",), (0,), LineRecipe()), known[:, None])

    change = np.diff(found)
    assert (change >= -1e-9).all() or (change <= 1e-9).all()


def test_a_learner_that_says_nothing_gets_no_weight_and_the_last_speaks_alone() -> None:
    truth = NUMBERS @ np.array([1.2, -0.8, 0.4]) - 1.0
    noise, wrong = RNG.normal(size=ROWS), -truth

    weights = weigh(np.column_stack([truth, noise, wrong]), BAD, 5.0)
    alone = weigh(np.column_stack([wrong, wrong]) / 4, BAD, 5.0)

    assert weights[1:] == [0.0, 0.0]
    assert weights[0] == 1.0
    assert sorted(alone) == [0.0, 1.0]


def test_two_halves_of_the_truth_share_the_weight() -> None:
    halves = NUMBERS * np.array([1.2, -0.8, 0.4])

    weights = weigh(np.column_stack([halves[:, 0], halves[:, 1:].sum(axis=1)]), BAD, 5.0)

    assert weights == [pytest.approx(1.0, abs=0.2)] * 2


def many_words(rows: int) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    rng = np.random.default_rng(11)
    income = rng.normal(size=rows)
    bad = (rng.random(rows) < expit(income - 1.0)).astype(np.float64)
    words = [f"employer {k}" for k in rng.integers(0, rows // 12, rows)]
    return pl.DataFrame({"income": income, "employer": words}), bad


COLUMNS = (Column(source="income", kind=Kind.NUMBER), Column(source="employer", kind=Kind.CATEGORY))


def test_words_that_say_nothing_do_not_drown_what_does() -> None:
    learn, bad = many_words(1_200)
    rows, truth = learn[:900], learn[900:]

    model = fit_table(rows, COLUMNS, bad[:900], spec())

    own = roc_auc_score(bad[900:], truth["income"])
    assert roc_auc_score(bad[900:], model.predict(truth).pd) > own - 0.02


def test_a_row_does_not_know_its_own_outcome_through_a_sparse_category() -> None:
    frame, bad = many_words(1_200)
    levels = (tuple(frame["employer"].unique().sort()),)
    learning = Learning(columns=COLUMNS, levels=levels, cells=cells(frame, COLUMNS, levels), bad=bad)
    rows, codes = np.arange(1_200), learning.cells.codes[:, 0]

    honest = learning.encoded(rows, spec())[:, 0]
    own = fit_rates(codes, bad, len(levels[0]), 10.0, 5)[codes]

    known = ~np.isnan(honest)
    assert roc_auc_score(bad[known], own[known]) > 0.6
    assert roc_auc_score(bad[known], honest[known]) < 0.55


def test_the_artefact_tells_what_was_tried(train: Train) -> None:
    found = TableModel.load(train(invented(), id="no", cv=2)["out"])

    assert [each["learner"] for each in found.tried] == ["trees", "additive trees", "lines"]
    assert all(0.3 < each["logloss"] < 0.7 for each in found.tried)
    assert 0.8 < sum(each["weight"] for each in found.tried) < 1.4
