"""How good warnings were, seen afterwards: lead time, hits, misses, and the visits that false alarms cost.

A loan counts as warned when a yellow or red light was shown of it up to its maturity. Whoever was warned
and repaid is a false alarm, although some repaid because somebody came: the figure is an upper bound.
"""

from typing import Final

import polars as pl

from app.domain.words import Light

_WARNING: Final = (Light.YELLOW.value, Light.RED.value)
BY: Final = ("township_code", "month")


def judged_warnings(said: pl.DataFrame, outcomes: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Put beside each matured loan when it was first warned of and how often it was visited thereafter.

    `said` holds loan_id, as_of, light, township_code; `outcomes` loan_id, matures_on, bad (true, false);
    `visits` loan_id, visited_on. One row per loan of `outcomes`: loan_id, township_code (null where nothing
    was ever said), month (of maturity), bad, seen, lead_days and red_lead_days (from the first warning to
    maturity, null without one), visits (from the first warning to maturity).
    """
    ends = outcomes.select("loan_id", "matures_on", "bad")
    spoken = said.join(ends, on="loan_id").filter(pl.col("as_of") <= pl.col("matures_on"))
    days = (pl.col("matures_on") - pl.col("as_of")).dt.total_days()
    firsts = spoken.group_by("loan_id").agg(
        pl.col("township_code").sort_by("as_of").last(),
        pl.col("as_of").filter(pl.col("light").is_in(_WARNING)).min().alias("warned_on"),
        days.filter(pl.col("light").is_in(_WARNING)).max().alias("lead_days"),
        days.filter(pl.col("light") == Light.RED.value).max().alias("red_lead_days"),
    )
    rows = ends.join(firsts.with_columns(pl.lit(value=True).alias("seen")), on="loan_id", how="left")
    after = visits.join(rows.drop_nulls("warned_on"), on="loan_id").filter(
        pl.col("visited_on").is_between("warned_on", "matures_on")
    )
    counted = after.group_by("loan_id").agg(pl.len().cast(pl.Int64).alias("visits"))
    month = pl.col("matures_on").dt.strftime("%Y-%m").alias("month")
    full = rows.join(counted, on="loan_id", how="left").with_columns(
        month, pl.col("seen").fill_null(value=False), pl.col("visits").fill_null(0)
    )
    return full.sort("loan_id").drop("warned_on", "matures_on")


def warning_quality(judged: pl.DataFrame, by: tuple[str, ...] = BY) -> pl.DataFrame:
    """Count by township and month of maturity, or by fewer of them; with none, over everything.

    loans, unseen (nothing was ever said), defaults, hits, misses, false_alarms, right_silence (these four
    add up to loans); hit_rate (of defaults), median_lead_days and least_lead_days (of hits), red_hits;
    visits and false_visits (to loans that repaid), false_alarms_per_visit. Shares are null for nothing.
    """
    warned = pl.col("lead_days").is_not_null()
    counts = (
        pl.len().cast(pl.Int64).alias("loans"),
        *(
            test.cast(pl.Int64).sum().alias(name)
            for name, test in (
                ("unseen", ~pl.col("seen")),
                ("defaults", pl.col("bad")),
                ("hits", pl.col("bad") & warned),
                ("misses", pl.col("bad") & ~warned),
                ("false_alarms", ~pl.col("bad") & warned),
                ("right_silence", ~pl.col("bad") & ~warned),
                ("red_hits", pl.col("bad") & pl.col("red_lead_days").is_not_null()),
            )
        ),
        pl.col("lead_days").filter(pl.col("bad")).median().alias("median_lead_days"),
        pl.col("lead_days").filter(pl.col("bad")).min().alias("least_lead_days"),
        pl.col("visits").sum().alias("visits"),
        pl.col("visits").filter(~pl.col("bad")).sum().alias("false_visits"),
    )
    found = judged.group_by(by).agg(counts).sort(by, nulls_last=True) if by else judged.select(counts)
    return found.with_columns(
        _share("hits", "defaults").alias("hit_rate"),
        _share("false_visits", "visits").alias("false_alarms_per_visit"),
    )


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))
