"""From margins to probabilities with an interval: a logistic or a beta calibration, by size of the data."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from app.scoring.logistic import expit, fit

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
_Z: Final = 1.6448536269514722  # 5 % are left outside on each side
_SHRINKAGE: Final = {"logistic": (0.5, 5.0), "beta": (0.5, 5.0, 5.0)}
_RIGHT: Final = {"logistic": (0.0, 1.0), "beta": (0.0, 1.0, 1.0)}  # "the margin is right already"
_LEAST_SLOPE: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableCalibration:
    """Log-odds as a line in the margin (logistic) or in its two logarithms (beta: Kull et al. 2017).

    The 90 % interval joins the uncertainty of the coefficients with the spread of the bag.
    """

    method: str
    coefficients: FloatVector
    covariance: FloatMatrix

    def apply(self, margin: FloatVector, spread: FloatVector) -> tuple[FloatVector, FloatVector, FloatVector]:
        """Give pd, low and high of margins whose boosters differ by `spread`; all log-odds, all (n,)."""
        x = _terms(self.method, margin)
        centre = np.einsum("ij,j->i", x, self.coefficients)
        slope = self.coefficients[1:].mean()
        width = _Z * np.sqrt(np.einsum("ij,jk,ik->i", x, self.covariance, x) + (slope * spread) ** 2)
        return expit(centre), expit(centre - width), expit(centre + width)

    def to_dict(self) -> dict[str, Any]:
        """Write the calibration as plain JSON values."""
        plain = {"coefficients": self.coefficients.tolist(), "covariance": self.covariance.tolist()}
        return {"method": self.method, **plain}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote; raises KeyError or ValueError for anything else."""
        terms = len(_RIGHT[data["method"]])
        return cls(
            method=data["method"],
            coefficients=np.array(data["coefficients"], np.float64).reshape(terms),
            covariance=np.array(data["covariance"], np.float64).reshape(terms, terms),
        )


def fit_calibration(margin: FloatVector, bad: FloatVector, *, beta: bool) -> TableCalibration:
    """Fit on out-of-fold margins, shrunk to "right already"; a beta that falls becomes logistic."""
    method = "beta" if beta else "logistic"
    x, ridge = _terms(method, margin), np.array(_SHRINKAGE[method])
    found = fit(x, bad, np.ones_like(bad), ridge, np.array(_RIGHT[method]))
    if beta and found[1:].min() <= 0.0:
        return fit_calibration(margin, bad, beta=False)
    found[1:] = np.maximum(found[1:], _LEAST_SLOPE)
    p = expit(np.einsum("ij,j->i", x, found))
    bend = np.einsum("ij,i,ik->jk", x, p * (1.0 - p), x, optimize=False) + np.diag(ridge)
    return TableCalibration(method=method, coefficients=found, covariance=np.linalg.inv(bend))


def _terms(method: str, margin: FloatVector) -> FloatMatrix:
    one = np.ones_like(margin)
    if method == "logistic":
        return np.stack([one, margin], axis=1)
    return np.stack([one, -np.logaddexp(0.0, -margin) / 1.0, np.logaddexp(0.0, margin)], axis=1)
