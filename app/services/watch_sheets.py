"""What is watched, as sheets for people: shares in per cent, indexes as they are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from app.domain.errors import Problem
from app.domain.ledger.columns import Column, code, count, flag, quantity, text
from app.domain.words import Light
from app.features.catalogue import BY_NAME
from app.ledgerfile.writing import Sheet
from app.scoring.drift import SCORE
from app.services.beside_rating import BesideRating
from app.services.quality import Quality
from app.services.watching import Drift, Swap

_VERDICTS: Final = {"too_few": "样本过少", "stable": "稳定", "watch": "关注", "drifted": "漂移"}
_APART: Final = {"too_few": "样本过少", "stable": "相近", "watch": "略有不同", "drifted": "不同"}
_BANDS: Final = {light.value: light.zh for light in Light} | {"none": "无意见"}
_PARTS: Final = {
    "both": "两者都提示",
    "first_only": "仅前者提示（换出）",
    "second_only": "仅后者提示（换入）",
    "neither": "都不提示",
}
CHECKS: Final = {
    "loans": "已到期贷款笔数",
    "defaults": "违约笔数",
    "auc_low": "AUC差（区间下限）",
    "logloss_high": "对数损失差（区间上限）",
    "calibration_slope": "校准斜率",
    "ece": "期望校准误差",
    "group_gap": "群体差距（超出区间）",
    "leaks": "疑似泄漏特征数",
}
_SCORE_NAME: Final = "评分（对数几率）"
_NAMES: Final = {name: feature.zh for name, feature in BY_NAME.items()} | {SCORE: _SCORE_NAME}
_WHERE: Final = (code("place", "地区编码"), text("period", "到期期间"))
_WHAT: Final = (text("name", "名称"), text("column", "指标"))
_INDEX: Final = (
    count("loans", "笔数"),
    quantity("psi", "PSI"),
    quantity("low", "下限"),
    quantity("high", "上限"),
    quantity("noise", "偶然界"),
)
_VERDICT: Final = text("verdict", "结论")
SCORE_COLUMNS: Final = (*_WHERE, flag("rest", "其余合并"), *_INDEX, _VERDICT)
PAST_COLUMNS: Final = (*_WHERE, *_WHAT, *_INDEX, quantity("usual", "往年界"), _VERDICT)
APART_COLUMNS: Final = (*_WHERE, *_WHAT, *_INDEX, _VERDICT)
PERFORMANCE_COLUMNS: Final = (
    code("artefact_id", "工件"),
    text("period", "到期期间"),
    count("loans", "笔数"),
    count("defaults", "违约"),
    flag("too_few", "样本过少"),
    quantity("auc", "AUC"),
    quantity("auc_low", "AUC下限"),
    quantity("auc_high", "AUC上限"),
    quantity("expected", "预测违约率(%)"),
    quantity("observed", "实际违约率(%)"),
    quantity("observed_low", "下限(%)"),
    quantity("observed_high", "上限(%)"),
    flag("off", "预测偏离"),
)
_COUNTS: Final = (
    count("loans", "已到期"),
    count("unseen", "从未研判"),
    count("defaults", "违约"),
    count("hits", "命中"),
    count("misses", "漏报"),
    quantity("hit_rate", "命中率(%)"),
    count("red_hits", "红灯命中"),
    quantity("median_lead_days", "提前天数中位"),
    count("least_lead_days", "提前天数最少"),
    count("false_alarms", "误报"),
    count("visits", "预警后走访"),
    count("false_visits", "其中走访误报"),
    quantity("false_alarms_per_visit", "每次走访误报"),
)
_TOWNSHIP: Final = code("township_code", "乡镇编码")
_MONTH: Final = text("month", "到期月份")
_RATES: Final = (
    count("loans", "笔数"),
    count("matured", "已到期"),
    count("defaults", "违约"),
    quantity("rate", "实际违约率(%)"),
    quantity("rate_low", "下限(%)"),
    quantity("rate_high", "上限(%)"),
)
CHECK_COLUMNS: Final = (
    text("check", "门槛"),
    quantity("value", "数值"),
    quantity("least", "不低于"),
    quantity("most", "不高于"),
    flag("passed", "通过"),
)
GROUP_COLUMNS: Final = (
    text("column", "群体"),
    text("group", "取值"),
    count("n", "笔数"),
    count("bads", "违约"),
    quantity("expected", "预测违约率(%)"),
    quantity("observed", "实际违约率(%)"),
    quantity("gap_low", "差距下限(%)"),
    quantity("gap_high", "差距上限(%)"),
    quantity("flagged", "提示占比(%)"),
    quantity("flagged_of_repaid", "还清户被提示占比(%)"),
)
_MEASURES: Final = ("auc", "ks", "brier", "logloss", "ece", "calibration_slope", "calibration_intercept")
MEASURE_COLUMNS: Final = (
    text("measure", "指标"),
    quantity("champion", "在用"),
    quantity("challenger", "候选"),
    quantity("value", "差"),
    quantity("low", "下限"),
    quantity("high", "上限"),
)


_RATING_MEASURES: Final = {
    "caught": "同样走访次数赶到的违约占比",
    "auc": "AUC（排序）",
    "ks": "KS",
    "brier": "Brier（概率误差）",
    "logloss": "对数损失",
}
RATING_COLUMNS: Final = (
    text("measure", "指标"),
    quantity("rating", "631"),
    quantity("learned", "学到的意见"),
    quantity("gain", "改进（正为学到的意见更好）"),
    quantity("low", "下限"),
    quantity("high", "上限"),
)


def rating_sheet(found: BesideRating) -> Sheet:
    """This function will lay out how the learned opinion does beside the 631."""
    named = pl.col("measure").replace(_RATING_MEASURES)
    return _sheet(
        "学到的意见与631", RATING_COLUMNS, found.figures.with_columns(named, pl.col(pl.Float64).round(4))
    )


def drift_sheets(found: Drift) -> list[Sheet]:
    """This function will lay drift out: score, features, how far from what was learnt, and outcomes."""
    performance = _percent(found.performance, "expected", "observed", "observed_low", "observed_high")
    return [
        _sheet("评分与训练样本比较", SCORE_COLUMNS, _named(found.scores, _APART)),
        _sheet("评分和特征与往年比较", PAST_COLUMNS, _named(found.features, _VERDICTS)),
        _sheet("特征与训练样本比较", APART_COLUMNS, _named(found.apart, _APART)),
        _sheet("到期批次表现", PERFORMANCE_COLUMNS, performance),
    ]


def _named(rows: pl.DataFrame, verdicts: Mapping[str, str]) -> pl.DataFrame:
    name = pl.col("column").replace(_NAMES).alias("name")
    return rows.with_columns(name, pl.col("verdict").replace(dict(verdicts)))


def quality_sheets(found: Quality) -> list[Sheet]:
    """This function will lay warning quality out: over all, by township, by month, by both."""
    parts: tuple[tuple[str, tuple[Column, ...], pl.DataFrame], ...] = (
        ("全县", (), found.whole),
        ("按乡镇", (_TOWNSHIP,), found.by_place),
        ("按月", (_MONTH,), found.by_month),
        ("按乡镇和月", (_TOWNSHIP, _MONTH), found.by_place_and_month),
    )
    return [_sheet(name, (*keys, *_COUNTS), _percent(rows, "hit_rate")) for name, keys, rows in parts]


def swap_sheets(found: Iterable[Swap]) -> list[Sheet]:
    """This function will lay out where two opinions differ, two sheets a pair."""
    sheets = []
    for number, swap in enumerate(found, start=1):
        matrix, parts = (
            _percent(rows, "rate", "rate_low", "rate_high") for rows in (swap.matrix, swap.swaps)
        )
        first, second = (text(n, who) for n, who in (("first", swap.first), ("second", swap.second)))
        bands = matrix.with_columns(pl.col("first", "second").replace(_BANDS))
        named = parts.with_columns(pl.col("part").replace(_PARTS))
        sheets.append(_sheet(f"分歧矩阵{number}", (first, second, *_RATES), bands))
        heading = text("part", f"{swap.first} / {swap.second}")
        sheets.append(_sheet(f"换入换出{number}", (heading, *_RATES), named))
    return sheets


def gate_sheets(body: Mapping[str, Any]) -> list[Sheet]:
    """This function will lay a gate report's body out: its conditions, its measures and its groups."""
    checks = pl.DataFrame(
        [{**c, "check": CHECKS[c["check"]]} for c in body["checks"]], infer_schema_length=None
    )
    groups = pl.DataFrame(body["groups"], schema={c.name: c.dtype for c in GROUP_COLUMNS})
    shares = [c.name for c in GROUP_COLUMNS if c.zh.endswith("(%)")]
    return [
        _sheet("启用门槛", CHECK_COLUMNS, checks),
        _sheet("比较", MEASURE_COLUMNS, pl.DataFrame([_measure(body, name) for name in _MEASURES])),
        _sheet("群体", GROUP_COLUMNS, _percent(groups, *shares)),
    ]


def gate_verdict(body: Mapping[str, Any]) -> Problem:
    """This function will say whether a challenger passed the gate, and which conditions it failed."""
    failed = [check["check"] for check in body["checks"] if not check["passed"]]
    loans = f"{body['loans']:,}", f"{body['defaults']:,}"
    if not failed:
        return Problem(
            zh=f"候选通过全部门槛（{loans[0]}笔，违约{loans[1]}笔）。",
            en=f"The challenger passes every condition ({loans[0]} loans, {loans[1]} defaults).",
        )
    return Problem(
        zh=f"候选未通过：{'、'.join(CHECKS[name] for name in failed)}（{loans[0]}笔，违约{loans[1]}笔）。",
        en=f"The challenger fails on {', '.join(failed)} ({loans[0]} loans, {loans[1]} defaults).",
    )


def _measure(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    sides = {who: body["opinions"][who].get(name) for who in ("champion", "challenger")}
    gap = body["differences"].get(name, {})
    return {"measure": name} | sides | {end: gap.get(end) for end in ("value", "low", "high")}


def _percent(rows: pl.DataFrame, *names: str) -> pl.DataFrame:
    return rows.with_columns((pl.col(names) * 100).round(2))


def _sheet(name: str, columns: Sequence[Column], rows: pl.DataFrame) -> Sheet:
    shaped = rows.select(pl.col(column.name).cast(column.dtype) for column in columns)
    return Sheet(name=name, columns=tuple(columns), rows=shaped)
