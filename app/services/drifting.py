"""Whether loans have changed: the last year's beside those learnt from, and beside the county's own past.

The loans that an artefact learnt from may be of other places, seasons and years: what differs from them
says where the artefact stands on strange ground, and does so from the first day on. That something has
*changed* only the place's own past can say: the same quarter, or the whole year, of the years before.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.errors import Problem
from app.domain.frames import Frames
from app.domain.identity import COUNTY_DIGITS
from app.policy.policy import Rules
from app.scoring.drift import SCORE, Histogram, Stability, against_past, pooled, stability
from app.scoring.pd_model import Estimator
from app.services.matured import formal_days, seen_rows

_YEAR: Final = 365  # days of maturities that are watched
_QUARTER: Final = 92  # days of a quarter, counted back from the last day
_PAST: Final = 4  # years before them that they are compared with
_LEAST_PAST: Final = 3  # of which so many must have enough loans: fewer do not tell what is usual
STABILITY: Final = pl.Schema(
    {
        "place": pl.String(), "period": pl.String(), "rest": pl.Boolean(), "column": pl.String(),
        "loans": pl.Int64(), "psi": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
        "noise": pl.Float64(), "usual": pl.Float64(), "verdict": pl.String(),
    }
)  # fmt: skip
NO_REFERENCE: Final = Problem(
    zh="在用工件没有保存训练时的分布（reference.json），不能与训练样本比较；重新训练即可。",
    en="The champion keeps no reference of its training (reference.json), so loans cannot be compared with "
    "those it learnt from; train it again.",
)
NO_PAST: Final = Problem(
    zh=f"本县往年贷款不足{_LEAST_PAST}年，不能判断特征是否较往年漂移。",
    en=f"The ledger holds fewer than {_LEAST_PAST} earlier years with enough loans, so it cannot be told "
    "whether features have drifted from the county's own past.",
)
_GRAVEST_FIRST: Final = {"drifted": 0, "watch": 1, "stable": 2, "too_few": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was compared (all STABILITY), and what could not be.

    `scores` and `apart` beside what was learnt from, `features` beside the county's own past.
    """

    scores: pl.DataFrame
    features: pl.DataFrame
    apart: pl.DataFrame
    notes: tuple[Problem, ...]


def compared(
    frames: Frames, told: pl.DataFrame, champion: Estimator, rules: Rules, *, as_of: date
) -> Compared:
    """This function will compare the loans whose formal assessment fell into the year before a day.

    `told` are the outcomes of which only `loan_id` and `matures_on` are used: nothing waits for outcomes.
    """
    reference, least = champion.reference, rules.parameters["drift_least_loans"]
    known = reference.landmark_days if reference is not None else None
    days = known or formal_days(rules)
    rows = _judged(frames, told, champion, days=days, last=as_of + timedelta(days=days))
    now, none = rows.filter(pl.col("ago") == 0), pl.DataFrame(schema=STABILITY)
    county = now.with_columns(_COUNTY, _span(now).alias("period"), pl.lit(value=False).alias("rest"))
    features = _table(_beside_past(rows, champion, least), rules)
    notes = [NO_PAST] if features.is_empty() else []
    if reference is None:
        return Compared(scores=none, features=features, apart=none, notes=(NO_REFERENCE, *notes))
    learnt = {n: h for n, h in reference.histograms.items() if n in rows.columns}
    score = {SCORE: learnt.pop(SCORE)}
    return Compared(
        scores=_table(_beside_learnt(pooled(now, least=least), score), rules).sort("period", "place"),
        features=features, apart=_table(_beside_learnt(county, learnt), rules), notes=tuple(notes),
    )  # fmt: skip


_COUNTY: Final = pl.col("village_code").fill_null("").str.head(COUNTY_DIGITS).alias("place")


def _span(rows: pl.DataFrame) -> pl.Expr:
    ends = rows.select(pl.col("matures_on").min().alias("a"), pl.col("matures_on").max().alias("b"))
    return pl.lit("…".join(f"{day:%Y-%m}" for day in ends.row(0) if day is not None))


def _judged(
    frames: Frames, told: pl.DataFrame, champion: Estimator, *, days: int, last: date
) -> pl.DataFrame:
    """Give features and margin of loans as seen then, with how many years `ago`, and `quarter` in them."""
    back = (pl.lit(last) - pl.col("matures_on")).dt.total_days()
    ago, quarter = (back // _YEAR).alias("ago"), (back % _YEAR // _QUARTER).alias("quarter")
    due = told.with_columns(ago).filter(pl.col("ago").is_between(0, _PAST))
    rows = seen_rows(frames, due["loan_id"], champion, days_before=days)
    rows = rows.drop("row").with_row_index("row").with_columns(ago, quarter)
    said = champion.opinion(rows)
    margin = pl.Series(SCORE, champion.tables.to_log_odds(said["margin_fixed"].to_numpy()))
    return rows.join(said.select("row"), on="row", how="semi").with_columns(margin)


Told = tuple[dict[str, Any], Stability]


def _beside_learnt(rows: pl.DataFrame, histograms: Mapping[str, Histogram]) -> Iterator[Told]:
    for part in rows.partition_by("place", "period", maintain_order=True):
        about = {name: part[name][0] for name in ("place", "period", "rest")}
        for name, histogram in histograms.items():
            found = stability(histogram.count(_values(part, name)), histogram.counts)
            yield about | {"column": name}, found


def _beside_past(rows: pl.DataFrame, champion: Estimator, least: float) -> Iterator[Told]:
    """Compare each county's last year, and each of its quarters, with the same of the years before."""
    names = (SCORE, *(feature.name for feature in champion.features))
    for (place,), county in rows.with_columns(_COUNTY).group_by("place", maintain_order=True):
        quarters = county.partition_by("quarter")
        for season in (county, *quarters):
            now, past = season.filter(pl.col("ago") == 0), _years(season, least)
            if now.height < least or len(past) < _LEAST_PAST:
                continue
            period = now.select(_span(now)).item()
            for name in names:
                found = against_past(_values(now, name), [_values(year, name) for year in past])
                yield {"place": place, "period": period, "rest": False, "column": name}, found


def _years(season: pl.DataFrame, least: float) -> list[pl.DataFrame]:
    years = season.filter(pl.col("ago") > 0).partition_by("ago")
    return [year for year in years if year.height >= least]


def _values(rows: pl.DataFrame, name: str) -> NDArray[np.float64]:
    return rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _table(found: Iterable[Told], rules: Rules) -> pl.DataFrame:
    """Lay out what was found, the gravest first."""
    rows = [about | _said(each, rules) for about, each in found]
    grave = pl.col("verdict").replace_strict(_GRAVEST_FIRST, return_dtype=pl.Int64)
    return pl.DataFrame(rows, schema=STABILITY).sort(
        grave, -pl.col("psi"), "period", "place", "column", maintain_order=True
    )


def _said(found: Stability, rules: Rules) -> dict[str, Any]:
    bounds = rules.parameters
    verdict = found.verdict(
        least=bounds["drift_least_loans"], watch=bounds["drift_watch"], act=bounds["drift_act"]
    )
    return {
        "loans": found.n, "psi": found.psi, "low": found.low, "high": found.high, "noise": found.noise,
        "usual": found.usual, "verdict": verdict,
    }  # fmt: skip
