from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from app.scoring.calibration import Calibration
from app.scoring.logistic import expit, logit
from app.scoring.prior_shift import measure_shift, shifted

LOANS = 4000


def _rows(seed: int, *, moved: float, stock: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Loans maturing day by day; the odds of the last quarter are moved. Simulated."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-2.5, 1.0, LOANS)
    late = np.arange(LOANS) >= 0.75 * LOANS
    bad = (rng.random(LOANS) < expit(margin + moved * late)).astype(float)
    days = [date(2023, 1, 1) + timedelta(days=i // 10) for i in range(LOANS)]
    rows = pl.DataFrame(
        {"county": 0, "loan_id": np.arange(LOANS), "ends_on": days, "bad": bad, "weight": 1.0}
    )
    ppm = np.rint(expit(margin) * 1e6).astype(np.int64)
    if stock:  # more landmarks of the loans that did not repay early on: a stock that must not count again
        old = rows.filter((pl.col("bad") == 1.0) & (pl.col("loan_id") < LOANS // 2))
        pd = ppm[old["loan_id"].to_numpy()]
        rows, ppm = pl.concat([rows, *[old] * stock]), np.concatenate([ppm, *[pd] * stock])
    return rows, ppm


@pytest.mark.parametrize("moved", [0.7, -0.9])
def test_a_moved_base_rate_is_found_in_the_latest_cohorts(moved: float) -> None:
    rows, ppm = _rows(1, moved=moved)

    found = measure_shift(rows, ppm)

    assert found.log_odds == pytest.approx(moved, abs=0.2)
    assert found.matured_from >= date(2023, 10, 1)


def test_a_base_rate_that_has_not_moved_is_left_alone() -> None:
    corrections = [measure_shift(*_rows(seed, moved=0.0)).log_odds for seed in range(60)]

    assert sum(one != 0.0 for one in corrections) <= 3


def test_the_stock_of_overdue_loans_moves_nothing() -> None:
    plain, stocked = (measure_shift(*_rows(3, moved=0.0, stock=stock)) for stock in (0, 20))

    assert stocked == plain


def test_a_shifted_calibration_expects_what_was_seen_and_keeps_its_order() -> None:
    margin = np.linspace(-6, 2, 33)
    pd = np.rint(expit(margin) * 1e6).astype(np.int64)
    before = Calibration(
        method="m", margin_fixed=np.rint(margin * 2.0**44).astype(np.int64), pd_ppm=pd,
        low_ppm=pd // 2, high_ppm=np.minimum(pd * 2, 10**6),
    )  # fmt: skip

    after = shifted(before, 0.5)

    assert np.allclose(logit(after.pd_ppm / 1e6) - logit(before.pd_ppm / 1e6), 0.5, atol=0.01)
    assert "+0.500" in after.method
    assert shifted(before, 0.0) is before
