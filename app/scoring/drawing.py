"""Pages and pictures of training reports: one look for all, SVG drawn here, nothing loaded from elsewhere."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

_STYLE: Final = """
:root{--ink:#1d2733;--soft:#5b6775;--line:#d9dee4;--fill:#f4f6f8;--main:#1f5f8b;--warm:#b4532a;--bad:#a11}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--ink);
font:15px/1.6 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC",sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem}
header{border-bottom:3px solid var(--main);margin-bottom:1rem}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0}
h2{font-size:1.15rem;margin:2rem 0 .4rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
p{margin:.4rem 0}.soft,figcaption,small{color:var(--soft);font-size:.9em}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:1rem 0}
.tile{background:var(--fill);border-left:4px solid var(--main);padding:.5rem .7rem}
.tile b{display:block;font-size:1.5rem;line-height:1.3;font-variant-numeric:tabular-nums}
.two{margin:.8rem 0;display:grid;
grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.2rem}
figure{margin:0}svg{width:100%;height:auto;display:block;font-size:12px}
svg text{fill:var(--ink)}
.bar{display:grid;grid-template-columns:1fr auto;column-gap:1rem;margin:.5rem 0}
.bar b{font-weight:600;overflow-wrap:anywhere}.bar span{color:var(--soft);text-align:right}
.bar i{grid-column:1/-1;background:#eef1f4;height:.5rem}
.bar u{display:block;height:100%;background:var(--main)}
.bar svg{grid-column:1/-1;max-height:1.6rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{border-bottom:1px solid var(--line);padding:.3rem .6rem;text-align:right;white-space:nowrap}
th{white-space:normal;font-weight:600;color:var(--soft);border-bottom-width:2px}
td:first-child,th:first-child{text-align:left;white-space:normal;min-width:6.5rem}
.two>div{min-width:0}
table.words td,table.words th{text-align:left;white-space:normal}
table.words td+td{overflow-wrap:anywhere}table.words td:last-child{min-width:3rem}
tr.main td{font-weight:600}
.alarm{border-left:4px solid var(--bad);background:#fdf1f1;padding:.4rem .8rem}
.note{border-left:4px solid var(--warm);background:#fdf6f1;padding:.4rem .8rem}
details{margin-top:1rem}pre{background:var(--fill);padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:40rem){body{font-size:14px}h1{font-size:1.3rem}table{font-size:12px;line-height:1.35}
td,th{padding:.2rem .25rem}}
@media print{@page{size:A4;margin:12mm}body{font-size:8.5pt;line-height:1.4}
main{max-width:none;padding:0}h1{font-size:1.5rem}h2{margin-top:1rem}
.tiles{grid-template-columns:repeat(6,1fr)}.tile b{font-size:1.15rem}
.two{grid-template-columns:1fr 1fr;margin:.5rem 0}.bars{columns:2;column-gap:1.5rem}.bar{margin:0 0 .35rem}
td,th{padding:.1rem .3rem}section>.wide>table:not(.words) td:first-child{width:28%}
.tile,.note,.alarm,pre,i,u,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
figure,tr,.tiles,.bar,.note,.alarm,.two .wide{break-inside:avoid}h2,h2+p,thead{break-after:avoid}
thead{display:table-header-group}.wide{overflow:visible}details:not([open]){display:none}}
"""
_PAGE: Final = (
    '<!doctype html>\n<html lang="zh"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<title>信灯 Xindeng: {title}</title><style>{style}</style></head>\n"
    "<body><main>{body}</main></body></html>\n"
)
_WIDE, _HIGH = 420, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 24, 12, 46
_MAIN, _SOFT, _WARM = "#1f5f8b", "#8a95a1", "#b4532a"
_COLOURS: Final = (_MAIN, _WARM, _SOFT)


def page(title: str, parts: Iterable[str]) -> str:
    """Put the parts of a page together; `title` is plain text."""
    return _PAGE.format(title=escape(title), style=_STYLE, body="\n".join(parts))


def head(title: str, *lines: str) -> str:
    """Write the head of a page; all plain text."""
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<header><h1>{escape(title)}</h1>{told}</header>"


def section(title: str, *parts: str) -> str:
    """Write a section of parts that are HTML already."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def paragraph(text: str, kind: str = "") -> str:
    """Write plain text; `kind` is a class of the page's style."""
    named = f' class="{kind}"' if kind else ""
    return f"<p{named}>{escape(text)}</p>"


def tiles(told: Mapping[str, str]) -> str:
    """Show the figures that matter most."""
    each = (f'<div class="tile"><b>{escape(v)}</b>{escape(name)}</div>' for name, v in told.items())
    return f'<div class="tiles">{"".join(each)}</div>'


def side_by_side(*figures: str) -> str:
    """Put figures beside each other where there is room."""
    each = "".join(f"<div>{figure}</div>" for figure in figures)
    return f'<div class="two">{each}</div>'


def table(names: Sequence[str], rows: Iterable[Sequence[str]], *, main: int = -1, words: bool = False) -> str:
    """Write a table of plain cells; row `main` stands out, `words` are set to the left."""
    top = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = (
        ('<tr class="main">' if k == main else "<tr>") + "".join(f"<td>{escape(str(c))}</td>" for c in row)
        for k, row in enumerate(rows)
    )
    kind = ' class="words"' if words else ""
    body = f"<tbody>{'</tr>'.join(lines)}</tr></tbody>"
    return f'<div class="wide"><table{kind}><thead><tr>{top}</tr></thead>{body}</table></div>'


def folded(title: str, text: str) -> str:
    """Keep long plain text closed until it is asked for."""
    return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number; a dash for none."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}f}"


def span(low: float, high: float) -> str:
    """Write the ends of an interval of shares.

    >>> span(0.0, 0.045)
    '0.0%–4.5%'
    """
    return f"{low:.1%}–{high:.1%}"


def share(value: float | None) -> str:
    """Write a share as per cent; a dash for none."""
    return "–" if value is None else f"{value:.1%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """The square that a picture is drawn in: from 0 to `most` both ways, by square roots if `root`."""

    most: float
    root: bool = False

    def across(self, value: float) -> float:
        """Place a value from left to right, in units of the picture."""
        return round(_LEFT + (_WIDE - _LEFT - _RIGHT) * self._share(value), 1)

    def up(self, value: float) -> float:
        """Place a value from the bottom upwards."""
        return round(_HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * self._share(value), 1)

    def _share(self, value: float) -> float:
        part = min(1.0, max(0.0, value / self.most))
        return math.sqrt(part) if self.root else part

    def ticks(self) -> list[float]:
        """Choose round values to write beside the axes, no two of which meet."""
        found = [0.0]
        for value in _ROUND:
            if value <= self.most and self._share(value) - self._share(found[-1]) >= _APART:
                found.append(value)
        return found


_ROUND: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.8, 1.0)
_APART: Final = 0.13


def picture(axes: Axes, title: str, across: str, up: str, inside: str) -> str:
    """Draw a frame with ticks and names around marks that are SVG already."""
    ticks = "".join(_tick(axes, value) for value in axes.ticks())
    low, left = _HIGH - _BOTTOM, _LEFT
    middle = (_TOP + low) / 2
    return (
        f'<figure><svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{ticks}"
        f'<path d="M{left} {low}L{axes.across(axes.most)} {axes.up(axes.most)}" stroke="{_SOFT}" '
        f'stroke-dasharray="5 4"/>{inside}'
        f'<text x="{(left + _WIDE) / 2}" y="{_HIGH - 6}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(13 {middle}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
        f"</svg><figcaption>{escape(title)}</figcaption></figure>"
    )


def _tick(axes: Axes, value: float) -> str:
    x, y, low = axes.across(value), axes.up(value), _HIGH - _BOTTOM
    text = f"{value:.1%}" if 0 < value < 0.01 else f"{value:.0%}"
    return (
        f'<path d="M{_LEFT} {y}H{_WIDE - _RIGHT}M{x} {_TOP}V{low}" stroke="#e6eaee"/>'
        f'<text x="{x}" y="{low + 16}" text-anchor="middle" font-size="11">{text}</text>'
        f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end" font-size="11">{text}</text>'
    )


def reliability(bins: Sequence[Mapping[str, float]], title: str) -> str:
    """Draw observed rates over predicted ones: `pd`, `rate`, ends `low`, `high`, `rate_low`, `rate_high`.

    Dots on the dashed line are true; the bars are 90 % intervals of what was said and of what was seen.
    """
    axes = Axes(most=min(1.0, 1.05 * max(max(b["rate_high"], b["high"]) for b in bins)), root=True)
    marks = "".join(_bin(axes, one) for one in bins)
    return picture(axes, title, "预测概率 predicted", "实际比例 observed", marks)


def _bin(axes: Axes, one: Mapping[str, float]) -> str:
    x, y = axes.across(one["pd"]), axes.up(one["rate"])
    upright = f"M{x} {axes.up(one['rate_low'])}V{axes.up(one['rate_high'])}"
    across = f"M{axes.across(one['low'])} {y}H{axes.across(one['high'])}"
    return (
        f'<path d="{across}" stroke="{_WARM}" stroke-width="2" opacity=".7"/>'
        f'<path d="{upright}" stroke="{_MAIN}" stroke-width="2" opacity=".7"/>'
        f'<circle cx="{x}" cy="{y}" r="4.5" fill="{_MAIN}"/>'
    )


def curves(lines: Mapping[str, Sequence[tuple[float, float]]], title: str, across: str, up: str) -> str:
    """Draw lines of (across, up) shares, the first in the main colour, with their names beside."""
    axes = Axes(most=1.0)
    drawn = "".join(
        _curve(axes, name, points, colour, place)
        for place, ((name, points), colour) in enumerate(
            zip(lines.items(), (_MAIN, _WARM, _SOFT), strict=False)
        )
    )
    return picture(axes, title, across, up, drawn)


def _curve(axes: Axes, name: str, points: Sequence[tuple[float, float]], colour: str, place: int) -> str:
    path = "L".join(f"{axes.across(x)} {axes.up(y)}" for x, y in points)
    y = axes.up(0.06) - 18 * place
    x = axes.across(0.42)
    return (
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
        f'<path d="M{x - 24} {y - 4}h18" stroke="{colour}" stroke-width="3"/>'
        f'<text x="{x}" y="{y}" font-size="11">{escape(name)}</text>'
    )


def bars(rows: Sequence[tuple[str, float, str]]) -> str:
    """Show (name, length, what stands beside it) as bars; text stays text on a small screen."""
    most = max((length for _, length, _ in rows), default=1.0) or 1.0
    each = (
        f'<div class="bar"><b>{escape(name)}</b><span>{escape(beside)}</span>'
        f'<i><u style="width:{max(0.5, 100 * length / most):.1f}%"></u></i></div>'
        for name, length, beside in rows
    )
    return f'<div class="bars">{"".join(each)}</div>'


def ranges(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Show values with their 95 % intervals around zero: (name, {value, low, high}), low and high known."""
    most = max((abs(told[end]) for _, told in rows for end in ("low", "high")), default=0.0) * 1.05 or 1.0
    return "".join(_range(name, told, most) for name, told in rows)


def _range(name: str, told: Mapping[str, Any], most: float) -> str:
    x = {end: round(100 * told[end] / most, 1) for end in ("value", "low", "high")}
    beside = f"{told['value']:+.4f} ({told['low']:+.4f} … {told['high']:+.4f})"
    return (
        f'<div class="bar"><b>{escape(name)}</b><span>{escape(beside)}</span>'
        '<svg viewBox="-102 -4 204 8" aria-hidden="true">'
        f'<path d="M-100 0H100M0 -4V4" stroke="#d9dee4"/>'
        f'<path d="M{x["low"]} 0H{x["high"]}" stroke="{_MAIN}" stroke-width="1.6"/>'
        f'<circle cx="{x["value"]}" r="2.4" fill="{_MAIN}"/></svg></div>'
    )
