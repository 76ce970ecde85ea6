"""Turns margins into probabilities with an interval, in whole numbers only: the same bytes on any machine."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import ArtefactError
from app.domain.money import PPM

IntVector = NDArray[np.int64]
_SHIFT: Final = 20  # margins are compared in steps of 2**-24 log-odds, so that products fit 64 bits
_LINES: Final = ("margin_fixed", "pd_ppm", "low_ppm", "high_ppm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How margins are stretched by the days left to maturity: the nearer, the more the same facts say.

    At `middle` days nothing changes; `reach` days nearer the margin becomes
    margin * (1 + stretch_ppm / 1e6) + shift_fixed, as many days farther the opposite; beyond, no more.
    """

    middle: int
    reach: int
    stretch_ppm: int
    shift_fixed: int

    def __post_init__(self) -> None:
        if self.reach < 1 or abs(self.stretch_ppm) >= PPM:
            raise ArtefactError(
                zh="校准的期限修正不成立：不得改变风险高低的次序。",
                en="The calibration's change by horizon does not hold: it may not turn the order of risks.",
            )

    def stretched(self, margin_fixed: IntVector, days: IntVector) -> IntVector:
        """Stretch margins in fixed point by days to maturity, in whole numbers: two (n,) to (n,)."""
        nearer = np.clip(self.middle - days, -self.reach, self.reach)
        steps = (margin_fixed >> _SHIFT) * self.stretch_ppm // PPM + (self.shift_fixed >> _SHIFT)
        return margin_fixed + ((steps * nearer // self.reach) << _SHIFT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Knots of a rising broken line from fixed-point margins to ppm, each with its interval.

    Beyond the first and the last knot the line is level. `horizon` stretches margins first. `method` says in
    words how it was fitted.
    Refuses, with an ArtefactError, knots that do not rise or an interval that does not hold the estimate.
    """

    method: str
    margin_fixed: IntVector
    pd_ppm: IntVector
    low_ppm: IntVector
    high_ppm: IntVector
    horizon: Horizon | None = None

    def __post_init__(self) -> None:
        if not _holds(*(getattr(self, name) for name in _LINES)):
            raise ArtefactError(
                zh="校准表不成立：节点须递增，区间须包含估计值。",
                en="The calibration does not hold: knots must rise, intervals contain the estimate.",
            )

    def apply(
        self, margin_fixed: IntVector, days: IntVector | None = None
    ) -> tuple[IntVector, IntVector, IntVector]:
        """Give pd, low and high (ppm) of margins in fixed point and days to maturity; all are (n,) integers.

        Without days every margin counts as it does at the middle of the horizon.
        """
        if self.horizon is not None and days is not None:
            margin_fixed = self.horizon.stretched(margin_fixed, days)
        knots, at = self.margin_fixed >> _SHIFT, margin_fixed >> _SHIFT
        at = np.clip(at, knots[0], knots[-1])
        left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
        step, width = at - knots[left], knots[left + 1] - knots[left]
        lines = (self.pd_ppm, self.low_ppm, self.high_ppm)
        pd, low, high = (line[left] + (line[left + 1] - line[left]) * step // width for line in lines)
        return pd, low, high

    def to_dict(self) -> dict[str, Any]:
        """Write the knots as plain lists, and the horizon where there is one."""
        horizon = {} if self.horizon is None else {"horizon": asdict(self.horizon)}
        lines = {name: getattr(self, name).tolist() for name in _LINES}
        return {"method": self.method} | lines | horizon

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote; raises KeyError, TypeError or ValueError for anything else."""
        lines = {name: np.array(data[name], dtype=np.int64) for name in _LINES}
        horizon = Horizon(**data["horizon"]) if "horizon" in data else None
        return cls(method=str(data["method"]), horizon=horizon, **lines)


def _holds(margin: IntVector, pd: IntVector, low: IntVector, high: IntVector) -> bool:
    lines = (margin >> _SHIFT, pd, low, high)
    if len(margin) < 2 or len({line.shape for line in lines}) != 1:
        return False
    rises = all((np.diff(line) >= 0).all() for line in lines[1:]) and (np.diff(lines[0]) > 0).all()
    return bool(rises and (low >= 0).all() and (low <= pd).all() and (pd <= high).all() and high.max() <= PPM)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RatingRates:
    """The default rate that each number of rating points has had, with its interval (ppm), never rising."""

    points: IntVector
    pd_ppm: IntVector
    low_ppm: IntVector
    high_ppm: IntVector

    def of(self, points: NDArray[np.int64]) -> tuple[IntVector, IntVector, IntVector]:
        """Give the rate, low and high of rating points; points beyond the table take its ends."""
        at = np.clip(np.searchsorted(self.points, points, side="right") - 1, 0, len(self.points) - 1)
        return self.pd_ppm[at], self.low_ppm[at], self.high_ppm[at]

    def to_dict(self) -> dict[str, Any]:
        """Write the table as plain lists."""
        return {name: getattr(self, name).tolist() for name in ("points", *_LINES[1:])}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote; raises KeyError or ValueError for anything else."""
        return cls(**{name: np.array(data[name], dtype=np.int64) for name in ("points", *_LINES[1:])})
