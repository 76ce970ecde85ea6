"""Bulletins as Word sees them: A4, Chinese faces, tables whose headings repeat."""

import zipfile
from pathlib import Path

import docx
from docx.oxml.ns import qn

from app.documents.bulletin import write_bulletin
from app.documents.content import Bulletin, Section, TextTable

TABLE = TextTable(
    caption="表1　各乡镇贷款", headings=("乡镇", "余额（万元）"), has_total=True,
    rows=(("甲乡", "12.30"), ("乙乡", "—"), ("合计", "12.30")),
)  # fmt: skip
BULLETIN = Bulletin(
    title=("模拟县2025年9月", "统计通报"),
    lead="现将情况通报如下。",
    sections=(Section(heading="一、总体情况", paragraphs=("余额12.30万元。",), tables=(TABLE,)),),
    notes=("注：按户计。",),
)


def _write(path: Path) -> Path:
    write_bulletin(path, BULLETIN)
    return path


def test_a_bulletin_holds_its_texts_in_order(tmp_path: Path) -> None:
    paper = docx.Document(str(_write(tmp_path / "a.docx")))

    texts = [paragraph.text for paragraph in paper.paragraphs if paragraph.text]
    assert texts == [
        "模拟县2025年9月", "统计通报", "现将情况通报如下。", "一、总体情况", "余额12.30万元。",
        "表1　各乡镇贷款", "注：按户计。",
    ]  # fmt: skip
    cells = [[cell.text for cell in row.cells] for row in paper.tables[0].rows]
    assert cells == [list(TABLE.headings), *map(list, TABLE.rows)]


def test_the_page_is_a4_with_the_margins_of_official_papers(tmp_path: Path) -> None:
    section = docx.Document(str(_write(tmp_path / "a.docx"))).sections[0]

    lengths = (section.page_width, section.page_height, section.top_margin, section.left_margin)
    assert [round(length.mm) for length in lengths if length is not None] == [210, 297, 37, 28]


def test_every_text_has_a_chinese_face(tmp_path: Path) -> None:
    paper = docx.Document(str(_write(tmp_path / "a.docx")))

    cells = [p for row in paper.tables[0].rows for cell in row.cells for p in cell.paragraphs]
    runs = [run for p in (*paper.paragraphs, *cells) for run in p.runs]
    faces = {run._r.rPr.rFonts.get(qn("w:eastAsia")) for run in runs if run._r.rPr is not None}
    assert faces == {"宋体", "仿宋", "黑体"}


def test_the_first_row_of_a_table_repeats_and_the_total_is_bold(tmp_path: Path) -> None:
    rows = docx.Document(str(_write(tmp_path / "a.docx"))).tables[0].rows

    repeated = [row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None for row in rows]
    assert repeated == [True, False, False, False]
    assert rows[3].cells[0].paragraphs[0].runs[0].font.bold


def test_the_same_bulletin_gives_the_same_bytes_and_names_no_author(tmp_path: Path) -> None:
    first, second = _write(tmp_path / "a.docx"), _write(tmp_path / "b.docx")

    about = docx.Document(str(first)).core_properties
    assert first.read_bytes() == second.read_bytes()
    assert (about.title, about.author, about.comments) == ("模拟县2025年9月统计通报", "", "")
    assert {part.date_time[0] for part in zipfile.ZipFile(first).infolist()} == {1980}
