import numpy as np
import polars as pl
import pytest

from app.scoring.logistic import expit
from app.scoring.measures import auc
from bench.opinions import stacked
from bench.ranking import OPINIONS, averaged, expected_auc, lines


def _rows(n: int, *, telling: float) -> tuple[pl.DataFrame, np.ndarray]:
    """Loans whose risk is the margin's, and what fires adds so much to it."""
    rng = np.random.default_rng(2)
    margin, fired = rng.normal(-2.0, 1.0, n), rng.integers(0, 3, n)
    bad = (rng.random(n) < expit(margin + telling * (fired == 2))).astype(float)
    columns = {"bad": bad, "fired": fired, "points": rng.integers(40, 90, n), "group": np.arange(n)}
    return pl.DataFrame(columns).with_columns(pl.lit(1.0).alias("weight")), margin


def test_the_expected_auc_is_the_mean_over_outcomes_drawn_from_the_truth() -> None:
    rng = np.random.default_rng(1)
    truth = rng.beta(1.0, 8.0, 4_000)
    risk = truth + rng.normal(0.0, 0.1, 4_000)

    drawn = [auc(risk, (rng.random(4_000) < truth).astype(float)) for _ in range(40)]

    assert expected_auc(risk, truth) == pytest.approx(np.mean([one for one in drawn if one]), abs=0.004)


def test_what_fires_is_weighed_by_what_it_tells_beyond_the_margin() -> None:
    silent, margin = _rows(20_000, telling=0.0)
    telling, _ = _rows(20_000, telling=2.0)
    bad = [rows["bad"].to_numpy() for rows in (silent, telling)]

    gains = [
        (auc(stacked(rows, margin), one) or 0.0) - (auc(margin, one) or 0.0)
        for rows, one in zip((silent, telling), bad, strict=True)
    ]

    assert abs(gains[0]) < 0.003
    assert gains[1] > 0.05


def test_lines_tell_every_opinion_the_curve_and_every_county() -> None:
    names = ("auc", "way", "expected way", "caught", "caught beyond")
    figures = {f"{name} {opinion}": 0.5 for name in names for opinion in OPINIONS}
    rest = dict.fromkeys(("slope", "intercept", "deciles' truth held", "fired", "fired defaulted"), 1.0)
    found = [{"seed": s, "size": n} | figures | rest for s in (1, 2) for n in (500, 2_000)]

    told = lines(averaged(found, (500, 2_000)))

    assert [line["opinion"] for line in told[: len(OPINIONS)]] == list(OPINIONS)
    assert told[len(OPINIONS)]["opinion"] == "learned, 500 loans"
    assert [line["opinion"][:8] for line in told[len(OPINIONS) + 1 :]] == ["county 1", "county 2"]
    assert told[0]["way_plus_minus"] == 0.0
