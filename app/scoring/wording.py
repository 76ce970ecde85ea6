"""Sentences about features in Chinese and English, from the catalogue's labels and units."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from app.features.feature import Feature, Sign

_MOST_DIGITS: Final = 12  # beyond what doubles of any unit tell apart


def _whole(value: float, more: int) -> str:
    return _unsigned_zero(f"{value:,.{more}f}")


def _percent(value: float, more: int) -> str:
    return _unsigned_zero(f"{value * 100:.{more}f}") + "%"


def _plain(value: float, more: int) -> str:
    return _unsigned_zero(f"{value:.{6 + more}g}")


def _unsigned_zero(text: str) -> str:
    """Write no minus before a number that is rounded to nothing."""
    return text if any(digit in text for digit in "123456789") else text.removeprefix("-")


# How a value of a unit is written, and the unit's words after it.
_UNITS: Final = MappingProxyType[str, tuple[Callable[[float, int], str], str, str]](
    {
        "yuan": (_whole, "元", " yuan"),
        "days": (_whole, "天", " days"),
        "months": (_whole, "个月", " months"),
        "years": (_whole, "岁", " years"),
        "people": (_whole, "人", " people"),
        "mu": (_plain, "亩", " mu"),
        "%": (_plain, "%", "%"),
        "share": (_percent, "", ""),
        "ratio": (_percent, "", ""),
        "count": (_whole, "", ""),
        "points": (_plain, "分", " points"),
        "level": (_whole, "", ""),
        "code": (_whole, "", ""),
    }
)
_SIDES: Final = MappingProxyType(
    {Sign.RAISES_RISK: ("高于", "above"), Sign.LOWERS_RISK: ("低于", "below"), Sign.FREE: ("相对", "against")}
)


def written(value: float, unit: str, more: int = 0) -> tuple[str, str]:
    """Write a value with its unit in Chinese and in English, with `more` digits than is usual.

    >>> written(12345.6, "yuan")
    ('12,346元', '12,346 yuan')
    """
    if unit == "flag":
        return ("是", "yes") if value else ("否", "no")
    number, zh, en = _UNITS[unit]
    return number(value, more) + zh, number(value, more) + en


def _apart(value: float, typical: float | None, unit: str) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Write two values with as many digits as it takes to tell them apart; None where none do.

    "50%, above the usual 50%" would contradict itself.
    """
    if typical is None or unit == "flag":
        return None
    pairs = ((written(value, unit, more), written(typical, unit, more)) for more in range(_MOST_DIGITS))
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


def sentence(feature: Feature, value: float | None, typical: float | None) -> tuple[str, str]:
    """Say in one sentence each, Chinese and English, how a feature raises the estimate.

    The comparison with the typical value always goes the way of the feature's sign.
    """
    if value is None:
        return (
            f"{feature.zh}没有记录，推高了违约估计。",
            f"No record of {feature.en}; this raises the estimate.",
        )
    pair = _apart(value, typical, feature.unit)
    if pair is None:
        zh, en = written(value, feature.unit)
        return (
            f"{feature.zh}：{zh}，推高了违约估计。",
            f"{_capital(feature.en)}: {en}; this raises the estimate.",
        )
    (zh, en), (usual_zh, usual_en) = pair
    side_zh, side_en = _SIDES[feature.sign]
    return (
        f"{feature.zh}为{zh}，{side_zh}一般水平{usual_zh}，推高了违约估计。",
        f"{_capital(feature.en)} is {en}, {side_en} the usual {usual_en}; this raises the estimate.",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
