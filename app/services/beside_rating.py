"""Whether the learned opinion beats the 631, and by how much, on loans that it has not learnt from."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from app.domain.errors import InvalidValueError, Problem
from app.domain.frames import Frames
from app.policy.policy import Rules
from app.scoring.comparison import FloatVector, Opinion, caught, draws, with_ends
from app.scoring.labels import DEFAULTED, REPAID
from app.scoring.pd_model import Estimator
from app.scoring.rating import rate
from app.services.gating import learnt_until
from app.services.matured import formal_days, seen_rows, told_outcomes

_HUNDRED: Final = 100
FIGURES: Final = pl.Schema(
    {
        "measure": pl.String(), "rating": pl.Float64(), "learned": pl.Float64(), "gain": pl.Float64(),
        "low": pl.Float64(), "high": pl.Float64(),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideRating:
    """Both opinions on the same loans: FIGURES by measure, a gain above zero where the learned is better.

    `gain` has a paired 95 % interval (households drawn with replacement). `caught` is the share of defaults
    among the riskiest loans that `visits` for a hundred loans reach.
    """

    loans: int
    defaults: int
    visits: float
    figures: pl.DataFrame
    verdict: Problem


def beside_rating(frames: Frames, estimator: Estimator, rules: Rules, *, as_of: date) -> BesideRating:
    """This function will measure a maturity estimator and the 631 on loans it has not learnt from.

    Each loan is seen on the day of its formal assessment; restructured loans and those that the rating
    refers to a person are left out. Raises InvalidValueError where no such loan repaid or none defaulted.
    """
    rows = _rows(frames, estimator, rules, as_of)
    bad, groups = rows["bad"].to_numpy(), rows["household_id"].to_numpy()
    if not 0 < bad.sum() < len(bad):
        raise InvalidValueError(
            zh="没有可供比较的到期贷款：未学过的贷款须既有还清的也有违约的。",
            en="There is nothing to compare: of loans not learnt from, some must have repaid and some not.",
        )
    visits = rules.parameters["advice_visits_per_hundred"]
    opinions, once = _opinions(rows, estimator), np.ones_like(bad)
    sides, *drawn = (
        [_measures(each, bad, weight, visits) for each in opinions] for weight in (once, *draws(groups, bad))
    )
    figures = pl.DataFrame([_figure(name, sides, drawn) for name in sides[0]], schema=FIGURES)
    return BesideRating(
        loans=len(bad), defaults=int(bad.sum()), visits=visits, figures=figures,
        verdict=_verdict(figures, visits, int(bad.sum())),
    )  # fmt: skip


def _rows(frames: Frames, estimator: Estimator, rules: Rules, as_of: date) -> pl.DataFrame:
    told = told_outcomes(frames, rules, as_of=as_of).filter(pl.col("outcome").is_in([REPAID, DEFAULTED]))
    since = learnt_until(estimator)
    unseen = told if since is None else told.filter(pl.col("matures_on") >= since)
    rows = seen_rows(frames, unseen["loan_id"], estimator, days_before=formal_days(rules))
    bad = unseen.select("loan_id", (pl.col("outcome") == DEFAULTED).cast(pl.Float64).alias("bad"))
    named = rows.join(bad, on="loan_id").drop("row").with_row_index("row")
    rated = named.join(rate(named, rules).select("row", "rating_points"), on="row").drop_nulls(
        "rating_points"
    )
    both = rated.join(estimator.opinion(rated).select("row"), on="row", how="semi")
    return both.sort("loan_id").drop("row").with_row_index("row")


def _opinions(rows: pl.DataFrame, estimator: Estimator) -> tuple[Opinion, Opinion]:
    said, points = estimator.opinion(rows), rows["rating_points"].to_numpy().astype(np.int64)
    rates = estimator.rating_rates
    if rates is None:
        raise InvalidValueError(
            zh="工件没有保存631各分数的违约率，请重新训练。",
            en="The artefact does not hold the default rates of the 631's points; train it again.",
        )
    return (
        Opinion(margin=-points, pd_ppm=np.asarray(rates.of(points)[0], np.int64)),
        Opinion(margin=said["margin_fixed"].to_numpy(), pd_ppm=said["pd_ppm"].to_numpy()),
    )


def _measures(opinion: Opinion, bad: FloatVector, weight: FloatVector, visits: float) -> dict[str, float]:
    risk = opinion.margin.astype(np.float64)
    return {"caught": caught(risk, bad, weight, visits / _HUNDRED)} | opinion.quick(bad, weight)


_LOSSES: Final = ("brier", "logloss")  # lower is better


def _figure(
    name: str, sides: list[dict[str, float]], drawn: list[list[dict[str, float]]]
) -> dict[str, object]:
    sign = -1.0 if name in _LOSSES else 1.0
    gains = [sign * (learned[name] - rating[name]) for rating, learned in (sides, *drawn)]
    ends = with_ends(gains[0], gains[1:])
    rating, learned = (side[name] for side in sides)
    return {
        "measure": name, "rating": rating, "learned": learned, "gain": gains[0], "low": ends["low"],
        "high": ends["high"],
    }  # fmt: skip


def _verdict(figures: pl.DataFrame, visits: float, defaults: int) -> Problem:
    """Say who ranks better and what it is worth in defaults reached by the same visits."""
    found = {row["measure"]: row for row in figures.iter_rows(named=True)}
    ranks, reached = found["auc"], found["caught"]
    if ranks["low"] > 0:
        who = ("学到的意见胜过631", "The learned opinion beats the 631")
    elif ranks["high"] < 0:
        who = ("631胜过学到的意见", "The 631 beats the learned opinion")
    else:
        who = ("两种意见没有分出高下", "Neither opinion is shown to be better")
    gap = f"{ranks['gain']:+.3f} [{ranks['low']:+.3f}, {ranks['high']:+.3f}]"
    more = f"{reached['gain']:+.1%} [{reached['low']:+.1%}, {reached['high']:+.1%}]"
    each = f"{reached['learned']:.0%}", f"{reached['rating']:.0%}"
    return Problem(
        zh=f"{who[0]}：AUC差{gap}。每百笔走访{visits:g}笔时，学到的意见赶到{each[0]}的违约跟前，631为{each[1]}"
        f"（差{more}，共{defaults}笔违约；方括号为95%区间）。",
        en=f"{who[1]}: AUC {gap}. With {visits:g} visits to a hundred loans the learned opinion reaches "
        f"{each[0]} of the {defaults} defaults, the 631 {each[1]} (difference {more}; 95 % intervals).",
    )
