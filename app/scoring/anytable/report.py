"""The report of a training on any table: one page of HTML, its pictures drawn as SVG, no scripts."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.anytable.figures import reliability

FloatVector = NDArray[np.float64]
_SIDE: Final = 300
_POINTS: Final = 200
_SHOWN: Final = {
    "auc": "排序能力 AUC", "ks": "KS", "brier": "布里尔分 Brier", "logloss": "对数损失 Log-loss",
    "ece": "期望校准误差 ECE (10)", "calibration_slope": "校准斜率 Calibration slope",
    "calibration_intercept": "校准截距 Calibration intercept",
    "calibration_in_the_large": "总体校准 Calibration in the large",
    "mean_pd": "平均预测 Mean pd", "bad_rate": "坏账率 Bad rate", "n": "行数 Rows", "bads": "坏样本 Bad rows",
}  # fmt: skip
_FOLD: Final = ("fold", "n", "bads", "auc", "ks", "brier", "logloss", "ece")
_PAGE: Final = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>信灯 Xindeng: {title}</title><style>
body{{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}}
table{{border-collapse:collapse;margin:.5em 0}}
td,th{{border:1px solid #bbb;padding:.2em .6em;text-align:right}}
td:first-child,th:first-child{{text-align:left}}svg{{margin-right:2em}}
.alarm{{color:#a00}}</style></head><body>
<h1>训练报告 Training report</h1><p>{summary}</p>{alarms}
<h2>指标 Figures</h2>{figures}<p>{notes}</p>
<h2>排序与校准 Ranking and reliability</h2>{roc}{reliability}
<h2>各折 Folds</h2>{folds}
<h2>最重要的列 Columns by mean |SHAP| (log-odds)</h2>{features}
<h2>未使用 Left out</h2>{left_out}
<h2>设置 Settings</h2><pre>{spec}</pre></body></html>
"""


def report(parts: Mapping[str, Any], predictions: pl.DataFrame) -> str:
    """Write the page from what the manifest and the metrics say, and from the predictions' pictures."""
    pd, y = (predictions[name].to_numpy().astype(np.float64) for name in ("pd", "y"))
    metrics = parts["metrics"]
    return _PAGE.format(
        title=escape(parts["target"]),
        summary=escape(parts["summary"]),
        alarms="".join(f'<p class="alarm">⚠ {escape(a)}</p>' for a in parts["alarms"]),
        figures=_table(["", ""], [(zh, _number(metrics[name])) for name, zh in _SHOWN.items()]),
        notes=escape(parts["notes"]),
        roc=_roc(pd, y),
        reliability=_reliability(pd, y),
        folds=_table(_FOLD, [[_number(fold[name]) for name in _FOLD] for fold in metrics["folds"]]),
        features=_table(["列 column", "mean |SHAP|"], [(n, _number(v)) for n, v in parts["importance"]]),
        left_out=_table(["列 column", "原因 why"], parts["left_out"]) if parts["left_out"] else "–",
        spec=escape(parts["spec"]),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = ("".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows)
    return f"<table><tr>{cells}</tr>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def _roc(pd: FloatVector, bad: FloatVector) -> str:
    """Draw the share of bad rows caught against that of good rows suspected."""
    order = np.argsort(-pd, kind="stable")
    caught, wrong = np.cumsum(bad[order]), np.cumsum(1 - bad[order])
    last = np.r_[np.flatnonzero(np.diff(pd[order])), len(pd) - 1]  # ties make one step
    picked = last[np.unique(np.linspace(0, len(last) - 1, _POINTS).astype(int))]
    points = [(0.0, 0.0), *zip(wrong[picked] / wrong[-1], caught[picked] / caught[-1], strict=True)]
    return _picture("ROC", "误报率 false alarms", "捕获率 caught", _line(points))


def _reliability(pd: FloatVector, bad: FloatVector) -> str:
    """Draw observed rates of the ten quantile bins against their mean pd, with two standard errors."""
    bins = reliability(pd, bad)
    top = max(max(b["pd"], b["rate"]) for b in bins) * 1.1
    marks = []
    for one in bins:
        error = 2 * np.sqrt(max(one["rate"] * (1 - one["rate"]), 1e-9) / one["n"])
        x, y = one["pd"] / top, one["rate"] / top
        marks.append(_line([(x, max(0.0, y - error / top)), (x, min(1.0, y + error / top))]))
        marks.append(f'<circle cx="{_x(x)}" cy="{_y(y)}" r="4" fill="#357"/>')
    title = f"校准 reliability (0 – {top:.2f})"
    return _picture(title, "预测 predicted", "实际 observed", "".join(marks))


def _picture(title: str, across: str, up: str, inside: str) -> str:
    size = _SIDE + 50
    label = '<text x="{}" y="{}" font-size="12"{}>{}</text>'
    return (
        f'<svg width="{size}" height="{size}" role="img" aria-label="{title}">'
        f'<rect x="30" y="20" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>'
        f'<path d="M{_x(0)},{_y(0)}L{_x(1)},{_y(1)}" stroke="#bbb"/>{inside}'
        + label.format(30, 14, "", title)
        + label.format(120, _SIDE + 38, "", across)
        + label.format(18, 200, ' transform="rotate(-90 18 200)"', up)
        + "</svg>"
    )


def _line(points: Sequence[tuple[float, float]]) -> str:
    path = "L".join(f"{_x(x)},{_y(y)}" for x, y in points)
    return f'<path d="M{path}" fill="none" stroke="#357" stroke-width="2"/>'


def _x(share: float) -> str:
    return f"{30 + _SIDE * share:.1f}"


def _y(share: float) -> str:
    return f"{20 + _SIDE * (1 - share):.1f}"
