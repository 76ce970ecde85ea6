"""How true probabilities are by group: deciles with their intervals, townships, years. Training only."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.money import PPM
from app.scoring.calibrating import jeffreys

FloatVector = NDArray[np.float64]
_BINS: Final = 10
_DRAWS: Final = 500
_LEAST_LOANS: Final = 50  # smaller groups are told together
_DIGITS: Final = 6
_OTHERS: Final = "others"


def judged_loans(
    rows: pl.DataFrame, pd: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> pl.DataFrame:
    """Give one line per loan: its outcome, weight, mean pd with interval (as shares), township and year."""
    said = {name: part / PPM for name, part in (("pd", pd), ("low", low), ("high", high))}
    year = pl.col("ends_on").dt.year().cast(pl.String).alias("year")
    each = rows.with_columns(year, **{name: pl.Series(part) for name, part in said.items()})
    by = each.group_by("county", "loan_id", maintain_order=True)
    return by.agg(pl.col("bad", "township_code", "year").first(), pl.col("weight", *said).mean())


def deciles(loans: pl.DataFrame) -> list[dict[str, Any]]:
    """Describe ten groups by pd: n, mean pd, mean interval, observed rate with its own 90 % interval."""
    order = loans.sort("pd", "county", "loan_id").with_row_index("rank")
    cut = order.with_columns((pl.col("rank") * _BINS // pl.len()).alias("bin"))
    return [_described(part) for _, part in cut.group_by("bin", maintain_order=True)]


def _described(part: pl.DataFrame) -> dict[str, Any]:
    weight = part["weight"].to_numpy()
    bads = float((part["bad"].to_numpy() * weight).sum())
    around = jeffreys(np.array([bads]), np.array([weight.sum()]))
    said = {name: float(np.average(part[name].to_numpy(), weights=weight)) for name in ("pd", "low", "high")}
    found = said | {"rate": bads / weight.sum(), "rate_low": around[0][0], "rate_high": around[1][0]}
    return {"loans": part.height} | {name: round(float(value), _DIGITS) for name, value in found.items()}


def coverage(loans: pl.DataFrame, seed: int) -> dict[str, Any]:
    """Measure how often intervals hold the rate of their decile, over draws of the test loans.

    The rate of a draw also moves by chance, so this is a lower bound of the interval's own coverage.
    """
    drawn = np.random.default_rng(seed)
    pick = (loans[drawn.integers(0, loans.height, loans.height)] for _ in range(_DRAWS))
    held = np.array([[b["low"] <= b["rate"] <= b["high"] for b in _quick(each)] for each in pick]).mean(
        axis=1
    )
    low, high = np.quantile(held, [0.05, 0.95])
    return {
        "deciles_held": round(float(held.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def _quick(loans: pl.DataFrame) -> list[Mapping[str, float]]:
    names = ("pd", "low", "high", "bad", "weight")
    pd, low, high, bad, weight = (loans[name].to_numpy() for name in names)
    place = np.argsort(np.argsort(pd, kind="stable")) * _BINS // len(pd)
    mass = np.bincount(place, weight)
    lines = [np.bincount(place, weight * part) / mass for part in (low, bad, high)]
    return [{"low": a, "rate": b, "high": c} for a, b, c in zip(*lines, strict=True)]


def in_the_large(loans: pl.DataFrame, by: str) -> dict[str, dict[str, Any]]:
    """Compare observed and expected defaults by group; groups of fewer than 50 loans are told together."""
    few = pl.len().over(by) < _LEAST_LOANS
    named = loans.with_columns(pl.when(few).then(pl.lit(_OTHERS)).otherwise(by).fill_null(_OTHERS).alias(by))
    return {
        str(name): _compared(part) for (name,), part in sorted(named.group_by(by), key=lambda g: str(g[0]))
    }


def _compared(part: pl.DataFrame) -> dict[str, Any]:
    pd, bad, weight = (part[name].to_numpy() for name in ("pd", "bad", "weight"))
    expected, observed = float((pd * weight).sum()), float((bad * weight).sum())
    error = float(np.sqrt((weight**2 * pd * (1 - pd)).sum()))
    return {
        "loans": part.height,
        "observed": round(observed, 3),
        "expected": round(expected, 3),
        "errors_apart": round((observed - expected) / error, 3),
    }
