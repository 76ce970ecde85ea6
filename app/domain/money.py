"""Money is an integer number of fen (1 yuan = 100 fen)."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NewType

Fen = NewType("Fen", int)

FEN_PER_YUAN: Final = 100
PPM: Final = 1_000_000
MAX_FEN: Final = 9_000_000_000_000_000


def fen(yuan: Decimal | int | str) -> Fen:
    """This function will turn yuan into fen, rounding half a fen up.

    >>> fen("12.345")
    1235
    """
    return Fen(int((Decimal(yuan) * FEN_PER_YUAN).quantize(Decimal(1), ROUND_HALF_UP)))


def yuan_text(amount: int) -> str:
    """This function will write fen as yuan with thousands separators.

    >>> yuan_text(5_000_000)
    '50,000.00'
    """
    return f"{Decimal(amount) / FEN_PER_YUAN:,.2f}"
