"""What a bulletin (通报) says: sentences and small tables of the figures that its workbook holds too."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

import polars as pl

from app.documents.content import Bulletin, Section, TextTable
from app.domain.identity import TOWNSHIP_DIGITS
from app.portfolio.bulletin_ranks import rank_section
from app.portfolio.period import Period
from app.portfolio.progress import county_share, task_shares
from app.portfolio.report import BANK, COUNTY, TOWNSHIP, CountyReport
from app.portfolio.report_tables import county_name, named
from app.portfolio.wording import NOTHING, day_words, listed, number, percent, wan

_NUMERALS: Final = "一二三四五六七八"
_KINDS: Final = {Period.MONTHLY: "统计通报", Period.QUARTERLY: "情况通报", Period.YEARLY: "考核通报"}
_THIS: Final = {Period.MONTHLY: "本月", Period.QUARTERLY: "本季度", Period.YEARLY: "本年度"}


def title_lines(report: CountyReport) -> tuple[str, str]:
    """This function will give a report's title in two lines: county and period, scheme and kind."""
    first = f"{county_name(report)}{report.period.words(report.as_of)}"
    return first, f"{_scheme(report)}{_KINDS[report.period]}"


def bulletin(report: CountyReport) -> Bulletin:
    """This function will say in Chinese what a report holds, section by section."""
    parts = (_stock(report), _covered(report), _tasks(report), _risk(report), rank_section(report))
    sections = [part for part in parts if part is not None]
    return Bulletin(
        title=title_lines(report),
        lead=f"现将截至{day_words(report.as_of)}的{_scheme(report)}情况通报如下。",
        sections=tuple(_numbered(sections)),
        notes=tuple(_notes(report)),
    )


def _numbered(sections: Sequence[Section]) -> Iterator[Section]:
    """Number sections and tables in the order in which they stand."""
    tables = count(1)
    for numeral, section in zip(_NUMERALS, sections, strict=False):
        captioned = (replace(t, caption=f"表{next(tables)}　{t.caption}") for t in section.tables)
        yield replace(section, heading=f"{numeral}、{section.heading}", tables=tuple(captioned))


def _scheme(report: CountyReport) -> str:
    return report.rules.regimes[0].now.title_zh


def _rows(frame: pl.DataFrame, *columns: str) -> Iterator[dict[str, Any]]:
    return frame.select(columns).iter_rows(named=True)


# --- what is owed, lent and repaid ---


def _stock(report: CountyReport) -> Section:
    c, this = report.county.row(0, named=True), _THIS[report.period]
    first = (
        f"期初贷款余额{wan(c['opening_amount'])}万元、{c['opening_households']}户。{this}新发放贷款"
        f"{c['new_loans']}笔、{c['new_households']}户、{wan(c['new_amount'])}万元；续贷、展期新立"
        f"{wan(c['carried_in_amount'])}万元，承接原贷款{wan(c['carried_out_amount'])}万元；收回本金"
        f"{wan(c['repaid_amount'])}万元，结清{c['settled_loans']}笔。{_corrected(c)}"
        f"期末贷款余额{wan(c['closing_amount'])}万元、{c['closing_loans']}笔、{c['closing_households']}户。"
    )
    second = f"{this}办理续贷{c['renewed_loans']}笔、展期{c['extended_loans']}笔。"
    return Section(heading="总体情况", paragraphs=(first, second), tables=(_stock_table(report),))


def _corrected(county: dict[str, Any]) -> str:
    amount = county["corrected_amount"]
    return f"台账更正{wan(amount)}万元。" if amount else ""


_STOCK: Final = ("opening_amount", "new_amount", "repaid_amount", "closing_households", "closing_amount")


def _stock_table(report: CountyReport) -> TextTable:
    rows = named(report, report.statistics[TOWNSHIP])
    body = [_stock_row(row["township"], row) for row in _rows(rows, "township", *_STOCK)]
    return TextTable(
        caption="各乡镇贷款情况（万元）",
        headings=("乡镇", "期初余额", "新发放", "收回本金", "贷款户数", "期末余额"),
        rows=(*body, _stock_row("合计", report.county.row(0, named=True))),
        has_total=True,
    )


def _stock_row(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    return (
        name, wan(row["opening_amount"]), wan(row["new_amount"]), wan(row["repaid_amount"]),
        number(row["closing_households"]), wan(row["closing_amount"]),
    )  # fmt: skip


# --- rating, granting and use ---

_COVERED: Final = (
    "households", "rated", "rated_share", "granted", "granted_amount", "granted_mean", "used",
)  # fmt: skip


def _covered(report: CountyReport) -> Section:
    c = report.coverage[COUNTY].row(0, named=True)
    text = (
        f"全部农户{c['households']}户，其中建档立卡户（含已脱贫）{number(c['registered'])}户。"
        f"{_rated(report, c)}{_granted(c)}有贷款余额的农户{c['used']}户、{wan(c['used_amount'])}万元。"
    )
    rows = named(report, report.coverage[TOWNSHIP])
    body = [_covered_row(row["township"], row) for row in _rows(rows, "township", *_COVERED)]
    table = TextTable(
        caption="各乡镇评级授信用信情况",
        headings=("乡镇", "农户数", "评级户", "评级率", "授信户", "授信额（万元）", "户均（万元）", "用信户"),
        rows=(*body, _covered_row("合计", c)),
        has_total=True,
    )
    return Section(heading="评级授信用信情况", paragraphs=(text,), tables=(table,))


def _rated(report: CountyReport, county: dict[str, Any]) -> str:
    if county["rated"] is None:
        return "台账没有评级记录。"
    done = f"{county['rated']}户，占农户的{percent(county['rated_share'])}"
    if report.rating_computed:
        return f"台账没有评级记录，按政策包测算可评级{done}。"
    return f"完成评级{done}。"


def _granted(county: dict[str, Any]) -> str:
    if county["granted"] is None:
        return "台账没有授信记录。"
    used = (
        f"，其中已用信{county['granted_used']}户（{percent(county['used_share'])}）"
        if county["granted"]
        else ""
    )
    return (
        f"授信有效户{county['granted']}户、金额{wan(county['granted_amount'])}万元，"
        f"户均{wan(county['granted_mean'])}万元{used}。"
    )


def _covered_row(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    return (
        name, number(row["households"]), number(row["rated"]), percent(row["rated_share"]),
        number(row["granted"]), wan(row["granted_amount"]), wan(row["granted_mean"]), number(row["used"]),
    )  # fmt: skip


# --- tasks ---


def _tasks(report: CountyReport) -> Section:
    heading = "任务完成情况"
    if report.tasks.is_empty():
        return Section(heading=heading, paragraphs=("台账没有登记本期的贷款任务。",))
    places = task_shares(report.tasks, digits=TOWNSHIP_DIGITS).sort("task_share", descending=True)
    body = [
        (
            report.name(row["place_code"]),
            wan(row["task_amount"]),
            wan(row["lent_amount"]),
            percent(row["task_share"]),
        )
        for row in places.iter_rows(named=True)
    ]
    tables = (_task_table(body),) if body else ()
    whole = county_share(report.tasks)
    text = f"全县完成任务的{percent(whole)}。" if whole is not None else "全县没有总任务，各村进度见统计表。"
    return Section(heading=heading, paragraphs=(text,), tables=tables)


def _task_table(body: Sequence[tuple[str, ...]]) -> TextTable:
    return TextTable(
        caption="各乡镇任务完成情况（万元）",
        headings=("乡镇", "任务", "已发放", "完成率"),
        rows=tuple(body),
    )


# --- what is late, and what falls due ---

_RISK: Final = (
    "overdue_households", "overdue_amount", "overdue_rate_amount", "overdue_rate_households",
    "interest_overdue_households", "interest_overdue_amount",
)  # fmt: skip


def _risk(report: CountyReport) -> Section:
    c = report.county.row(0, named=True)
    late = (
        f"本金逾期{c['overdue_loans']}笔、{c['overdue_households']}户、{wan(c['overdue_amount'])}万元，"
        f"逾期率按金额计{percent(c['overdue_rate_amount'])}，按户计{percent(c['overdue_rate_households'])}。"
        f"欠息{c['interest_overdue_households']}户、{wan(c['interest_overdue_amount'])}万元。"
    )
    soon = "；".join(
        f"{days}天内到期{c[f'due_{days}_loans']}笔、{wan(c[f'due_{days}_amount'])}万元"
        for days in (30, 60, 90)
    )
    places = [
        _risk_row(row["township"], row)
        for row in _rows(named(report, report.statistics[TOWNSHIP]), "township", *_RISK)
    ]
    banks = [
        _risk_row(row[BANK] or report.name(None), row) for row in _rows(report.statistics[BANK], BANK, *_RISK)
    ]
    total = _risk_row("合计", c)
    return Section(
        heading="逾期和到期情况",
        paragraphs=(late, f"自{day_words(report.as_of)}起，{soon}。", *_worst(report)),
        tables=(
            _risk_table("各乡镇逾期情况", "乡镇", [*places, total]),
            _risk_table("各银行逾期情况", "银行", [*banks, total]),
        ),
    )


def _worst(report: CountyReport) -> tuple[str, ...]:
    """Name the townships whose overdue rate by amount is above the county's."""
    rate = report.county["overdue_rate_amount"].item()
    rows = named(report, report.statistics[TOWNSHIP]).filter(pl.col("overdue_rate_amount") > rate)
    above = rows.sort("overdue_rate_amount", "township", descending=[True, False])
    if rate is None or above.is_empty():
        return ()
    names = (f"{r['township']}（{percent(r['overdue_rate_amount'])}）" for r in above.iter_rows(named=True))
    return (f"按金额计的逾期率高于全县的乡镇有{above.height}个：{listed(names)}。",)


def _risk_row(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    return (
        name, number(row["overdue_households"]), wan(row["overdue_amount"]),
        percent(row["overdue_rate_amount"]), percent(row["overdue_rate_households"]),
        number(row["interest_overdue_households"]), wan(row["interest_overdue_amount"]),
    )  # fmt: skip


def _risk_table(caption: str, first: str, rows: list[tuple[str, ...]]) -> TextTable:
    headings = (first, "逾期户", "逾期额（万元）", "逾期率·金额", "逾期率·户", "欠息户", "欠息额（万元）")
    return TextTable(caption=caption, headings=headings, rows=tuple(rows), has_total=True)


# --- how it counts ---


def _notes(report: CountyReport) -> Iterator[str]:
    yield (
        "注：1.按截至基准日已知悉的事实统计，事后补录的计入知悉的当期。2.逾期率按金额为逾期本金占贷款余额的比例，"
        "按户为有逾期本金的户占贷款户的比例。3.一户在几家银行都有贷款的，各银行分别计户，合计只计一次。"
        f"4.任务只计新增和追加贷款的发放额。5.{NOTHING}表示没有可统计的数据。"
    )
    if report.rating_computed:
        yield f"评级户数按政策包“{report.rules.zh}”测算，不参加排名和考核。"
