"""Logistic regression by Newton's method: small, weighted, and the same bits however many cores there are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float64]
FloatMatrix = NDArray[np.float64]
_STEPS: Final = 50
_CLOSE: Final = 1e-10


def expit(x: FloatVector) -> FloatVector:
    """Turn log-odds into probabilities, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def logit(p: FloatVector) -> FloatVector:
    """Turn probabilities into log-odds."""
    return np.asarray(np.log(p) - np.log1p(-p))


def fit(
    x: FloatMatrix, y: FloatVector, weight: FloatVector, ridge: FloatVector, centre: FloatVector
) -> FloatVector:
    """Fit coefficients of (n, k) columns by penalised likelihood: ridge[j] * (beta[j] - centre[j])**2 / 2.

    Sums run through einsum without BLAS, whose order of adding depends on the number of threads.
    """
    beta = centre.astype(np.float64).copy()
    for _ in range(_STEPS):
        p = expit(np.einsum("ij,j->i", x, beta))
        slope = np.einsum("ij,i->j", x, weight * (y - p)) - ridge * (beta - centre)
        bend = np.einsum("ij,i,ik->jk", x, weight * p * (1.0 - p), x, optimize=False) + np.diag(ridge)
        step = np.linalg.solve(bend + 1e-12 * np.eye(len(beta)), slope)
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < _CLOSE:
            break
    return beta


def standardised(values: FloatMatrix) -> FloatMatrix:
    """Fill missing values with medians and scale columns by their quartiles: (n, k) within -3 and 3."""
    low, middle, high = (_quantile(values, q) for q in (0.25, 0.5, 0.75))
    spread = np.where(high - low > 0, high - low, 1.0)
    filled = np.where(np.isnan(values), middle, values)
    return np.asarray(np.clip((filled - middle) / spread, -3.0, 3.0))


def _quantile(values: FloatMatrix, q: float) -> FloatVector:
    known = np.where(np.isnan(values).all(axis=0), 0.0, values)
    return np.asarray(np.nanquantile(known, q, axis=0))
