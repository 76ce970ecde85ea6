"""Citizen ID numbers (GB 11643-1999) and administrative division codes (GB/T 2260)."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
_SHAPE: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
COUNTY_DIGITS: Final = 6
TOWNSHIP_DIGITS: Final = 9
VILLAGE_DIGITS: Final = 12
DIVISION_DIGITS: Final[Mapping[str, int]] = MappingProxyType(
    {"county": COUNTY_DIGITS, "township": TOWNSHIP_DIGITS, "village": VILLAGE_DIGITS}
)


def normal_id_number(text: str) -> str:
    """This function will fold full-width digits, spaces and a small x into the plain form."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def check_digit(first_17: str) -> str:
    """This function will compute the 18th character of an ID number (ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK[total % 11]


def is_id_number(text: str) -> bool:
    """This function will tell whether a normalised text is a valid 18-character ID number."""
    return (
        _SHAPE.fullmatch(text) is not None
        and birth_date(text) is not None
        and check_digit(text[:17]) == text[17]
    )


def birth_date(id_number: str) -> date | None:
    """This function will read the birth date out of an ID number; None where it is no date."""
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None
