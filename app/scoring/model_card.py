"""Writes the card that goes with an artefact: its use, its data, how good it is, its limits.

In the order in which JR/T 0221-2021 is read; Chinese first, English after.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.domain.money import PPM
from app.features.catalogue import REFUSED
from app.scoring import terms
from app.scoring.calibration_check import range_of
from app.scoring.groups import group_section, markdown
from app.scoring.proxies import proxy_section
from app.scoring.training_record import RECORD
from app.scoring.verdicts import figure_rows, gain_over, verdicts, where_off

_SIMULATED: Final = """
> **由模拟县域训练，仅供演示，不得用于真实审批。**
> **Trained on simulated counties.** It shows how the system works; decide about no real person with it.
"""
_CARD: Final = """# 模型卡 Model card：{title}
{warning}
估计贷款到期后 {default_days} 天内未还清的概率（假定期间无人为其展期、续贷或作其他重组），\
依据为{when_zh}已知的事实。

Estimates the probability that a loan is not repaid in full within {default_days} days after maturity
if nobody restructures it, given what was known {when_en}.

{learner}

不得用于 must not be used for: {not_for}

## 表现：未学习过的贷款 Figures: loans not learnt from

{figures}

{ranks}

## 概率是否属实 Are the probabilities true

{truth}

校准：在较晚到期的贷款上，用学习时未见过它们的各折的估计校准。
Calibrated on the later part by margins out of fold.
{calibration}.

最近到期批次（{shift[matured_from]} 起）：实际违约 {shift[observed]:.1f} 笔，预期 {shift[expected]:.1f} 笔，\
修正对数几率 {shift[log_odds]:+.3f}。
Latest matured cohorts (from {shift[matured_from]}): {shift[observed]:.1f} defaults seen,
{shift[expected]:.1f} expected, correction {shift[log_odds]:+.3f} log-odds.

## 群体 Groups

检验贷款中各群体的预期与实际；“提示”指{flagged_zh}。
What was expected of groups of the test loans and what came; flagged are those {flagged_en}.

{groups_told}

## 数据 Data

到期贷款 {loans} 笔，其中 {restructured} 笔在结果出现之前被重组：作删失处理，其余按未被重组概率的倒数加权。\
实践中的违约率 {practice}（重组视为未违约）。检验的各项数字同样加权，群体表除外。
{loans} matured loans, {restructured} of them restructured before their outcome was seen: these are
censored, the others weighted by the inverse probability of not being restructured. Practice saw a default
rate of {practice} (restructured loans counted as not defaulted). Figures of the test are weighted likewise,
the table of groups is not.

| 部分 part | 贷款 loans | 违约 defaults | 行 rows | 到期日 maturities |
|---|---|---|---|---|
{parts}

## 特征 Features

| 名称 name | 单位 unit | 成因 cause | 方向 sign |
|---|---|---|---|
{features}

## 局限 Limits

按规则从不使用 never used, by rule: {refused}.

{proxies}

概率只对与训练数据同类的贷款成立。SHAP 值说明是什么改变了估计，不是原因。
The probability holds for loans like those it learnt from. SHAP values say what moved the estimate, not what
caused the trouble.

## 训练记录 Record of the training

| | |
|---|---|
| 数据来源 source | {origin}，{data[counties]} 份台账 ledger(s) |
| 数据时间 time of the data | {data[matured_from]} … {data[matured_until]}，截至 known until {known_until} |
| 数据量 volume | {data[loans]} 笔贷款 loans, {data[rows]} 行 rows, {data[columns]} 列 columns |
| 数据指纹 fingerprint | {data[fingerprint]} |
| 抽样 sampling | {sampling[rows]}；{sampling[cut]} {shares}；时点 landmarks {landmarks}；\
种子 seed {seed} |
| 代码版本 code version | {code[version]}，特征目录 catalogue {code[catalogue]} |
| 环境 environment | {environment_told} |
| 操作人与时间 operator and time | {by_whom} |
"""
_LEARNERS: Final = {
    "boosted": (
        "交叉拟合的提升树（共 {trees} 棵，深度不超过 3），按特征目录保持单调；"
        "每一折以未见过的农户的对数损失提前停止。",
        "A cross-fitted bag of boosted trees ({trees} in all, depth 3 at most), monotone where the catalogue "
        "says so; every booster stops early by the log-loss of households that it has not seen.",
    ),
    "scorecard": (
        "按分计的逻辑评分卡，以 {trees} 棵单特征树的形式运行。",
        "A logistic scorecard in points, served as {trees} trees of one feature each.",
    ),
}  # fmt: skip


def model_card(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the card in Markdown, from the manifest and the metrics only."""
    return _CARD.format_map(
        dict(manifest["spec"])
        | dict(metrics)
        | _said(manifest, metrics)
        | _recorded(manifest)
        | {
            "title": terms.both(terms.ESTIMATORS[manifest["estimator"]]),
            "warning": _SIMULATED if manifest["trained_on"] == "simulation" else "",
            "calibration": terms.calibration(metrics["reliability"]["method"]),
            "shift": metrics["prior_shift"],
            "practice": f"{metrics['observed_practice_rate']:.2%}",
            "features": "\n".join(
                f"| {' | '.join(terms.feature_cells(f['name']))} |" for f in manifest["features"]
            ),
            "groups_told": group_section(metrics["groups"]),
            "proxies": proxy_section(metrics["proxies"]),
            "refused": "、".join(terms.both((item.zh, item.name)) for item in REFUSED),
        }
    )


def _said(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, str]:
    days, note = manifest["landmark_days"], metrics.get("note")
    learner = [each.format(trees=metrics["trees"]) for each in _LEARNERS[manifest["kind"]]]
    more = [] if note is None else ["", note["zh"], note["en"]]
    return {
        "learner": "\n".join([learner[0], "", learner[1], *more]),
        "when_zh": f"到期前 {days[1]} 至 {days[0]} 天" if days else "申请之时",
        "when_en": f"from {days[1]} to {days[0]} days before maturity" if days else "when it is applied for",
        "figures": markdown(*figure_rows(metrics)),
        "ranks": "\n".join(_ranks(metrics["beside"])),
        "truth": "\n".join(
            f"- **{zh}**\n  {en}" for zh, en in where_off(metrics["calibration_check"])
        ),
        "parts": "\n".join(_part(name, part) for name, part in metrics["parts"].items()),
    }  # fmt: skip


def _recorded(manifest: Mapping[str, Any]) -> dict[str, Any]:
    record, flagged = manifest["record"], manifest["spec"]["flagged_ppm"]
    versions = {"Python": record["environment"]["python"], **manifest["versions"]}
    told = flagged < PPM
    return {
        "origin": terms.both(terms.ORIGINS.get(manifest["trained_on"], (manifest["trained_on"],) * 2)),
        "data": record["data"],
        "sampling": record["sampling"],
        "code": record["code"],
        "environment_told": ", ".join(f"{name} {said}" for name, said in versions.items()),
        "not_for": terms.told(record["not_for"]),
        "by_whom": terms.by_whom(RECORD),
        "flagged_zh": f"概率不低于 {flagged / PPM:.0%} 的贷款" if told else "（未给出阈值，无人被提示）",
        "flagged_en": f"whose probability is {flagged / PPM:.0%} or more" if told else "above a threshold, "
        "and none was given",
    }  # fmt: skip


def _part(name: str, part: Mapping[str, Any]) -> str:
    maturities = f"{part['first_maturity']} … {part['last_maturity']}"
    said = terms.both(terms.PARTS[name])
    return f"| {said} | {part['loans']} | {part['defaults']} | {part['rows']} | {maturities} |"


def _ranks(found: Mapping[str, Any]) -> Iterator[str]:
    """Hold the opinions on the same loans, each once, with intervals."""
    opinions = found["opinions"]
    if not opinions:
        yield "检验贷款只有一种结果，无法比较排序。"
        yield "The test loans had one outcome only: ranks cannot be compared."
        return
    counts = f"{found['loans']:,} 笔贷款（违约 {found['defaults']:,} 笔）"
    yield f"同一批 {counts}，每笔一次；方括号为 95 % 区间，按户抽样。"
    yield "The same loans, each once; 95 % intervals in brackets, households drawn.\n"
    yield "| 意见 opinion | AUC | 学习意见胜出 learned minus it |"
    yield "|---|---|---|"
    for name, told in opinions.items():
        gain = "–" if name == "learned" else range_of(gain_over(told), "+.3f")
        yield f"| {terms.both(terms.OPINIONS[name])} | {range_of(told['ranks'], '.3f')} | {gain} |"
    yield ""
    yield from (f"- {zh}\n  {en}" for zh, en in verdicts(opinions))
