"""What is asked of the simulator, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import InvalidValueError

REGIMES: Final = ("ordinary", "price_collapse", "drought", "disease")
VISITS: Final = ("ordinary", "sparse", "none")
SENSITIVITIES: Final = ("low", "central", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountySpec:
    """A county to simulate: `loans` rows of its loan book, facts up to and including `until`.

    `regime` lays a misfortune over the last year, `visits` says how often loans are looked at,
    `sensitivity` picks the strength of every action's effect.
    """

    seed: int
    loans: int
    until: date
    regime: str = "ordinary"
    visits: str = "ordinary"
    sensitivity: str = "central"
    county_code: str = "999901"
    townships: int = 12

    def __post_init__(self) -> None:
        """This function will refuse a county that cannot be simulated; raises InvalidValueError."""
        for name, choices in _CHOICES.items():
            _need(getattr(self, name) in choices, name, f"one of {', '.join(choices)}")
        _need(self.loans >= 1, "loans", "at least 1")
        _need(1 <= self.townships <= 99, "townships", "1 to 99")
        _need(self.seed >= 0, "seed", "0 or more")
        code = self.county_code
        _need(
            len(code) == 6 and code.isdigit() and code.startswith("99"), "county_code", "99 and four digits"
        )


_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "regime": REGIMES,
    "visits": VISITS,
    "sensitivity": SENSITIVITIES,
}


def _need(holds: bool, name: str, wanted: str) -> None:  # noqa: FBT001
    if not holds:
        raise InvalidValueError(
            zh=f"模拟参数 {name} 应为:{wanted}。", en=f"The parameter {name} must be {wanted}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """A simulated county: its ledger as exported on `spec.until`, and apart from it the truth.

    `ledger`: frames by table name, the columns of app.domain.ledger (money in fen, rates in ppm, PERSON
    columns hold invented ID numbers), and `known_on` where that day was recorded.
    `landmarks`: loan_id, landmark_days, as_of, true_pd. `outcomes`: one row per loan and action.
    """

    spec: CountySpec
    ledger: Mapping[str, pl.DataFrame]
    landmarks: pl.DataFrame
    outcomes: pl.DataFrame
