"""Everything that a report of a period holds, computed once: its tables and its bulletin read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from app.domain.errors import NotFoundError
from app.domain.frames import Frames
from app.domain.identity import COUNTY_DIGITS
from app.policy.policy import Rules
from app.portfolio.appraisal import LAST_PLACE_MONTHS, appraise, monthly_ranks, times_last
from app.portfolio.book import loan_book
from app.portfolio.coverage import coverage
from app.portfolio.measures import Stretch, measures, townships
from app.portfolio.period import Period, day_before, month_ends, months_back
from app.portfolio.progress import progress
from app.portfolio.statistics import statistics, with_places

COUNTY, TOWNSHIP, VILLAGE, BANK = "", "township_code", "village_code", "bank"
LEVELS: Final = (COUNTY, TOWNSHIP, VILLAGE, BANK)
ByLevel = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Who stands where: townships month by month, townships and banks over the whole period.

    `months` comes from `monthly_ranks`, `last` from `times_last`; `townships` and `banks` from `appraise`,
    with the measures beside the points.
    """

    months: pl.DataFrame
    last: pl.DataFrame
    townships: pl.DataFrame
    banks: pl.DataFrame
    months_allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyReport:
    """The figures of a period: by level (county, township_code, village_code, bank), by month, by loan.

    Money in fen, shares in ppm. `names` gives the names of places by code. `ranking` is None for a pack
    without merits. `rating_computed` says that the ledger has no ratings, so that those rated are the
    households that the pack's own rating can rate.
    """

    period: Period
    since: date
    as_of: date
    rules: Rules
    names: Mapping[str, str]
    county_code: str | None
    statistics: ByLevel
    coverage: ByLevel
    tasks: pl.DataFrame
    months: pl.DataFrame
    late: pl.DataFrame
    ranking: Ranking | None
    rating_computed: bool

    @property
    def county(self) -> pl.DataFrame:
        """This function will give the county's one row of statistics."""
        return self.statistics[COUNTY]

    def name(self, code: str | None) -> str:
        """This function will name a place: by its name, else by its code."""
        return "未列明" if code is None else self.names.get(code, code)


def county_report(
    frames: Frames, *, as_of: date, period: Period, rules: Rules, rated: pl.DataFrame | None = None
) -> CountyReport:
    """This function will compute a report of the period that `as_of` lies in, up to that day.

    `rated` (household_id) are the households that the pack's own rating can rate, for a ledger without
    ratings. The rules of `as_of` rank the months before it too. Raises NotFoundError where no
    loan is known.
    """
    since = period.since(as_of)
    months = _months(frames, since, as_of, rules)
    if months[-1].closing.is_empty():
        raise _no_loan(as_of)
    opening = next(stretch.opening for stretch in months if stretch.since == since)
    whole = Stretch(since=since, as_of=as_of, opening=opening, closing=months[-1].closing)
    shown = [stretch for stretch in months if stretch.since >= since]
    return CountyReport(
        period=period,
        since=since,
        as_of=as_of,
        rules=rules,
        names=_names(frames, as_of),
        county_code=_county(frames, as_of),
        statistics=_statistics(frames, whole),
        coverage=MappingProxyType(
            {
                level: coverage(frames, whole.closing, as_of=as_of, by=level or None, rated=rated)
                for level in LEVELS
            }
        ),
        tasks=progress(frames, whole.closing, since=since, as_of=as_of),
        months=pl.concat(_month(stretch) for stretch in shown),
        late=_late(frames, whole.closing, as_of),
        ranking=_ranking(frames, whole, months, rules) if rules.merits else None,
        rating_computed=rated is not None,
    )


def _no_loan(as_of: date) -> NotFoundError:
    return NotFoundError(zh=f"截至 {as_of}，台账中没有贷款", en=f"no loan is known as of {as_of}")


def _months(frames: Frames, since: date, as_of: date, rules: Rules) -> list[Stretch]:
    """Cut the period, and as many months before it as last place is counted over, into months."""
    before = int(rules.parameters.get(LAST_PLACE_MONTHS, 1)) - 1
    first = months_back(since, before)
    ends = month_ends(first, as_of)
    books = {day: loan_book(frames, as_of=day) for day in (day_before(first), *ends)}
    starts = (first, *(end.replace(day=1) for end in ends[1:]))
    return [
        Stretch(since=start, as_of=end, opening=books[day_before(start)], closing=books[end])
        for start, end in zip(starts, ends, strict=True)
    ]


def _statistics(frames: Frames, whole: Stretch) -> ByLevel:
    moves, day = whole.moves, whole.as_of
    found = {level: statistics(moves, as_of=day, by=level or None) for level in LEVELS}
    villages = frames["households"].filter(pl.col("known_on") <= day)["village_code"]
    found[TOWNSHIP] = with_places(found[TOWNSHIP], townships(frames, day))
    found[VILLAGE] = with_places(found[VILLAGE], villages)
    return MappingProxyType(found)


def _month(stretch: Stretch) -> pl.DataFrame:
    counted = statistics(stretch.moves, as_of=stretch.as_of)
    return counted.select(pl.lit(stretch.as_of).alias("month_end"), pl.all())


def _late(frames: Frames, book: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """List the loans with principal or interest overdue, the longest overdue first, without persons."""
    known = frames["households"].filter(pl.col("known_on") <= as_of).sort("known_on", "version")
    groups = known.unique("household_id", keep="last").select("household_id", "village_group")
    late = book.filter((pl.col("principal_overdue") > 0) | (pl.col("interest_overdue") > 0))
    order = ("township_code", "village_code", "principal_days_late", "interest_days_late", "loan_id")
    down = [False, False, True, True, False]
    placed = late.join(groups, on="household_id", how="left")
    return placed.drop("borrower_id").sort(order, descending=down, nulls_last=True)


def _ranking(frames: Frames, whole: Stretch, months: list[Stretch], rules: Rules) -> Ranking:
    measured = {stretch.as_of: measures(frames, stretch, by=TOWNSHIP) for stretch in months}
    ranks = monthly_ranks(measured, rules, by=TOWNSHIP)
    over = {by: measures(frames, whole, by=by) for by in (TOWNSHIP, BANK)}
    appraised = {by: appraise(found, rules, by=by).join(found, on=by) for by, found in over.items()}
    within = ranks.filter(pl.col("month_end") >= whole.since)
    return Ranking(
        months=ranks,
        last=times_last(within, by=TOWNSHIP),
        townships=appraised[TOWNSHIP],
        banks=appraised[BANK],
        months_allowed=int(rules.parameters[LAST_PLACE_MONTHS]),
    )


def _names(frames: Frames, as_of: date) -> Mapping[str, str]:
    known = frames["places"].filter(pl.col("known_on") <= as_of).sort("known_on", "version")
    return MappingProxyType(dict(known.select("place_code", "place_name").iter_rows()))


def _county(frames: Frames, as_of: date) -> str | None:
    """The county, where all households live in one."""
    homes = frames["households"].filter(pl.col("known_on") <= as_of)
    codes = homes.select(pl.col("village_code").str.head(COUNTY_DIGITS)).to_series().unique().to_list()
    return codes[0] if len(codes) == 1 else None
