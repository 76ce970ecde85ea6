"""How notebooks look: tables with the workbooks' headings, and Chinese in pictures where a font has it."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Final

import polars as pl

from app.domain.errors import Problem
from app.ledgerfile.writing import Sheet, cell_values

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# fonts with Chinese that systems ship; the first that is installed draws
_FONTS: Final = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei",
    "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
)  # fmt: skip
_MOST: Final = 20  # rows of a table that a notebook shows
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of HTML that a notebook shows."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


@cache
def chinese_font() -> str | None:
    """This function will name an installed font that draws Chinese, and have pictures use it; or None."""
    import matplotlib as mpl  # noqa: PLC0415 - loads slowly
    from matplotlib import font_manager  # noqa: PLC0415

    installed = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in _FONTS if name in installed), None)
    if found is not None:
        mpl.rcParams["font.sans-serif"] = [found, *mpl.rcParams["font.sans-serif"]]
        mpl.rcParams["axes.unicode_minus"] = False
    return found


def picture(figure: "Figure") -> Shown:
    """This function will show a drawn figure, whatever draws on the screen."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=_DOTS, bbox_inches="tight")
    return Shown(f'<img src="data:image/png;base64,{b64encode(drawn.getvalue()).decode()}">')


_DOTS: Final = 90  # per inch


def words(zh: str, en: str) -> str:
    """This function will write both languages on a picture, or English alone where no font has Chinese."""
    return f"{zh} {en}" if chinese_font() else en


def shown(sheet: Sheet, *, most: int = _MOST) -> Shown:
    """This function will show the first rows of a sheet as a table, one row alone as a list."""
    rows = sheet.rows.head(most)
    headings = [sheet.heading(column) for column in sheet.columns]
    cells = [cell_values(rows.get_column(c.name), c, sheet.language) for c in sheet.columns]
    lines = [list(line) for line in zip(*cells, strict=True)]
    if len(lines) == 1 and len(headings) > _NARROW:
        return _html(sheet.name, [], [list(pair) for pair in zip(headings, lines[0], strict=True)], 0)
    return _html(sheet.name, headings, lines, sheet.rows.height - rows.height)


_NARROW: Final = 8


def table(frame: pl.DataFrame, name: str = "") -> Shown:
    """This function will show a frame whose column names are the headings."""
    return _html(name, frame.columns, [list(row) for row in frame.rows()], 0)


def told(*said: Problem) -> Shown:
    """This function will show sentences in both languages."""
    texts = (f"<p><b>{escape(each.zh)}</b><br>{escape(each.en)}</p>" for each in said)
    return Shown("".join(texts))


def _html(name: str, headings: list[str], lines: list[list[object]], more: int) -> Shown:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in line)}</tr>" for line in lines)
    rest = f"<p>另有 {more} 行 more rows</p>" if more > 0 else ""
    return Shown(f"<table><caption>{escape(name)}</caption><tr>{head}</tr>{body}</table>{rest}")


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{round(cell, _DIGITS):,g}" if abs(cell) < 1_000 else f"{cell:,.0f}"
    return "–" if cell is None else escape(str(cell))
