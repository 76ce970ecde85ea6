"""The report of a training on any table: one page of HTML that stands alone, on paper and on a phone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from app.scoring import drawing as draw
from app.scoring import terms
from app.scoring.anytable.card import JUDGED
from app.scoring.anytable.seen import bins, reached, roc
from app.scoring.calibration_check import truth_told
from app.scoring.groups import group_notes, group_rows
from app.scoring.training_record import RECORD

_FIGURES: Final = {
    "ks": "KS", "brier": "Brier", "logloss": "对数损失 Log-loss", "ece": "ECE",
    "calibration_slope": "校准斜率 slope", "calibration_intercept": "校准截距 intercept",
    "calibration_in_the_large": "总体校准 in the large", "mean_pd": "平均预测 mean pd",
}  # fmt: skip
_FOLD: Final = {
    "fold": "折 fold", "n": "行 rows", "bads": "坏 bad", "auc": "AUC", "ks": "KS", "brier": "Brier",
    "logloss": "对数损失 Log-loss", "ece": "ECE",
}  # fmt: skip
_METHODS: Final = {name: terms.both(pair) for name, pair in terms.METHODS.items()}
_MEASURES: Final = {
    "auc": "AUC（越大越好 higher is better）",
    "brier": "Brier（越小越好 lower is better）",
    "logloss": "对数损失 Log-loss（越小越好 lower is better）",
}
_MEANS: Final = (
    "AUC、KS、Brier、对数损失为各折平均，其余为全部留出行合计；ECE 用十个分位箱。AUC, KS, Brier and log-loss "
    "are means over the folds, the rest is over all rows held out; ECE over ten quantile bins."
)
_NOT_CAUSES: Final = (
    "SHAP 值（对数几率）说明是什么改变了估计，不是原因。"
    "SHAP values (log-odds) say what moved the estimate, never what caused the outcome."
)
_MOST_POINTS: Final = 12  # bins or words of a line that are shown


def report(parts: Mapping[str, Any], judged: pl.DataFrame, beside: pl.DataFrame | None) -> str:
    """Write the page from what the manifest and the metrics say, and from both models' held-out rows."""
    return draw.page(parts["target"], _parts(parts, judged, beside))


def _parts(parts: Mapping[str, Any], judged: pl.DataFrame, beside: pl.DataFrame | None) -> Iterator[str]:
    metrics = parts["metrics"]
    data = parts["record"]["data"]
    size = f"{data['rows']:,} 行 rows, {data['bads']:,} 坏 bad, {data['columns']} 列 columns; {parts['time']}"
    yield draw.head(f"训练报告 Training report: {parts['target']}", parts["summary"], size)
    yield from (draw.paragraph(f"⚠ 疑似泄漏 leak: {alarm}", "alarm") for alarm in parts["alarms"])
    yield _tiles(metrics)
    yield draw.paragraph(_verdict(metrics), "note")
    off = truth_told(metrics["calibration_check"], *JUDGED)
    yield from (draw.paragraph(f"{zh} {en}", "note") for zh, en in off)
    yield _ranking(metrics, parts["method"], judged, beside)
    yield _truth(metrics, judged, parts["years"])
    yield _drivers(parts["drivers"])
    yield _groups(metrics["groups"])
    yield _points(parts["points"])
    yield _rest(parts)


def _tiles(metrics: Mapping[str, Any]) -> str:
    told = {"排序 AUC": draw.number(metrics["auc"]), "KS": draw.number(metrics["ks"])}
    told["校准斜率 slope"] = draw.number(metrics["calibration_slope"], 2)
    told["校准误差 ECE"] = draw.share(metrics["ece"])
    told["预测坏账率 expected"] = draw.share(metrics["mean_pd"])
    return draw.tiles(told | {"实际坏账率 observed": draw.share(metrics["bad_rate"])})


def _verdict(metrics: Mapping[str, Any]) -> str:
    """Say in words whether the challenger ranks as well."""
    challenger = metrics["challenger"]
    if challenger is None:
        return "没有挑战者：数据只够训练评分卡。No challenger: the rows carry a scorecard only."
    apart = challenger["minus_champion"]["auc"]
    named = terms.METHODS[challenger["method"]][0]
    if apart["low"] is None:
        return f"样本太少，无法与{named}比较。Too few rows to compare with the {challenger['method']}."
    if apart["low"] > 0:
        return f"挑战者{named}排序更好，可考虑换用。The challenger ranks better: consider it."
    if apart["high"] < 0:
        return f"优于挑战者{named}。It ranks better than the challenger, the {challenger['method']}."
    return (
        f"与挑战者{named}难分高下，简单者更易解释。"
        f"No clear difference from the challenger, the {challenger['method']}: "
        "the simpler one explains itself."
    )


def _ranking(
    metrics: Mapping[str, Any], method: str, judged: pl.DataFrame, beside: pl.DataFrame | None
) -> str:
    told = {_METHODS[method]: (metrics, judged)}
    if beside is not None:
        told[_METHODS[metrics["challenger"]["method"]]] = (metrics["challenger"], beside)
    rows = [
        ["AUC", *(draw.number(found["auc"], 4) for found, _ in told.values())],
        ["95 %", *(_ends(found["auc_interval"]) for found, _ in told.values())],
        *(
            [name, *(draw.number(found[key], 4) for found, _ in told.values())]
            for key, name in _FIGURES.items()
        ),
    ]
    lines = {name: roc(rows) for name, (_, rows) in told.items()}
    visits = [[f"{part:.0%}", *_caught(told, k)] for k, (part, _) in enumerate(reached(judged))]
    return draw.section(
        "排序与比较 Ranking, against the challenger",
        draw.side_by_side(
            draw.table(["留出行 held-out rows", *told], rows) + draw.paragraph(_MEANS, "soft"),
            draw.curves(lines, "ROC", "误报率 false alarms", "捕获率 caught"),
        ),
        draw.side_by_side(
            draw.table(["先看风险最高的 riskiest", *told], visits), _apart(metrics["challenger"])
        ),
    )


def _ends(told: Mapping[str, float | None]) -> str:
    return "–" if told["low"] is None else f"{told['low']:.3f}–{told['high']:.3f}"


def _caught(told: Mapping[str, tuple[Any, pl.DataFrame]], k: int) -> list[str]:
    return [f"捕获 {draw.share(reached(rows)[k][1])}" for _, rows in told.values()]


def _apart(challenger: Mapping[str, Any] | None) -> str:
    if challenger is None:
        return ""
    apart = challenger["minus_champion"]
    known = [(name, apart[key]) for key, name in _MEASURES.items() if apart[key]["low"] is not None]
    note = (
        "挑战者减冠军，同一批留出行，95 % 区间。Challenger minus champion on the same rows, 95 % intervals."
    )
    return draw.ranges(known) + draw.paragraph(note, "soft")


def _truth(metrics: Mapping[str, Any], judged: pl.DataFrame, years: Sequence[Mapping[str, Any]]) -> str:
    told = bins(judged)
    rows = [
        [
            draw.number(b["n"]),
            draw.share(b["pd"]),
            draw.share(b["rate"]),
            draw.span(b["rate_low"], b["rate_high"]),
        ]
        for b in told
    ]
    interval = metrics["interval"]
    covered = (
        f"90 % 区间：{interval['bins']:.0f} 个分位箱中覆盖 {interval['covered']:.0%}。"
        f"90 % intervals cover {interval['covered']:.0%} of {interval['bins']:.0f} quantile bins."
    )
    return draw.section(
        "概率是否属实 Are the probabilities true",
        draw.side_by_side(
            draw.reliability(told, "校准图：十个分位箱；竖线为实际比例的 95 % 区间，横线为预测的 90 % 区间。"
            " Reliability by deciles."),
            draw.table(["行 rows", "预测 predicted", "实际 observed", "95 %"], rows),
        ),
        draw.paragraph(covered, "soft"),
        _years(years),
    )  # fmt: skip


def _years(years: Sequence[Mapping[str, Any]]) -> str:
    if not years:
        return ""
    names = ("year", "rows", "observed", "expected", "errors_apart")
    rows = [[str(y["year"]), *(draw.number(y[name], 1) for name in names[1:])] for y in years]
    return draw.table(
        ["年份 year", "行 rows", "实际 observed", "预期 expected", "相差标准误 errors apart"], rows
    )


def _drivers(found: Sequence[Mapping[str, Any]]) -> str:
    rows = [(each["column"], each["mean"], f"{each['mean']:.3f} {_way(each)}") for each in found]
    told = draw.bars(rows) if rows else draw.paragraph("没有一列起作用。No column moves the estimate.")
    return draw.section(
        "什么改变了估计 What moves the estimate",
        told,
        draw.paragraph(terms.every_way() + _NOT_CAUSES, "soft"),
    )


def _way(each: Mapping[str, Any]) -> str:
    if "way" in each:
        return terms.WAYS[each["way"]][0][0]
    return f"▲ {each['raises']}  ▼ {each['lowers']}"


def _groups(groups: Mapping[str, Any]) -> str:
    note = (
        f"留出行；少于 {groups['least_rows']} 行的群体不列；"
        f"“提示”指风险最高的 {groups['flagged_share']:.0%}。"
        "未使用的列不参与学习，只用来衡量。Held-out rows; columns left out are measured, never learnt from."
    )
    if not groups["found"]:
        return draw.section(
            "群体 Groups", draw.paragraph("表中没有可衡量的群体列。The table names no groups.", "soft")
        )
    names, rows = group_rows(groups["found"])
    notes = [note, *(f"{zh} {en}" for zh, en in group_notes(groups["found"]))]
    return draw.section(
        "群体 Groups", draw.table(names, rows), *(draw.paragraph(each, "soft") for each in notes)
    )


def _points(points: Mapping[str, Any]) -> str:
    rows = [[line["name"], _told(line), f"{line['missing']:+d}"] for line in points["lines"]]
    pd = [
        ["总分 points", *(str(each["points"]) for each in points["pd_by_points"])],
        ["坏账概率 pd", *(draw.share(each["pd"]) for each in points["pd_by_points"])],
    ]
    base = (
        f"基础分 base {points['base']}；每 {points['points_to_double']} 分好坏比翻倍 points double the odds；"
        "分数越高越好 more is better. scorecard.json"
    )
    return draw.section(
        "评分卡 Scorecard in points",
        draw.paragraph(base, "soft"),
        draw.table(["列 column", "分值 points", "缺失 missing"], rows, words=True),
        draw.table(pd[0], pd[1:]),
    )


def _told(line: Mapping[str, Any]) -> str:
    points = line["points"]
    if isinstance(points, Mapping):
        each = [f"{word}: {value:+d}" for word, value in points.items()]
    else:
        ends = [f"{edge:,.6g}" for edge in line["edges"]]
        told = [*(f"≤ {end}" for end in ends), f"> {ends[-1]}" if ends else "有值 any value"]
        each = [f"{end}: {value:+d}" for end, value in zip(told, points, strict=True)]
    more = [f"… (+{len(each) - _MOST_POINTS})"] if len(each) > _MOST_POINTS else []
    return "；".join([*each[:_MOST_POINTS], *more])


def _rest(parts: Mapping[str, Any]) -> str:
    record = parts["record"]
    folds = [[draw.number(fold[name], 4) for name in _FOLD] for fold in parts["metrics"]["folds"]]
    why = [terms.left_out(*each) for each in parts["left_out"]]
    left_out = draw.table(["列 column", "原因 why"], why, words=True)
    told = [
        ["文件 source", record["data"]["source"]],
        ["指纹 sha256", record["data"]["fingerprint"]],
        ["环境 environment", parts["environment"]],
        ["不得用于 not for", terms.told(record["not_for"])],
        ["局限 limits", terms.told(record["limits"])],
        ["操作人与时间 operator and time", terms.by_whom(RECORD).replace("`", "")],
    ]
    return draw.section(
        "各折与记录 Folds and record",
        draw.table(list(_FOLD.values()), folds),
        draw.table(["", ""], told, words=True),
        left_out if parts["left_out"] else "",
        draw.folded("设置 settings", parts["settings"]),
    )
