"""Writes a bulletin as .docx in the style of official papers: A4, 宋体 title, 仿宋 text, 黑体 headings.

The same bulletin gives the same bytes.
"""

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Final

from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.text.font import CT_RPr
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length, Mm, Pt
from docx.table import _Row as Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from app.documents.content import Bulletin, TextTable

LATIN, TITLE_FONT, TEXT_FONT, HEADING_FONT = "Times New Roman", "宋体", "仿宋", "黑体"
_TITLE, _TEXT, _SMALL, _TABLE = Pt(22), Pt(16), Pt(12), Pt(9)
_LINE, _TITLE_LINE, _SMALL_LINE, _GAP, _BEFORE = Pt(28), Pt(36), Pt(20), Pt(14), Pt(6)
_PAGE_MM: Final = 156  # between the margins
_LAST_NARROW: Final = 0x2E7F
_TWO_LETTERS: Final = "200"  # hundredths of a letter
_WRITTEN: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bulletin gives the same bytes on any day
_ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)


def write_bulletin(path: Path, bulletin: Bulletin) -> None:
    """This function will write a bulletin: title, opening, sections with their tables, notes."""
    paper = Document()
    _set_up(paper, "".join(bulletin.title))
    for number, line in enumerate(bulletin.title, start=1):
        after = _LINE if number == len(bulletin.title) else None
        _paragraph(paper, line, TITLE_FONT, _TITLE, bold=True, centred=True, after=after, line=_TITLE_LINE)
    _paragraph(paper, bulletin.lead, TEXT_FONT, _TEXT, indent=True)
    for section in bulletin.sections:
        heading = _paragraph(paper, section.heading, HEADING_FONT, _TEXT, indent=True)
        heading.paragraph_format.keep_with_next = True
        for text in section.paragraphs:
            _paragraph(paper, text, TEXT_FONT, _TEXT, indent=True)
        for table in section.tables:
            _table(paper, table)
    for note in bulletin.notes:
        _paragraph(paper, note, TEXT_FONT, _SMALL, indent=True, line=_SMALL_LINE)
    path.write_bytes(_settled(paper))


def _set_up(paper: Paper, title: str) -> None:
    section = paper.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    _faces(paper.styles["Normal"].element.get_or_add_rPr(), TEXT_FONT)
    _page_number(section.footer.paragraphs[0])
    about = paper.core_properties
    about.title, about.author, about.comments, about.last_modified_by = title, "", "", ""
    about.created = about.modified = _WRITTEN
    about.revision = 1


def _paragraph(  # noqa: PLR0913
    paper: Paper,
    text: str,
    font: str,
    size: Pt,
    *,
    bold: bool = False,
    centred: bool = False,
    indent: bool = False,
    after: Pt | None = None,
    line: Pt = _LINE,
) -> Paragraph:
    paragraph = paper.add_paragraph()
    _write(paragraph, text, font, size, bold=bold)
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, line
    form.space_before, form.space_after = Pt(0), after or Pt(0)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.JUSTIFY
    if indent:
        _indent(paragraph, size)
    return paragraph


def _indent(paragraph: Paragraph, size: Pt) -> None:
    """Indent the first line by two letters, whatever their size."""
    paragraph.paragraph_format.first_line_indent = Pt(2 * size.pt)
    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()  # noqa: SLF001 - the library knows no letters
    indent.set(qn("w:firstLineChars"), _TWO_LETTERS)


def _write(paragraph: Paragraph, text: str, font: str, size: Pt, *, bold: bool = False) -> Run:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = size, bold
    _faces(run._r.get_or_add_rPr(), font)  # noqa: SLF001 - the library sets no East Asian face
    return run


def _faces(properties: CT_RPr, font: str) -> None:
    """Set the Latin and the Chinese face; Word picks one by the letter."""
    fonts = properties.get_or_add_rFonts()
    for script, face in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", font), ("cs", LATIN)):
        fonts.set(qn(f"w:{script}"), face)
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)


# --- tables ---


def _table(paper: Paper, content: TextTable) -> None:
    caption = _paragraph(paper, content.caption, HEADING_FONT, _SMALL, centred=True, line=_SMALL_LINE)
    caption.paragraph_format.keep_with_next, caption.paragraph_format.space_before = True, _BEFORE
    table = paper.add_table(rows=len(content.rows) + 1, cols=len(content.headings))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths, last = _widths(content), len(content.rows)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    _row(table.rows[0], content.headings, widths, bold=True, heading=True)
    for number, row in enumerate(content.rows, start=1):
        _row(table.rows[number], row, widths, bold=content.has_total and number == last)
    _paragraph(paper, "", TEXT_FONT, _TABLE, line=_GAP)


def _widths(content: TextTable) -> list[Length]:
    """Share the page's width among the columns by their longest texts; a heading may take two lines."""
    rows = [[_shown_width(text) for text in row] for row in content.rows]
    heads = [-(-_shown_width(heading) // 2) for heading in content.headings]
    longest = [max(column) + 2 for column in zip(heads, *rows, strict=True)]
    return [Mm(_PAGE_MM * part / sum(longest)) for part in longest]


def _shown_width(text: str) -> int:
    """A Chinese character is twice as wide as a Latin one."""
    return sum(2 if ord(letter) > _LAST_NARROW else 1 for letter in text)


def _row(
    row: Row, texts: tuple[str, ...], widths: list[Length], *, bold: bool, heading: bool = False
) -> None:
    for position, (cell, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
        cell.width = width
        paragraph = cell.paragraphs[0]
        _write(paragraph, text, TITLE_FONT, _TABLE, bold=bold)
        left = position == 0 and not heading and not _is_figure(text)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1)
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no such properties
    properties.append(OxmlElement("w:cantSplit"))
    if heading:
        properties.append(OxmlElement("w:tblHeader"))


def _is_figure(text: str) -> bool:
    return all(letter.isdigit() or letter in ".%-—" for letter in text)


# --- the page number, and bytes that stay the same ---


def _page_number(paragraph: Paragraph) -> None:
    """Write — 1 — at the foot, as official papers have it."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(paragraph, "— ", TITLE_FONT, Pt(14))
    run = _write(paragraph, "", TITLE_FONT, Pt(14))
    for kind in ("begin", "instruction", "end"):
        run._r.append(_field(kind))  # noqa: SLF001 - the library has no fields
    _write(paragraph, " —", TITLE_FONT, Pt(14))


def _field(kind: str) -> BaseOxmlElement:
    if kind == "instruction":
        element = OxmlElement("w:instrText")
        element.text = "PAGE"
        return element
    element = OxmlElement("w:fldChar")
    element.set(qn("w:fldCharType"), kind)
    return element


def _settled(paper: Paper) -> bytes:
    """Save, and pack anew with days that do not change."""
    saved, packed = io.BytesIO(), io.BytesIO()
    paper.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            new.writestr(zipfile.ZipInfo(name, _ZIP_DAY), old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
