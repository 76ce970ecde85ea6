"""Writes the card that goes with an artefact: its use, its data, how good it is, its limits."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.money import PPM
from app.features.catalogue import BY_NAME, REFUSED
from app.scoring.groups import group_section
from app.scoring.proxies import proxy_section
from app.scoring.training_record import RECORD

_SIMULATED: Final = """
> **Trained on simulated counties.** It shows how the system works; decide about no real person with it.
> **由模拟县域训练，仅供演示，不得用于真实审批。**
"""
_CARD: Final = """# Model card: {estimator}
{warning}
Estimates the probability that a loan is not repaid in full within {default_days} days after maturity
if nobody restructures it, given what was known {when}.

{learner}

Calibrated on the later part by margins out of fold: {calibration}.
Latest matured cohorts (from {shift[matured_from]}): {shift[observed]:.1f} defaults seen,
{shift[expected]:.1f} expected, correction {shift[log_odds]:+.3f} log-odds.

## Data

Origin: {trained_on}. Facts known until {known_until}. {loans} matured loans, {restructured} of them
restructured before their outcome was seen: these are censored, the others weighted by the inverse
probability of not being restructured. Practice saw a default rate of {practice} (restructured loans counted
as not defaulted).

| part | loans | defaults | rows | maturities |
|---|---|---|---|---|
{parts}

## Out of time

{results}

## Groups

What was expected of groups of the test loans and what came; whom a warning would have hit, {flagged_at}.

{groups_told}

## Features

| name | 名称 | unit | cause | sign |
|---|---|---|---|---|
{features}

## Limits

Never used, by rule: {refused}.

{proxies}

The probability holds for loans like those it learnt from. SHAP values say what moved the estimate, not what
caused the trouble.

Must not be used for 不得用于: {not_for}.

## Record of the training 训练记录

| | |
|---|---|
| 数据来源 source | {trained_on}, {data[counties]} ledger(s) |
| 数据时间 time of the data | {data[matured_from]} … {data[matured_until]}, known until {known_until} |
| 数据量 volume | {data[loans]} loans, {data[rows]} rows, {data[columns]} columns |
| 数据指纹 fingerprint | {data[fingerprint]} |
| 抽样 sampling | {sampling[rows]}; {sampling[cut]} {shares}; landmarks {landmarks}; seed {seed} |
| 代码版本 code version | {code[version]}, catalogue {code[catalogue]} |
| 环境 environment | {environment_told} |
| 操作人与时间 operator and time | `{record_file}` beside this card |
"""
_LEARNERS: Final = {
    "boosted": "A cross-fitted bag of boosted trees ({trees} in all, depth 3 at most), monotone where the "
    "catalogue says so; every booster stops early by the log-loss of households that it has not seen.",
    "scorecard": "A logistic scorecard in points, served as {trees} trees of one feature each.",
}
_RESULT: Final = """{name}: {n} rows, {bads} bad.

| opinion | AUC |
|---|---|
{ranks}

Brier {brier:.4f}, log-loss {logloss:.4f}, ECE {ece:.4f}, calibration slope {calibration_slope:.2f},
intercept {calibration_intercept:.2f}."""


def model_card(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the card in Markdown, from the manifest and the metrics only."""
    days, note = manifest["landmark_days"], metrics.get("note")
    return _CARD.format_map(
        dict(manifest["spec"])
        | dict(metrics)
        | {
            "estimator": manifest["estimator"],
            "learner": _LEARNERS[manifest["kind"]].format(trees=metrics["trees"])
            + ("" if note is None else f" {note['zh']} {note['en']}"),
            "calibration": metrics["reliability"]["method"],
            "shift": metrics["prior_shift"],
            "warning": _SIMULATED if manifest["trained_on"] == "simulation" else "",
            "when": f"from {days[1]} to {days[0]} days before maturity" if days else "when it is applied for",
            "practice": f"{metrics['observed_practice_rate']:.2%}",
            "parts": "\n".join(_part(name, part) for name, part in metrics["parts"].items()),
            "results": "\n\n".join(_result(n, metrics[n]) for n in metrics if n.startswith("test")),
            "features": "\n".join(_feature(feature) for feature in manifest["features"]),
            **_recorded(manifest),
            "groups_told": group_section(metrics["groups"]),
            "proxies": proxy_section(metrics["proxies"]),
            "refused": "、".join(item.zh for item in REFUSED),
        }
    )


def _recorded(manifest: Mapping[str, Any]) -> dict[str, Any]:
    record, flagged = manifest["record"], manifest["spec"]["flagged_ppm"]
    versions = {"Python": record["environment"]["python"], **manifest["versions"]}
    return {
        "data": record["data"],
        "sampling": record["sampling"],
        "code": record["code"],
        "environment_told": ", ".join(f"{name} {said}" for name, said in versions.items()),
        "not_for": "；".join(f"{each['zh']} {each['en']}" for each in record["not_for"]),
        "record_file": RECORD,
        "flagged_at": f"from {flagged / PPM:.0%} on" if flagged < PPM else "were a threshold given",
    }


def _part(name: str, part: Mapping[str, Any]) -> str:
    maturities = f"{part['first_maturity']} … {part['last_maturity']}"
    return f"| {name} | {part['loans']} | {part['defaults']} | {part['rows']} | {maturities} |"


def _result(name: str, found: Mapping[str, Any]) -> str:
    ranks = [(who, found[who]["auc"]) for who in ("learned", "scorecard", "rating") if who in found]
    rows = "\n".join(f"| {who} | {'–' if value is None else f'{value:.3f}'} |" for who, value in ranks)
    return _RESULT.format_map({"name": name, "ranks": rows} | dict(found) | dict(found["learned"]))


def _feature(feature: Mapping[str, Any]) -> str:
    name = feature["name"]
    return f"| {name} | {BY_NAME[name].zh} | {feature['unit']} | {feature['cause']} | {feature['sign']} |"
