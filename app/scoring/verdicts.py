"""What a training's figures amount to, in sentences computed from them, for the card and the report."""

from collections.abc import Mapping
from typing import Any, Final

from app.scoring import terms
from app.scoring.calibration_check import range_of, truth_told

_FIGURES: Final = {
    "ks": "KS", "brier": "Brier", "logloss": "对数损失 log-loss", "ece": "校准误差 ECE",
    "calibration_slope": "校准斜率 slope", "calibration_intercept": "校准截距 intercept",
    "mean_pd": "预期违约率 expected", "default_rate": "实际违约率 observed",
}  # fmt: skip
_OPINIONS: Final = ("learned", "scorecard", "rating")


def figure_rows(metrics: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Lay the figures out by part of the test: names of columns, and rows of plain text."""
    parts = [metrics[name] for name in metrics if name.startswith("test")]
    names = ["指标 figure", *(part_told(name) for name in metrics if name.startswith("test"))]
    counts = ["行，违约 rows, bad", *(f"{part['n']:,}，{part['bads']:,}" for part in parts)]
    aucs = [
        [f"AUC：{terms.both(terms.OPINIONS[who])}", *(_three(part.get(who, {}).get("auc")) for part in parts)]
        for who in _OPINIONS
        if any(who in part for part in parts)
    ]
    rest = [[title, *(f"{part['learned'][key]:.4f}" for part in parts)] for key, title in _FIGURES.items()]
    return names, [counts, *aucs, *rest]


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def where_off(check: Mapping[str, Any]) -> list[terms.Pair]:
    """Say where the estimate is off on the test loans, each judged on the day of its formal assessment."""
    since, until = check["matured_from"], check["matured_until"]
    return truth_told(check, f"{since} 至 {until} 到期的贷款", f"loans that matured from {since} to {until}")


def part_told(name: str) -> str:
    """Name the rows that were judged: every landmark, or one."""
    days = name.removeprefix("test_at_").removesuffix("_days")
    return "全部时点 every landmark" if name == "test" else f"到期前 {days} 天 {days} days before"


def gain_over(told: Mapping[str, Any]) -> dict[str, float]:
    """Turn another opinion's difference from the learned one round."""
    minus = told["minus_learned"]
    return {"value": -minus["value"], "low": -minus["high"], "high": -minus["low"]}


def verdicts(opinions: Mapping[str, Mapping[str, Any]]) -> list[terms.Pair]:
    """Say in words of every other opinion whether the learned one ranks better, where intervals tell."""
    others = [name for name in opinions if name != "learned"]
    return [_verdict(terms.OPINIONS[name], gain_over(opinions[name])) for name in others]


def _verdict(name: terms.Pair, gain: Mapping[str, float]) -> terms.Pair:
    told = range_of(gain, "+.3f")
    if gain["low"] > 0:
        return (
            f"学习意见排序优于{name[0]}：AUC {told}。",
            f"The learned opinion ranks better than the {name[1]}: AUC {told}.",
        )
    if gain["high"] < 0:
        return (
            f"{name[0]}排序优于学习意见：AUC {told}。",
            f"The {name[1]} ranks better than the learned opinion: AUC {told}.",
        )
    return (
        f"学习意见与{name[0]}难分高下：AUC {told}。",
        f"No clear difference from the {name[1]}: AUC {told}.",
    )
