"""Reports whose totals reconcile with the ledger, read back from the files that people open."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import docx
import openpyxl
import polars as pl
import pytest

from app.documents.bulletin import write_bulletin
from app.documents.workbook import write_report
from app.domain.errors import NoRulesInForceError, NotFoundError
from app.domain.frames import Frames
from app.policy.policy import load
from app.portfolio.book import loan_book
from app.portfolio.period import Period
from app.services.reporting import Report, make_report, rated_by_pack
from app.simulation import CountySpec, frames, simulate
from tests.features.ledger import HOUSEHOLD, ledger, loan

UNTIL = date(2025, 9, 30)
Cells = dict[str, list[dict[str, Any]]]
Written = tuple[Report, Cells, list[str], list[list[list[str]]]]


def _simulated() -> Frames:
    lags = {lag.code: lag.now.days for lag in load("yanchi").at(UNTIL).knowledge}
    county = frames(simulate(CountySpec(seed=5, loans=400, until=UNTIL)), lags)
    task = {"starts_on": date(2025, 1, 1), "ends_on": date(2025, 12, 31), "amount": 100_000_000}
    known = {"known_on": date(2025, 1, 1), "known_basis": "recorded", "imported_on": UNTIL, "import_id": 1}
    townships = sorted(county["households"]["village_code"].str.head(9).unique())
    tasks = pl.DataFrame([{"place_code": code, "version": 1} | task | known for code in townships])
    return Frames.of({**county.tables, "tasks": tasks})


@pytest.fixture(scope="module", name="county")
def _county() -> Frames:
    return _simulated()


@pytest.fixture(scope="module", name="written", params=list(Period))
def _written(
    request: pytest.FixtureRequest, county: Frames, tmp_path_factory: pytest.TempPathFactory
) -> Written:
    report = make_report(county, load("yanchi"), as_of=UNTIL, period=request.param)
    folder = tmp_path_factory.mktemp(str(request.param))
    sheets, paper = folder / "a.xlsx", folder / "a.docx"
    write_report(sheets, report.tables, title=report.title, counted=report.counted)
    write_bulletin(paper, report.bulletin)
    read = docx.Document(str(paper))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in read.tables]
    return report, _cells(sheets), [p.text for p in read.paragraphs], tables


def _cells(path: Path) -> Cells:
    book = openpyxl.load_workbook(path)
    return {sheet.title: _rows(list(sheet.iter_rows(min_row=3, values_only=True))) for sheet in book}


def _rows(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:] if any(row)]


def _wan(yuan: float) -> str:
    return str((Decimal(str(yuan)) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP))


# --- what the workbook says is what the ledger says ---


def test_totals_are_those_of_the_loan_book_by_amount_and_by_household(
    written: Written, county: Frames
) -> None:
    _, sheets, _, _ = written
    owing = loan_book(county, as_of=UNTIL).filter("active")
    late = owing.filter(pl.col("principal_overdue") > 0)

    for name in ("分乡镇", "分村", "分银行"):
        total = sheets[name][-1] if name != "分银行" else sheets[name][-2]
        assert round(total["期末余额(元)"] * 100) == owing["balance"].sum()
        assert total["期末户数"] == owing["household_id"].n_unique()
        assert round(total["逾期金额(元)"] * 100) == late["principal_overdue"].sum()
        assert total["逾期户数"] == late["household_id"].n_unique()


def test_every_column_of_places_adds_up_to_its_total(written: Written) -> None:
    _, sheets, _, _ = written

    for name in ("分乡镇", "分村"):
        *rows, total = sheets[name]
        for heading in total:
            if "率" not in heading and heading not in {"乡镇", "村"}:
                assert round(sum(row[heading] for row in rows) * 100) == round(total[heading] * 100)


def test_every_row_reconciles_to_the_fen(written: Written) -> None:
    _, sheets, _, _ = written

    for row in (*sheets["分乡镇"], *sheets["分村"]):
        gained = row["期初余额(元)"] + row["新发放金额(元)"] + row["续贷展期新立(元)"] + row["更正(元)"]
        left = gained - row["收回本金(元)"] - row["续贷展期承接(元)"]
        assert round(left * 100) == round(row["期末余额(元)"] * 100)


def test_the_list_of_overdue_loans_is_the_overdue_total_and_names_nobody(written: Written) -> None:
    _, sheets, _, _ = written
    total = sheets["分乡镇"][-1]

    late = sheets["逾期明细"]
    assert round(sum(row["逾期本金(元)"] for row in late), 2) == round(total["逾期金额(元)"], 2)
    assert round(sum(row["欠息金额(元)"] for row in late), 2) == round(total["欠息金额(元)"], 2)
    assert not {"姓名", "证件号码", "联系电话"} & set(late[0])


# --- what the bulletin says is what the workbook says ---


def test_the_bulletin_s_tables_are_the_workbook_s_figures(written: Written) -> None:
    _, sheets, _, tables = written
    stock = {row[0]: row[1:] for row in tables[0][1:]}
    risk = {row[0]: row[1:] for row in tables[3][1:]}

    for row in sheets["分乡镇"]:
        columns = ("期初余额(元)", "新发放金额(元)", "收回本金(元)", "期末余额(元)")
        said = [_wan(row[name]) for name in columns]
        assert stock[row["乡镇"]] == [*said[:3], str(row["期末户数"]), said[3]]
        assert risk[row["乡镇"]][:2] == [str(row["逾期户数"]), _wan(row["逾期金额(元)"])]


def test_the_bulletin_s_sentences_give_the_total(written: Written) -> None:
    _, sheets, texts, _ = written
    total = sheets["分乡镇"][-1]

    said = "".join(texts)
    assert (
        f"期末贷款余额{_wan(total['期末余额(元)'])}万元、{total['期末笔数']}笔、{total['期末户数']}户" in said
    )
    assert f"本金逾期{total['逾期笔数']}笔、{total['逾期户数']}户、{_wan(total['逾期金额(元)'])}万元" in said


def test_a_ledger_without_ratings_is_rated_by_the_pack_and_says_so(written: Written, county: Frames) -> None:
    report, sheets, texts, _ = written
    rated = rated_by_pack(county, load("yanchi").at(UNTIL), as_of=UNTIL)

    assert rated is not None
    assert sheets["评级授信用信"][-2]["评级户数"] == rated.height > 0
    assert "按政策包（yanchi）测算" in str(sheets["评级授信用信"][-1]["乡镇"])
    assert f"按政策包测算可评级{rated.height}户" in "".join(texts)
    assert report.figures.rating_computed


def test_progress_stands_in_sheet_and_bulletin(written: Written) -> None:
    _, sheets, texts, tables = written

    shares = {row["区划"]: row["任务完成率(%)"] for row in sheets["任务进度"]}
    said = {row[0]: float(row[3].rstrip("%")) for row in tables[2][1:]}
    assert said == {name: pytest.approx(share, abs=0.0051) for name, share in shares.items()}
    assert any(text.startswith("全县完成任务的") for text in texts)


def test_ranks_are_given_and_last_place_twice_running_is_named(written: Written) -> None:
    report, sheets, texts, _ = written

    ranked = sheets["月度排名"]
    last_day = max(row["截止日"] for row in ranked)
    flagged = [row["乡镇"] for row in ranked if row["截止日"] == last_day and row["提请约谈"] == "是"]
    assert report.figures.ranking is not None
    sentence = next(text for text in texts if "连续2个月排名末位" in text)
    assert all(name in sentence for name in flagged)
    assert ("提请约谈" in sentence) == bool(flagged)


def test_a_longer_report_has_its_months_and_its_appraisal(written: Written) -> None:
    report, sheets, _, _ = written
    expected = {Period.MONTHLY: 0, Period.QUARTERLY: 3, Period.YEARLY: 9}[report.figures.period]

    assert len(sheets.get("月度走势", [])) == expected
    assert ("乡镇考核" in sheets) == ("银行考核" in sheets) == bool(expected)
    if expected:
        months, total = sheets["月度走势"], sheets["分乡镇"][-1]
        assert round(sum(m["收回本金(元)"] for m in months), 2) == round(total["收回本金(元)"], 2)
        assert [row["名次"] for row in sheets["乡镇考核"]] == sorted(
            row["名次"] for row in sheets["乡镇考核"]
        )


def test_the_title_names_county_period_and_scheme_of_the_day(county: Frames) -> None:
    report = make_report(county, load("national"), as_of=date(2019, 8, 15), period=Period.QUARTERLY)

    assert report.bulletin.title == ("模拟县2019年第三季度", "扶贫小额信贷情况通报")
    assert report.file_name == "模拟县2019年第三季度扶贫小额信贷情况通报（截至20190815）"


def test_a_pack_that_does_not_rate_leaves_ratings_out(county: Frames) -> None:
    report = make_report(county, load("national"), as_of=UNTIL, period=Period.MONTHLY)

    assert not report.figures.rating_computed
    assert "台账没有评级记录。" in "".join(report.bulletin.sections[1].paragraphs)


def test_english_headings_stand_over_the_same_figures(county: Frames) -> None:
    zh, en = (
        make_report(county, load("yanchi"), as_of=UNTIL, period=Period.YEARLY, language=language)
        for language in ("zh", "en")
    )

    assert [table.en for table in zh.tables] == [table.name("en") for table in en.tables]
    assert en.title == "Small loans to households lifted out of poverty, 2025"
    for table in en.tables:
        assert all(heading.text("en").isascii() for heading in table.headings)


def test_later_facts_do_not_change_an_earlier_report(county: Frames) -> None:
    day = date(2025, 3, 31)
    known = Frames.of(
        {name: table.filter(pl.col("known_on") <= day) for name, table in county.tables.items()}
    )

    then, now = (
        make_report(facts, load("yanchi"), as_of=day, period=Period.QUARTERLY) for facts in (known, county)
    )

    assert then.bulletin == now.bulletin


def test_the_same_ledger_gives_the_same_bytes(county: Frames, tmp_path: Path) -> None:
    for name in ("a", "b"):
        report = make_report(county, load("yanchi"), as_of=UNTIL, period=Period.MONTHLY)
        write_report(tmp_path / f"{name}.xlsx", report.tables, title=report.title, counted=report.counted)
        write_bulletin(tmp_path / f"{name}.docx", report.bulletin)

    for suffix in ("xlsx", "docx"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_ratings_in_the_ledger_are_taken_as_they_are() -> None:
    rating = {"household_id": "H1", "scheme": "631", "indicator": "total", "points": 80}
    facts = ledger(ratings=[rating | {"rated_on": date(2024, 3, 1)}], households=[HOUSEHOLD])

    report = make_report(facts, load("yanchi"), as_of=date(2024, 5, 31), period=Period.MONTHLY)

    assert not report.figures.rating_computed
    assert report.figures.coverage[""]["rated"].item() == 1


def test_a_place_without_a_name_goes_by_its_code_and_a_loan_without_a_place_is_not_lost() -> None:
    stray = loan(loan_id="L2", household_id="H2", amount=1_000_000)

    report = make_report(
        ledger(loans=[loan(), stray]), load("national"), as_of=date(2024, 5, 31), period=Period.MONTHLY
    )

    rows = report.tables[1].rows
    assert rows["township"].to_list() == ["999901101", "未列明"]
    assert report.figures.county["closing_amount"].item() == 6_000_000
    assert report.bulletin.title == ("2024年5月", "脱贫人口小额信贷统计通报")


def test_a_day_before_the_scheme_is_a_clear_error(county: Frames) -> None:
    with pytest.raises(NoRulesInForceError, match="2010-01-31"):
        make_report(county, load("yanchi"), as_of=date(2010, 1, 31), period=Period.MONTHLY)


def test_a_county_without_loans_is_a_clear_error() -> None:
    with pytest.raises(NotFoundError, match="no loan is known as of 2016-05-31"):
        make_report(ledger(loans=[]), load("yanchi"), as_of=date(2016, 5, 31), period=Period.MONTHLY)
