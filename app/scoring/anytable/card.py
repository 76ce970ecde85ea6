"""The card of a model learnt from any table: what it is, from which data, how good, and not for what."""

from collections.abc import Mapping
from typing import Any, Final

from app.scoring.groups import group_section
from app.scoring.training_record import RECORD

_CARD: Final = """# 模型卡 Model card

{summary}

| | |
|---|---|
| 目标 target | {target} |
| 数据来源 source | {source} |
| 数据量 volume | {rows} rows, {bads} bad, {columns_count} columns learnt from |
| 数据时间 time of the data | {time} |
| 数据指纹 fingerprint (sha256) | {fingerprint} |
| 抽样 sampling | {sampling}; {kind}; seed {seed} |
| 代码版本 code version | {version} |
| 环境 environment | {environment} |
| 操作人与时间 operator and time | `{record_file}` beside this card |
| 校准 calibration | {calibration} |

## 表现 Figures, on rows not learnt from

AUC {auc}, KS {ks}, Brier {brier}, log-loss {logloss}, ECE {ece}; calibration slope {calibration_slope},
intercept {calibration_intercept}; 90 % interval: {covered} of {bins} bins covered.

{against}

## 群体 Groups

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

不得用于 must not be used for: {not_for}。
"""
_AGAINST: Final = """Challenger on the same folds, {method}: AUC {auc}, Brier {brier}, log-loss {logloss}.
Challenger minus champion, 95 %: AUC {difference[value]} ({difference[low]} … {difference[high]})."""
_ALONE: Final = "No challenger: the rows carry a scorecard only."
_NO_GROUPS: Final = "The table names no group of at least {least_rows} rows: hold groups apart before use."


def card(parts: Mapping[str, Any]) -> str:
    """Write the card from what the manifest and the metrics say."""
    metrics, record = parts["metrics"], parts["record"]
    listed = {
        "columns": [f"{name} ({kind})" for name, kind in parts["columns"]],
        "left_out": [f"{name}: {why}" for name, why in parts["left_out"]],
        "alarms": parts["alarms"],
        "limits": [f"{each['zh']}。{each['en']}." for each in record["limits"]],
    }
    lists = {name: "\n".join(f"- {line}" for line in lines) or "–" for name, lines in listed.items()}
    groups = metrics["groups"]
    told = group_section(groups["found"]) if groups["found"] else _NO_GROUPS.format_map(groups)
    return _CARD.format_map({
        **parts, **metrics, **metrics["interval"], **record["data"], **lists, "groups_told": told,
        "kind": parts["kind"], "columns_count": record["data"]["columns"], "record_file": RECORD,
        "sampling": record["sampling"]["rows"], "seed": record["sampling"]["seed"],
        "against": _against(metrics["challenger"]), "flagged_share": groups["flagged_share"],
        "not_for": "；".join(f"{each['zh']} {each['en']}" for each in record["not_for"]),
    })  # fmt: skip


def _against(challenger: Mapping[str, Any] | None) -> str:
    if challenger is None:
        return _ALONE
    return _AGAINST.format_map(dict(challenger) | {"difference": challenger["minus_champion"]["auc"]})
