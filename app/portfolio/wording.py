"""How a bulletin writes its figures: 万元 and per cent with two decimals, days in words."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_FEN_PER_WAN: Final = 1_000_000
_PPM_PER_CENT: Final = 10_000
_CENT: Final = Decimal("0.01")
NOTHING: Final = "—"


def wan(fen: int | None) -> str:
    """This function will write fen in units of ten thousand yuan, halves away from zero.

    >>> wan(1_234_567_890), wan(None)
    ('1234.57', '—')
    """
    return NOTHING if fen is None else _two(Decimal(fen) / _FEN_PER_WAN)


def percent(ppm: int | None) -> str:
    """This function will write parts per million as per cent.

    >>> percent(43_650), percent(None)
    ('4.37%', '—')
    """
    return NOTHING if ppm is None else f"{_two(Decimal(ppm) / _PPM_PER_CENT)}%"


def number(value: int | None) -> str:
    """This function will write a count."""
    return NOTHING if value is None else str(value)


def day_words(day: date) -> str:
    """This function will write a day in Chinese.

    >>> day_words(date(2025, 9, 30))
    '2025年9月30日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def listed(names: Iterable[str]) -> str:
    """This function will join names as Chinese does."""
    return "、".join(names)


def _two(value: Decimal) -> str:
    return str(value.quantize(_CENT, ROUND_HALF_UP))
