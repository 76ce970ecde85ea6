from datetime import date

import numpy as np
import polars as pl
import pytest

from app.scoring.calibrating import METHODS, fit_calibration, method_for
from app.scoring.explanation_tables import FRACTION_BITS
from app.scoring.logistic import expit
from app.scoring.reliability import coverage, deciles, in_the_large, judged_loans

UNIT = 2.0**FRACTION_BITS


def _loans(n: int, seed: int, *, bend: float = 0.0) -> tuple[np.ndarray, pl.DataFrame, np.ndarray]:
    """Margins, rows and true probabilities of simulated loans; `bend` makes no straight line of them."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-2.2, 1.3, n)
    truth = expit(margin + bend * np.square(margin + 2.2))
    rows = pl.DataFrame(
        {
            "county": 0, "loan_id": np.arange(n), "bad": (rng.random(n) < truth).astype(float),
            "weight": 1.0,
            "township_code": [("A", "B", "A", None)[i % 4 if i % 100 == 3 else i % 2] for i in range(n)],
            "ends_on": [date(2022 + i % 2, 1, 1) for i in range(n)],
        }
    )  # fmt: skip
    return np.rint(margin * UNIT).astype(np.int64), rows, truth


@pytest.mark.parametrize(("n", "method"), [(500, "logistic"), (3_000, "beta"), (20_000, "venn_abers")])
def test_the_method_follows_the_number_of_defaults_and_says_so(n: int, method: str) -> None:
    margin, rows, _ = _loans(n, 1)

    fitted = fit_calibration(margin, rows, np.zeros(n), FRACTION_BITS)

    assert method_for(rows) == method
    assert fitted.method.startswith(METHODS[method])


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_finds_the_true_probabilities(method: str) -> None:
    margin, rows, truth = _loans(20_000, 2)

    pd, low, high = fit_calibration(margin, rows, np.zeros(20_000), FRACTION_BITS, method=method).apply(
        margin
    )

    assert np.abs(pd / 1e6 - truth).mean() < 0.01
    assert ((low <= truth * 1e6) & (truth * 1e6 <= high)).mean() > 0.85


def test_with_many_defaults_a_bent_curve_is_followed_where_a_line_cannot() -> None:
    margin, rows, truth = _loans(20_000, 3, bend=0.25)
    apart = {
        method: np.abs(
            fit_calibration(margin, rows, np.zeros(20_000), FRACTION_BITS, method=method).apply(margin)[0]
            / 1e6 - truth
        ).mean()
        for method in ("logistic", "venn_abers")
    }  # fmt: skip

    assert apart["venn_abers"] < 0.5 * apart["logistic"]


def test_deciles_and_groups_hold_every_loan_once() -> None:
    margin, rows, _ = _loans(4_000, 4)
    loans = judged_loans(rows, *fit_calibration(margin, rows, np.zeros(4_000), FRACTION_BITS).apply(margin))

    towns, years = in_the_large(loans, "township_code"), in_the_large(loans, "year")

    assert sum(one["loans"] for one in deciles(loans)) == 4_000
    assert sum(one["loans"] for one in towns.values()) == sum(one["loans"] for one in years.values()) == 4_000
    assert set(towns) == {"A", "B", "others"}
    assert all(abs(one["errors_apart"]) < 4 for one in years.values())


def test_coverage_falls_when_probabilities_are_wrong() -> None:
    margin, rows, _ = _loans(8_000, 5)
    right = fit_calibration(margin, rows, np.zeros(8_000), FRACTION_BITS).apply(margin)
    wrong = tuple(2 * part for part in right)

    held = [coverage(judged_loans(rows, *said), 0)["deciles_held"] for said in (right, wrong)]

    assert held[0] > 0.7
    assert held[1] < 0.4
