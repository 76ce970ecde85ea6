"""Whether probabilities are off on loans not learnt from, by more than chance, and the sentences that say so.

Training only. Slope and intercept are those of a logistic line through the estimate's log-odds (Cox 1958);
intervals are of the sandwich kind, with all rows of a household or a loan summed (Liang and Zeger 1986).
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.money import PPM
from app.scoring.logistic import expit, fit, logit

FloatVector = NDArray[np.float64]
Ends = dict[str, float | None]
_Z: Final = 1.959963984540054
_DIGITS: Final = 6
_TINY: Final = 1e-6
_OPEN: Final[Mapping[str, float | None]] = {"value": None, "low": None, "high": None}
_TRUE: Final = {"slope": 1.0, "intercept": 0.0, "gap": 0.0}


def check_calibration(
    pd: FloatVector, bad: FloatVector, weight: FloatVector, groups: NDArray[Any]
) -> dict[str, Any]:
    """Hold probabilities (n,) against outcomes: `slope`, `intercept` and `gap`, observed minus expected.

    Each has `value`, `low` and `high` (95 %), None where one outcome or one probability is all there is.
    Rows of one group count as one witness.
    """
    p = np.clip(pd, _TINY, 1 - _TINY)
    _, place = np.unique(groups, return_inverse=True)
    observed, expected = (float(np.average(each, weights=weight)) for each in (bad, p))
    off = weight * (bad - p - (observed - expected)) / weight.sum()
    error = float(np.sqrt(_more(place) * (np.bincount(place, off) ** 2).sum()))
    return {
        "rows": len(bad), "observed": round(observed, _DIGITS), "expected": round(expected, _DIGITS),
        "gap": _ends(observed - expected, error), **_line(p, bad, weight, place),
    }  # fmt: skip


def check_loans(loans: pl.DataFrame, pd_ppm: NDArray[np.int64]) -> dict[str, Any]:
    """Check loans (bad, weight, group, ends_on), each once; with `matured_from` and `matured_until`."""
    bad, weight, groups = (loans[name].to_numpy() for name in ("bad", "weight", "group"))
    ends = loans["ends_on"].cast(pl.String)
    told = check_calibration(pd_ppm / PPM, bad, weight, groups)
    return told | {"matured_from": ends.min(), "matured_until": ends.max()}


def _line(p: FloatVector, bad: FloatVector, weight: FloatVector, place: NDArray[Any]) -> dict[str, Ends]:
    odds = logit(p)
    if np.ptp(bad) == 0 or np.ptp(odds) == 0 or place.max() == 0:
        return {"slope": dict(_OPEN), "intercept": dict(_OPEN)}
    x = np.stack([np.ones_like(odds), odds], axis=1)
    found = fit(x, bad, weight, np.full(2, 1e-9), np.array([0.0, 1.0]))
    fitted = expit(np.einsum("ij,j->i", x, found))
    bend = np.einsum("ij,i,ik->jk", x, weight * fitted * (1 - fitted), x, optimize=False)
    scores = np.stack([np.bincount(place, weight * (bad - fitted) * each) for each in x.T], axis=1)
    inverse = np.linalg.inv(bend)
    spread = inverse @ np.einsum("ij,ik->jk", scores, scores) @ inverse * _more(place)
    errors = np.sqrt(np.diag(spread))
    return {name: _ends(float(found[k]), float(errors[k])) for k, name in enumerate(("intercept", "slope"))}


def _more(place: NDArray[Any]) -> float:
    """Widen for the one witness that the figure itself uses up."""
    return float((place.max() + 1) / max(1, place.max()))


def _ends(value: float, error: float) -> Ends:
    told = {"value": value, "low": value - _Z * error, "high": value + _Z * error}
    return {name: round(each, _DIGITS) for name, each in told.items()}


def off(check: Mapping[str, Any], name: str) -> int:
    """Tell whether a figure lies above (1) or below (-1) what is true by more than its interval; 0 if not.

    >>> off({"slope": {"value": 1.3, "low": 1.1, "high": 1.5}}, "slope")
    1
    """
    ends = check[name]
    if ends["value"] is None:
        return 0
    return int(ends["low"] > _TRUE[name]) - int(ends["high"] < _TRUE[name])


def truth_told(check: Mapping[str, Any], zh: str, en: str) -> list[tuple[str, str]]:
    """Say in sentences, Chinese and English, where the estimate is off; `zh`, `en` name what was judged."""
    return [each for each in (_level(check, zh, en), _spread(check), _start(check)) if each is not None]


def _level(check: Mapping[str, Any], zh: str, en: str) -> tuple[str, str]:
    side = off(check, "gap")
    rates = f"{check['observed']:.2%}", f"{check['expected']:.2%}"
    gap = {name: f"{100 * value:+.2f}" for name, value in check["gap"].items()}
    apart = f"{gap['value']} [{gap['low']}, {gap['high']}]"
    head = _LEVELS[side]
    return (
        f"{head[0]}：{zh}，实际 {rates[0]}，预期 {rates[1]}，相差 {apart} 个百分点（95 % 区间）。",
        f"{head[1]} {en}: {rates[0]} observed, {rates[1]} expected, {apart} points apart (95 % interval).",
    )


_LEVELS: Final = {
    1: ("估计偏低", "The estimate runs low on"),
    -1: ("估计偏高", "The estimate runs high on"),
    0: ("总体水平未见超出偶然的偏差", "The level is not off by more than chance on"),
}
_SLOPES: Final = {
    1: (
        "估计过于集中：高风险者实际更险，低风险者实际更稳",
        "The estimates lie too close together: the risky are riskier than told, the safe safer",
    ),
    -1: (
        "估计过于分散：高风险者没有所说的那样险，低风险者也没有那样稳",
        "The estimates lie too far apart: the risky are less risky than told, the safe less safe",
    ),
    0: ("高低拉开的程度未见超出偶然的偏差", "The spread of the estimates is not off by more than chance"),
}


def _spread(check: Mapping[str, Any]) -> tuple[str, str] | None:
    if check["slope"]["value"] is None:
        return None
    zh, en = _SLOPES[off(check, "slope")]
    told = range_of(check["slope"])
    return f"{zh}（校准斜率 {told}，应为 1）。", f"{en} (calibration slope {told}; 1 is right)."


def _start(check: Mapping[str, Any]) -> tuple[str, str] | None:
    """Speak of the intercept only where it is off."""
    if off(check, "intercept") == 0:
        return None
    told = range_of(check["intercept"])
    return (
        f"校准截距 {told} 偏离 0。",
        f"The calibration intercept {told} is away from 0.",
    )


def range_of(ends: Mapping[str, float | None], form: str = ".2f") -> str:
    """Write a value with its interval; a dash where it is not known.

    >>> range_of({"value": 1.04, "low": 0.9, "high": 1.2})
    '1.04 [0.90, 1.20]'
    """
    value, low, high = (ends[name] for name in ("value", "low", "high"))
    if value is None:
        return "–"
    if low is None or high is None:
        return f"{value:{form}}"
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"
