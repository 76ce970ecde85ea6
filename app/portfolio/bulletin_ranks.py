"""The section of a bulletin on ranks: who stands first and last, who was last for too long, the appraisal."""

from typing import Final

import polars as pl

from app.documents.content import Section, TextTable
from app.portfolio.period import Period
from app.portfolio.report import BANK, TOWNSHIP, CountyReport, Ranking
from app.portfolio.report_tables import named
from app.portfolio.wording import NOTHING, listed, number

_FIRST: Final = 3


def rank_section(report: CountyReport) -> Section | None:
    """This function will tell of ranks; None for a pack that ranks nobody."""
    ranking = report.ranking
    if ranking is None:
        return None
    flagged, yearly = _flagged(report, ranking), report.period is Period.YEARLY
    if report.period is Period.MONTHLY:
        opening, table = _first_and_last(report, _current(report, ranking)), _month_table(report, ranking)
        return Section(heading="乡镇排名", paragraphs=(opening, flagged, _measured(report)), tables=(table,))
    opening = _first_and_last(report, ranking.townships)
    tables = (_period_table(report, ranking), _bank_table(report, ranking))
    heading = "年度考核" if yearly else "乡镇和银行排名"
    return Section(heading=heading, paragraphs=(opening, flagged, _measured(report)), tables=tables)


def _current(report: CountyReport, ranking: Ranking) -> pl.DataFrame:
    return ranking.months.filter(pl.col("month_end") == report.as_of)


def _first_and_last(report: CountyReport, ranks: pl.DataFrame) -> str:
    rows = named(report, ranks.filter(pl.col("rank").is_not_null()))
    first = rows.filter(pl.col("rank") <= _FIRST).sort("rank", TOWNSHIP)["township"]
    last = rows.filter("last").sort(TOWNSHIP)["township"]
    behind = f"排名末位的是{listed(last)}" if last.len() else "各乡镇得分相同，没有末位"
    return f"综合得分排在前{_FIRST}名的是{listed(first)}；{behind}。"


def _flagged(report: CountyReport, ranking: Ranking) -> str:
    """Name those that were last too many months running, up to the report's own month."""
    rows = named(report, _current(report, ranking).filter("flagged")).sort(TOWNSHIP)
    if rows.is_empty():
        return f"没有连续{ranking.months_allowed}个月排名末位的乡镇。"
    return f"连续{ranking.months_allowed}个月排名末位的乡镇：{listed(rows['township'])}，提请约谈其主要领导。"


def _measured(report: CountyReport) -> str:
    merits = report.rules.merits
    weights = listed(f"{merit.entry.zh}（权重{merit.now.weight:g}）" for merit in merits)
    return f"排名依据：{weights}。得分为各项指标优于其他乡镇（银行）的比例按权重的平均；没有数据的指标不计。"


def _month_table(report: CountyReport, ranking: Ranking) -> TextTable:
    """This month's ranks beside the month before."""
    days = ranking.months.get_column("month_end").unique().sort().to_list()
    earlier = days[-2] if len(days) > 1 else None
    was = ranking.months.filter(pl.col("month_end") == earlier).select(TOWNSHIP, pl.col("rank").alias("was"))
    rows = named(report, _current(report, ranking).join(was, on=TOWNSHIP, how="left"))
    body = [
        (number(r["rank"]), r["township"], _points(r["points"]), number(r["was"]), number(r["months_last"]))
        for r in rows.sort("rank", TOWNSHIP, nulls_last=True).iter_rows(named=True)
    ]
    headings = ("名次", "乡镇", "得分", "上月名次", "连续末位月数")
    return TextTable(caption="乡镇综合排名", headings=headings, rows=tuple(body))


def _period_table(report: CountyReport, ranking: Ranking) -> TextTable:
    rows = named(report, ranking.townships).join(ranking.last, on=TOWNSHIP, how="left")
    body = [
        (
            number(r["rank"]),
            r["township"],
            _points(r["points"]),
            number(r["times_last"]),
            number(r["longest_last"]),
        )
        for r in rows.sort("rank", TOWNSHIP, nulls_last=True).iter_rows(named=True)
    ]
    headings = ("名次", "乡镇", "得分", "末位月数", "最长连续末位")
    return TextTable(caption="乡镇综合得分和名次", headings=headings, rows=tuple(body))


def _bank_table(report: CountyReport, ranking: Ranking) -> TextTable:
    rows = ranking.banks.sort("rank", BANK, nulls_last=True)
    body = [
        (number(r["rank"]), r[BANK] or report.name(None), _points(r["points"]))
        for r in rows.iter_rows(named=True)
    ]
    return TextTable(caption="银行综合得分和名次", headings=("名次", "银行", "得分"), rows=tuple(body))


def _points(points: float | None) -> str:
    return NOTHING if points is None else f"{points:.2f}"
