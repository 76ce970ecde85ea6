"""The card of a model learnt from any table: what it is, from which data, how good, and not for what."""

from collections.abc import Mapping
from typing import Any, Final

_CARD: Final = """# 模型卡 Model card

{summary}

| | |
|---|---|
| 目标 target | {target} |
| 数据 data | {file}, {rows} rows, {bads} bad |
| 数据指纹 fingerprint (sha256) | {fingerprint} |
| 数据时间 time of the data | {time} |
| 抽样 sampling | {kind} |
| 代码版本 code version | {version} |
| 环境 environment | {environment} |
| 操作人 operator | {operator} |
| 校准 calibration | {calibration} |

## 表现 Figures, on rows not learnt from

AUC {auc}, KS {ks}, Brier {brier}, log-loss {logloss}, ECE {ece}; calibration slope {calibration_slope},
intercept {calibration_intercept}; 90 % interval: {covered} of {bins} bins covered.

## 列 Columns

{columns}

## 未使用 Left out

{left_out}

## 疑似泄漏 Leak alarms

{alarms}

## 局限 Limits

- 只对与训练数据同源、同口径的记录有效。Holds for records that came about as those learnt from did.
- SHAP 值说明是什么改变了估计，不是原因。SHAP values say what moved the estimate, never what caused it.
- 未检验各群体之间的差异，上线前须检验。Disparities between groups were not examined here; do so before use.
- 不得用于自动拒贷。It must not refuse a loan by itself; a person decides.
"""


def card(parts: Mapping[str, Any]) -> str:
    """Write the card from what the manifest and the metrics say."""
    metrics, data = parts["metrics"], parts["data"]
    listed = {
        "columns": [f"{name} ({kind})" for name, kind in parts["columns"]],
        "left_out": [f"{name}: {why}" for name, why in parts["left_out"]],
        "alarms": parts["alarms"],
    }
    lists = {name: "\n".join(f"- {line}" for line in lines) or "–" for name, lines in listed.items()}
    return _CARD.format_map({**parts, **metrics, **metrics["interval"], **data, **lists})
