"""Makes the report of a month, a quarter or a year: a workbook and a bulletin of the same figures."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from app.documents.content import Bulletin, Language, Table
from app.domain.frames import Frames
from app.features.base import household_base
from app.features.build import build
from app.policy.policy import Policy, Rules
from app.portfolio.bulletin import bulletin, title_lines
from app.portfolio.period import Period
from app.portfolio.report import CountyReport, county_report
from app.portfolio.report_tables import report_tables
from app.scoring.rating import rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is written: the workbook's title, what it counts, its tables; the bulletin; a name for files."""

    title: str
    counted: str
    tables: tuple[Table, ...]
    bulletin: Bulletin
    file_name: str
    figures: CountyReport


def make_report(
    frames: Frames, policy: Policy, *, as_of: date, period: Period, language: Language = "zh"
) -> Report:
    """This function will make the report of the period that `as_of` lies in, up to that day.

    A ledger without ratings is rated by the pack for the coverage, and the report says so. Raises
    NoRulesInForceError for a day before the scheme, NotFoundError where no loan is known. The bulletin is
    Chinese in either language.
    """
    rules = policy.at(as_of)
    rated = rated_by_pack(frames, rules, as_of=as_of)
    figures = county_report(frames, as_of=as_of, period=period, rules=rules, rated=rated)
    return Report(
        title=_title(figures, language),
        counted=_counted(figures, language),
        tables=report_tables(figures, language),
        bulletin=bulletin(figures),
        file_name=f"{''.join(title_lines(figures))}（截至{as_of:%Y%m%d}）",
        figures=figures,
    )


def rated_by_pack(frames: Frames, rules: Rules, *, as_of: date) -> pl.DataFrame | None:
    """This function will list the households that the pack has facts to rate and that reach a grade.

    Gives household_id; None where the ledger holds ratings of its own, or the pack does not rate.
    """
    known = frames["ratings"].filter(pl.col("known_on") <= as_of)
    if known.height or not rules.parts:
        return None
    wanted = frozenset(indicator.entry.feature for indicator in rules.indicators)
    features = build(frames, household_base(frames, as_of=as_of), only=wanted)
    rated = features.select("row", "household_id").join(rate(features, rules), on="row")
    return rated.filter(pl.col("rating_grade").is_not_null()).select("household_id")


def _title(figures: CountyReport, language: Language) -> str:
    if language == "zh":
        return "".join(title_lines(figures)).replace("通报", "表")
    regime = figures.rules.regimes[0].now.title_en
    return f"{regime[:1].upper()}{regime[1:]}, {figures.period.code(figures.as_of)}"


def _counted(figures: CountyReport, language: Language) -> str:
    days = f"{figures.since:%Y-%m-%d} – {figures.as_of:%Y-%m-%d}"
    if language == "zh":
        return f"统计期 {days}；按截至该日知悉的事实统计；政策包：{figures.rules.zh}"
    return f"period {days}; facts known by its last day; policy pack: {figures.rules.en}"
