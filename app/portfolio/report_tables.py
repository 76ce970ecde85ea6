"""The sheets of a report's workbook, made of its figures."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from app.documents.content import Form, Heading, Language, Table
from app.domain.identity import TOWNSHIP_DIGITS, VILLAGE_DIGITS
from app.domain.words import Industry, LoanKind, Word
from app.portfolio.appraisal import InForceMerit
from app.portfolio.period import Period
from app.portfolio.progress import county_share, task_shares
from app.portfolio.report import BANK, COUNTY, TOWNSHIP, VILLAGE, CountyReport, Ranking
from app.portfolio.report_headings import (
    APPRAISAL,
    APPRAISAL_LAST,
    BANK_NAME,
    COVERAGE,
    LATE,
    MONTHS,
    RANKS,
    STATISTICS,
    SUMMARY,
    SUMMARY_ITEMS,
    TASK_SHARE,
    TASKS,
    TOWNSHIP_NAME,
    VILLAGE_NAME,
)

_DIGITS: Final = {TOWNSHIP: TOWNSHIP_DIGITS, VILLAGE: VILLAGE_DIGITS}
_TOTAL: Final[dict[Language, str]] = {"zh": "合计", "en": "total"}
_YES: Final[dict[Language, str]] = {"zh": "是", "en": "yes"}
_NAMES: Final[dict[str, tuple[Heading, ...]]] = {
    TOWNSHIP: (TOWNSHIP_NAME,),
    VILLAGE: (TOWNSHIP_NAME, VILLAGE_NAME),
    BANK: (BANK_NAME,),
}
# The measures of an appraisal that are money; all others are shares.
_MONEY: Final = frozenset({"closing_amount", "new_amount"})


def report_tables(report: CountyReport, language: Language = "zh") -> tuple[Table, ...]:
    """This function will make the sheets of a report's workbook, in order."""
    return tuple(_tables(report, language))


def _tables(report: CountyReport, language: Language) -> Iterator[Table]:
    yield _summary(report, language)
    for level, zh, en in (
        (TOWNSHIP, "分乡镇", "townships"), (VILLAGE, "分村", "villages"), (BANK, "分银行", "banks"),
    ):  # fmt: skip
        yield _statistics(report, level, zh, en, language)
    for level, zh, en in (
        (TOWNSHIP, "评级授信用信", "coverage"), (VILLAGE, "评级授信用信(村)", "coverage, villages"),
        (BANK, "授信用信(银行)", "coverage, banks"),
    ):  # fmt: skip
        yield _coverage(report, level, zh, en, language)
    yield _tasks(report)
    if report.period is not Period.MONTHLY:
        yield Table(zh="月度走势", en="months", headings=MONTHS, rows=report.months)
    if report.ranking is not None:
        yield from _rankings(report, report.ranking, language)
    yield _late(report, language)


def named(report: CountyReport, rows: pl.DataFrame) -> pl.DataFrame:
    """This function will add the names of townships and villages to rows that hold their codes."""
    village = pl.col(VILLAGE) if VILLAGE in rows.columns else pl.lit(None, pl.String)
    code = pl.col(TOWNSHIP) if TOWNSHIP in rows.columns else village.str.head(TOWNSHIP_DIGITS)
    return rows.with_columns(_name(report, code, "township"), _name(report, village, "village"))


def _name(report: CountyReport, code: pl.Expr, alias: str) -> pl.Expr:
    found = code.replace_strict(list(report.names), list(report.names.values()), default=code)
    return found.fill_null(report.name(None)).alias(alias)


def _totalled(level: str, total: pl.DataFrame, language: Language) -> pl.DataFrame:
    first, *others = (heading.name for heading in _NAMES[level])
    blank = (pl.lit(None, pl.String).alias(name) for name in others)
    return total.with_columns(pl.lit(_TOTAL[language]).alias(first), *blank)


# --- statistics ---


def _summary(report: CountyReport, language: Language) -> Table:
    names = [heading.name for heading in SUMMARY[1:]]
    items = [
        report.county.select(
            pl.lit(zh if language == "zh" else en).alias("item"),
            *(_given(column, name) for column, name in zip(columns, names, strict=True)),
        )
        for zh, en, *columns in SUMMARY_ITEMS
    ]
    return Table(zh="汇总", en="summary", headings=SUMMARY, rows=pl.concat(items))


def _given(column: str | None, name: str) -> pl.Expr:
    found = pl.lit(None, pl.Int64) if column is None else pl.col(column)
    return found.alias(name)


def _statistics(report: CountyReport, level: str, zh: str, en: str, language: Language) -> Table:
    rows, total = report.statistics[level], report.county
    headings = (*_NAMES[level], *STATISTICS)
    notes: tuple[str, ...] = ()
    if level in _DIGITS:
        shares = task_shares(report.tasks, digits=_DIGITS[level]).select(
            pl.col("place_code").alias(level), "task_share"
        )
        rows = named(report, rows.join(shares, on=level, how="left", maintain_order="left"))
        total = total.with_columns(pl.lit(county_share(report.tasks), pl.Int64).alias("task_share"))
        headings = (*headings, TASK_SHARE)
    else:
        notes = (_BANK_NOTE[language],)
        rows = rows.with_columns(pl.col(BANK).fill_null(report.name(None)))
    return Table(
        zh=zh, en=en, headings=headings, rows=rows, total=_totalled(level, total, language), notes=notes
    )  # fmt: skip


_BANK_NOTE: Final[dict[Language, str]] = {
    "zh": "一户在几家银行都有贷款的，各银行分别计户，合计按户只计一次。",
    "en": "A household with loans from several banks counts with each of them, and once in the total.",
}


def _coverage(report: CountyReport, level: str, zh: str, en: str, language: Language) -> Table:
    rows = report.coverage[level]
    rows = (
        rows.with_columns(pl.col(BANK).fill_null(report.name(None))) if level == BANK else named(report, rows)
    )
    kept = [h for h in COVERAGE if level != BANK or rows.get_column(h.name).count()]
    total = _totalled(level, report.coverage[COUNTY], language)
    computed = level != BANK and report.rating_computed
    notes = (_COMPUTED[language].format(pack=report.rules.policy),) if computed else ()
    return Table(
        zh=zh, en=en, headings=(*_NAMES[level], *kept), rows=rows, total=total,
        notes=(*notes, *((_BANK_NOTE[language],) if level == BANK else ())),
    )  # fmt: skip


_COMPUTED: Final[dict[Language, str]] = {
    "zh": "台账没有评级记录：评级户数按政策包（{pack}）测算，为资料齐全、可以评分的户数。",
    "en": "The ledger holds no ratings: rated are the households that the pack {pack} has facts to rate.",
}


def _tasks(report: CountyReport) -> Table:
    place = _name(report, pl.col("place_code"), "place")
    return Table(zh="任务进度", en="tasks", headings=TASKS, rows=report.tasks.with_columns(place))


# --- ranks ---


def _rankings(report: CountyReport, ranking: Ranking, language: Language) -> Iterator[Table]:
    flag = pl.when("flagged").then(pl.lit(_YES[language])).otherwise(pl.lit("")).alias("flag")
    months = named(report, ranking.months).with_columns(flag)
    yield Table(zh="月度排名", en="monthly ranks", headings=RANKS, rows=months)
    if report.period is Period.MONTHLY:
        return
    merits = tuple(_merit_heading(merit) for merit in report.rules.merits)
    townships = named(report, ranking.townships).join(ranking.last, on=TOWNSHIP, how="left")
    yield Table(
        zh="乡镇考核", en="appraisal, townships", rows=townships.sort("rank", TOWNSHIP, nulls_last=True),
        headings=(TOWNSHIP_NAME, *APPRAISAL, *merits, *APPRAISAL_LAST),
    )  # fmt: skip
    yield Table(
        zh="银行考核", en="appraisal, banks", rows=ranking.banks.sort("rank", BANK, nulls_last=True),
        headings=(BANK_NAME, *APPRAISAL, *merits),
    )  # fmt: skip


def _merit_heading(merit: InForceMerit) -> Heading:
    form = Form.MONEY if merit.entry.measure in _MONEY else Form.PERCENT
    return Heading(merit.entry.measure, merit.entry.zh, merit.entry.en, form)


# --- loans ---


def _late(report: CountyReport, language: Language) -> Table:
    rows = named(report, report.late)
    if language == "zh":
        rows = rows.with_columns(_said("industry", Industry), _said("kind", LoanKind))
    return Table(zh="逾期明细", en="overdue loans", headings=LATE, rows=rows)


def _said(column: str, words: type[Word]) -> pl.Expr:
    meanings = {word.value: word.zh for word in words}
    return pl.col(column).replace_strict(meanings, default=pl.col(column))


def county_name(report: CountyReport) -> str:
    """This function will name the county, or nothing where the ledger holds several."""
    known = report.county_code is not None and report.county_code in report.names
    return report.names[report.county_code or ""] if known else ""
