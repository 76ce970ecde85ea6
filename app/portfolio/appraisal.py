"""Ranks of townships and banks by the pack's merits, month by month and for a year."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import NoRulesInForceError, PolicyError
from app.policy.policy import Resolved, Rules
from app.policy.schemes import Merit, MeritInForce
from app.portfolio.ratios import share

MEASURES: Final = frozenset(
    {
        "overdue_rate_amount",
        "overdue_rate_households",
        "interest_overdue_rate_households",
        "task_share",
        "rated_share",
        "granted_share",
        "used_share",
        "closing_amount",
        "new_amount",
    }
)
LAST_PLACE_MONTHS: Final = "last_place_months"
MARKS: Final = 100  # the best points there can be
InForceMerit = Resolved[Merit, MeritInForce]


def appraise(measured: pl.DataFrame, rules: Rules, *, by: str) -> pl.DataFrame:
    """This function will rank places or banks by the merits in force: one row each, the best first.

    `measured` has `by` and the columns MEASURES (null where something was not measured). Gives `by`,
    `points` (0 to 100, two decimals), `rank` (1 is best; equals share the better rank) and `last`. A merit
    gives each the share of the others that do worse, equals counting half, times its weight; points are of
    the weight that was measured, which `weight_measured` tells (ppm). Ranks, not amounts, so that one
    outlier moves nobody else (*design*). All being equal, nobody is last. Raises NoRulesInForceError for a
    pack without merits, PolicyError for a merit that reads no measure.
    """
    merits = _merits(rules)
    weights = [_weight(merit) for merit in merits]
    earned = [_beaten(merit) * weight for merit, weight in zip(merits, weights, strict=True)]
    whole = sum(merit.now.weight for merit in merits)
    seen = pl.sum_horizontal(weights)
    points = (pl.sum_horizontal(earned) / seen * MARKS).fill_nan(None).round(2).alias("points")
    weighed = share(seen, pl.lit(whole)).alias("weight_measured")
    scored = measured.select(by, points, weighed)
    return scored.with_columns(_RANK, _LAST).sort("rank", by, nulls_last=True)


def monthly_ranks(months: Mapping[date, pl.DataFrame], rules: Rules, *, by: str) -> pl.DataFrame:
    """This function will rank places in each of several months, given without a gap, by their last day.

    Gives `month_end`, `by`, points, rank, last, and `months_last`: for how many months running, up to this
    one, a place has been last; `flagged` where they are as many as the pack allows (002: two).
    """
    enough = _parameter(rules, LAST_PLACE_MONTHS)
    ranked = [
        appraise(measured, rules, by=by).with_columns(pl.lit(day).alias("month_end"))
        for day, measured in sorted(months.items())
    ]
    whole = pl.concat(ranked).sort(by, "month_end")
    stretches = whole.with_columns(pl.col("last").rle_id().over(by).alias("run"))
    runs = stretches.with_columns(
        pl.col("last").cast(pl.Int64).cum_sum().over(by, "run").alias("months_last")
    )
    flagged = runs.with_columns((pl.col("months_last") >= enough).alias("flagged"))
    order = ("month_end", by, "points", "rank", "last", "months_last", "flagged", "weight_measured")
    return flagged.select(order).sort("month_end", "rank", by, nulls_last=True)


def times_last(ranks: pl.DataFrame, *, by: str) -> pl.DataFrame:
    """This function will tell of each place in how many months it was last, and how long at a stretch."""
    return ranks.group_by(by).agg(
        pl.col("last").sum().cast(pl.Int64).alias("times_last"),
        pl.col("months_last").max().alias("longest_last"),
        pl.col("flagged").any().alias("ever_flagged"),
    ).sort(by)  # fmt: skip


def _merits(rules: Rules) -> tuple[InForceMerit, ...]:
    if not rules.merits:
        raise _silent(rules, zh="没有考核指标", en="no measures of an appraisal")
    for merit in rules.merits:
        if merit.entry.measure not in MEASURES:
            raise _unknown(rules, merit.entry.measure)
    return rules.merits


def _parameter(rules: Rules, code: str) -> float:
    if code in rules.parameters:
        return rules.parameters[code]
    raise _silent(rules, zh=f"没有参数“{code}”", en=f"no parameter {code!r}")


def _silent(rules: Rules, *, zh: str, en: str) -> NoRulesInForceError:
    return NoRulesInForceError(
        zh=f"政策包“{rules.policy}”自 {rules.since} 起{zh}，无法排名",
        en=f"the policy pack {rules.policy!r} has {en} from {rules.since} on, so nothing can be ranked",
        policy=rules.policy,
        day=rules.since.isoformat(),
    )


def _unknown(rules: Rules, measure: str) -> PolicyError:
    return PolicyError(
        zh=f"政策包“{rules.policy}”的考核指标“{measure}”无从统计；可用：{'、'.join(sorted(MEASURES))}",
        en=f"the policy pack {rules.policy!r} appraises {measure!r}, which no statistics hold; "
        f"there are: {', '.join(sorted(MEASURES))}",
        policy=rules.policy,
    )


def _weight(merit: InForceMerit) -> pl.Expr:
    measured = pl.col(merit.entry.measure).is_not_null()
    return pl.when(measured).then(merit.now.weight).otherwise(0.0)


def _beaten(merit: InForceMerit) -> pl.Expr:
    """The share of the others that do worse; the only one measured beats nobody and loses to nobody."""
    values = pl.col(merit.entry.measure)
    place = values.rank("average", descending=merit.now.better == "less")
    others = (values.count() - 1).cast(pl.Float64)
    return pl.when(others > 0).then((place - 1) / others).otherwise(1.0).fill_null(0.0)


_RANK: Final = pl.col("points").rank("min", descending=True).cast(pl.Int64).alias("rank")
_LOWEST: Final = pl.col("points").min()
_LAST: Final = (
    ((pl.col("points") == _LOWEST) & (pl.col("points").max() > _LOWEST)).fill_null(value=False).alias("last")
)
