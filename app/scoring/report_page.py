"""Writes the page that shows how a training run went: ranks, a reliability picture, groups. One HTML file."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

_SIDE: Final = 360  # pixels of the picture
_EDGE: Final = 40
_PAGE: Final = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{border-bottom:1px solid #ccc;padding:.2rem .7rem;text-align:right}}
td:first-child,th:first-child{{text-align:left}}</style>
<h1>{title}</h1><p>{origin}</p>{note}
<h2>排序能力 Ranking, out of time</h2>{ranks}
<h2>概率可靠性 Reliability</h2>{picture}<p>{method}</p>
<p>区间覆盖 Deciles whose interval holds their rate: {held:.0%} ({low:.0%} – {high:.0%})</p>
<h2>按年 By year of maturity</h2>{years}
<h2>按乡镇 By township</h2>{townships}
</html>
"""


def report_page(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the page from the manifest and the metrics only; nothing in it is loaded from elsewhere."""
    told, note = metrics["reliability"], metrics.get("note")
    return _PAGE.format(
        title=f"训练报告 Training report: {escape(str(manifest['estimator']))}",
        origin=_ORIGIN.get(manifest["trained_on"], ""),
        note="" if note is None else f"<p><strong>{escape(note['zh'])} {escape(note['en'])}</strong></p>",
        ranks=_ranks(metrics),
        picture=picture(told["deciles"]),
        method=escape(told["method"]),
        held=told["interval"]["deciles_held"],
        low=told["interval"]["low"],
        high=told["interval"]["high"],
        years=_groups(told["by_year"]),
        townships=_groups(told["by_township"]),
    )


_ORIGIN: Final = {
    "simulation": "由模拟县域训练，仅供演示，不得用于真实审批。"
    "Trained on simulated counties: it decides about no "
    "real person.",
    "ledger": "由本地台账训练。Trained on the ledger of this place.",
}


def _ranks(metrics: Mapping[str, Any]) -> str:
    parts = [name for name in metrics if name.startswith("test")]
    told = ((f"{part} · {who}", metrics[part].get(who)) for part in parts for who in _OPINIONS)
    rows = [[name, *(_number(found.get(key)) for key in _MEASURED)] for name, found in told if found]
    return _table(["", *_MEASURED], rows)


_OPINIONS: Final = ("learned", "scorecard", "rating")
_MEASURED: Final = ("auc", "ks", "brier", "logloss", "ece", "calibration_slope", "calibration_intercept")


def _groups(groups: Mapping[str, Mapping[str, Any]]) -> str:
    names = ("loans", "observed", "expected", "errors_apart")
    rows = [[name, *(_number(group[key]) for key in names)] for name, group in groups.items()]
    head = ["", "贷款 loans", "实际违约 observed", "预期违约 expected", "相差标准误 errors apart"]
    return _table(head, rows)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def picture(deciles: Sequence[Mapping[str, Any]]) -> str:
    """Draw observed rates over predicted ones, each with its interval, on square-root axes: inline SVG."""
    most = max(max(one["rate_high"], one["high"]) for one in deciles)
    marks = "".join(_mark(one, most) for one in deciles)
    ticks = "".join(_tick(share * most, most) for share in _TICKS)
    size = _SIDE + _EDGE
    return (
        f'<svg viewBox="0 0 {size} {size}" width="{size}" role="img">'
        "<title>可靠性图 Reliability: observed over predicted default rate</title>"
        f'<path d="M{_EDGE} {_SIDE}L{_SIDE} {_EDGE}" stroke="#999" stroke-dasharray="4"/>{ticks}{marks}</svg>'
    )


_TICKS: Final = (0.05, 0.25, 0.5, 1.0)


def _right(rate: float, most: float) -> float:
    return round(_EDGE + (_SIDE - _EDGE) * math.sqrt(rate / most), 1)


def _down(rate: float, most: float) -> float:
    return round(_SIDE + _EDGE - _right(rate, most), 1)


def _mark(one: Mapping[str, Any], most: float) -> str:
    """Draw one decile: a dot, the interval of its probability across, that of its rate upright."""
    x, y = _right(one["pd"], most), _down(one["rate"], most)
    across = f"M{_right(one['low'], most)} {y}H{_right(one['high'], most)}"
    upright = f"M{x} {_down(one['rate_low'], most)}V{_down(one['rate_high'], most)}"
    return f'<path d="{across}{upright}" stroke="#2a6f97"/><circle cx="{x}" cy="{y}" r="4" fill="#2a6f97"/>'


def _tick(rate: float, most: float) -> str:
    x, y, text = _right(rate, most), _down(rate, most), f"{rate:.1%}"
    return (
        f'<text x="{x}" y="{_SIDE + _EDGE // 2}" font-size="11" text-anchor="middle">{text}</text>'
        f'<text x="2" y="{y}" font-size="11">{text}</text>'
    )
