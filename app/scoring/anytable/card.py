"""The card of a model learnt from any table: what it is, from which data, how good, and not for what."""

from collections.abc import Mapping
from typing import Any, Final

from app.scoring import terms
from app.scoring.calibration_check import range_of, truth_told
from app.scoring.groups import group_section, markdown
from app.scoring.training_record import RECORD

_CARD: Final = """# 模型卡 Model card：{target}

{summary}

不得用于 must not be used for: {not_for}

## 表现：未学习过的记录 Figures: rows not learnt from

{figures}

{against}

## 概率是否属实 Are the probabilities true

{truth}

90 % 区间：{bins} 个分位箱中覆盖 {covered:.0%}。
90 % intervals: {covered:.0%} of {bins} bins covered.

## 群体 Groups

留出的记录；“提示”指风险最高的 {flagged_share:.0%}。未使用的列不参与学习，只用来衡量。
Held-out rows; flagged are the riskiest {flagged_share:.0%}. Nothing was learnt from columns left out.

{groups_told}

## 列 Columns

{columns}

## 未使用 Left out

{left_out}

## 疑似泄漏 Leak alarms

{alarms}

## 局限 Limits

{limits}

## 训练记录 Record of the training

| | |
|---|---|
| 目标 target | {target} |
| 数据来源 source | {source} |
| 数据量 volume | {rows} 行 rows，{bads} 坏 bad，{columns_count} 列用于学习 columns learnt from |
| 数据时间 time of the data | {time} |
| 数据指纹 fingerprint (sha256) | {fingerprint} |
| 抽样 sampling | {sampling}；{kind}；种子 seed {seed} |
| 校准 calibration | {calibration} |
| 代码版本 code version | {version} |
| 环境 environment | {environment} |
| 操作人与时间 operator and time | {by_whom} |
"""
_FIGURES: Final = {
    "ks": "KS", "brier": "Brier", "logloss": "对数损失 log-loss", "ece": "校准误差 ECE",
    "calibration_slope": "校准斜率 slope", "calibration_intercept": "校准截距 intercept",
    "mean_pd": "平均预测 mean pd", "bad_rate": "实际坏账率 observed",
}  # fmt: skip
_ALONE: Final = "没有挑战者：数据只够训练评分卡。\nNo challenger: the rows carry a scorecard only."
_NO_GROUPS: Final = (
    "表中没有不少于 {least_rows} 行的群体：使用前须另行按群体衡量。\n"
    "The table names no group of at least {least_rows} rows: hold groups apart before use."
)
JUDGED: Final = ("留出的记录", "rows held out")


def card(parts: Mapping[str, Any]) -> str:
    """Write the card from what the manifest and the metrics say."""
    metrics, record = parts["metrics"], parts["record"]
    kinds = (
        (name, terms.both(terms.COLUMN_KINDS.get(kind, (kind, kind)))) for name, kind in parts["columns"]
    )
    listed = {
        "columns": [f"{name}（{kind}）" for name, kind in kinds],
        "left_out": ["：".join(terms.left_out(*each)) for each in parts["left_out"]],
        "alarms": parts["alarms"],
        "limits": [f"{each['zh']}。{each['en']}." for each in record["limits"]],
        "truth": [f"**{zh}**\n  {en}" for zh, en in truth_told(metrics["calibration_check"], *JUDGED)],
    }
    lists = {name: "\n".join(f"- {line}" for line in lines) or "–" for name, lines in listed.items()}
    groups = metrics["groups"]
    told = group_section(groups["found"]) if groups["found"] else _NO_GROUPS.format_map(groups)
    return _CARD.format_map({
        **parts, **metrics, **metrics["interval"], **record["data"], **lists, "groups_told": told,
        "kind": terms.both(terms.TRIALS[parts["kind"]]), "columns_count": record["data"]["columns"],
        "sampling": record["sampling"]["rows"], "seed": record["sampling"]["seed"],
        "figures": _figures(parts), "against": _against(metrics["challenger"]),
        "calibration": terms.calibration(parts["calibration"]), "flagged_share": groups["flagged_share"],
        "by_whom": terms.by_whom(RECORD), "not_for": terms.told(record["not_for"]),
    })  # fmt: skip


def _figures(parts: Mapping[str, Any]) -> str:
    """Set the figures of the challenger beside those of the model."""
    metrics, challenger = parts["metrics"], parts["metrics"]["challenger"]
    told = {terms.both(terms.METHODS[parts["method"]]): metrics}
    if challenger is not None:
        told[f"挑战者 challenger：{terms.both(terms.METHODS[challenger['method']])}"] = challenger
    rows = [["AUC（95 %）", *(range_of(each["auc_interval"], ".4f") for each in told.values())]]
    rows += [[title, *(_number(each[key]) for each in told.values())] for key, title in _FIGURES.items()]
    return markdown(["指标 figure", *told], rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _against(challenger: Mapping[str, Any] | None) -> str:
    """Give the paired difference, where there is one."""
    if challenger is None:
        return _ALONE
    told = range_of(challenger["minus_champion"]["auc"], "+.4f")
    return (
        f"同一批记录上，挑战者减在用模型的 AUC：{told}（95 % 区间）。\n"
        f"Challenger minus champion on the same rows: AUC {told} (95 % interval)."
    )
