"""Small tools for arrays: types, named random streams, months, identifiers."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

F = npt.NDArray[np.float64]
I = npt.NDArray[np.int64]  # noqa: E741
B = npt.NDArray[np.bool_]
D = npt.NDArray[np.datetime64]


def floats(values: npt.ArrayLike) -> F:
    """This function will give values as an array of floats."""
    return np.asarray(values, dtype=np.float64)


def wholes(values: npt.ArrayLike) -> I:
    """This function will give values as an array of whole numbers."""
    return np.asarray(values, dtype=np.int64)


def flags(values: npt.ArrayLike) -> B:
    """This function will give values as an array of yes and no."""
    return np.asarray(values, dtype=np.bool_)


def days(values: npt.ArrayLike) -> D:
    """This function will give values as an array of dates."""
    return np.asarray(values, dtype="datetime64[D]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Named random streams of one block: drawing from one leaves all others as they were."""

    seed: int
    block: int

    def __call__(self, name: str) -> np.random.Generator:
        """This function will open the stream of that name from its beginning."""
        key = (zlib.crc32(name.encode()), self.block)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Months as numbers from `origin`; lending begins in month `first`, the ledger ends on `until`."""

    origin: np.datetime64
    first: int
    last: int
    months: int
    until: date

    @classmethod
    def to(cls, until: date, *, years: int, beyond: int) -> "Timeline":
        """This function will span from a year before lending begins to `beyond` months past the end."""
        origin = np.datetime64(f"{until.year - years - 1}-01", "M")
        last = (until.year - (until.year - years - 1)) * 12 + until.month - 1
        return cls(origin=origin, first=12, last=last, months=last + beyond, until=until)

    def day(self, month: I, day: I | int) -> D:
        """This function will give the date of a day (from 1, at most 28) in a month."""
        return days((self.origin + month).astype("datetime64[D]") + (np.asarray(day) - 1))

    def month(self, dates: D) -> I:
        """This function will give the month in which dates lie."""
        return (dates.astype("datetime64[M]") - self.origin).astype(np.int64)

    def season(self, month: I) -> I:
        """This function will give the month of the year, 0 for January (the origin is a January)."""
        return month % 12

    @property
    def until64(self) -> np.datetime64:
        """This function will give the last day of the ledger for comparisons."""
        return np.datetime64(self.until, "D")


def pick(rng: np.random.Generator, shares: Mapping[Any, float], size: int) -> I:
    """This function will draw positions in `shares` with their probabilities."""
    edges = np.cumsum(np.fromiter(shares.values(), float))
    return np.searchsorted(edges / edges[-1], rng.random(size), side="right").astype(np.int64)


def between(rng: np.random.Generator, bounds: tuple[int, int] | list[int], size: int) -> I:
    """This function will draw whole numbers from the first to the last bound, both included."""
    return rng.integers(bounds[0], bounds[1], size, endpoint=True)


def normal_cdf(z: F) -> F:
    """This function will give the normal distribution function (Abramowitz and Stegun 7.1.26, 1.5e-7)."""
    x = np.abs(z) / np.sqrt(2.0)
    t = 1.0 / (1.0 + 0.3275911 * x)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    tail = 0.5 * poly * np.exp(-x * x)
    return np.where(z > 0, 1.0 - tail, tail)


def autoregression(rng: np.random.Generator, shape: tuple[int, int], persistence: float, sd: float) -> F:
    """This function will draw stationary AR(1) paths down the first axis (months)."""
    draws = rng.standard_normal(shape) * sd
    draws[1:] *= np.sqrt(1.0 - persistence**2)
    for step in range(1, shape[0]):
        draws[step] += persistence * draws[step - 1]
    return draws


def labels(prefix: str, numbers: I, digits: int) -> pl.Series:
    """This function will write numbers as identifiers such as L0000012."""
    return (prefix + pl.Series(numbers).cast(pl.String).str.zfill(digits)).alias(prefix)


def words(codes: tuple[str, ...], positions: I) -> pl.Series:
    """This function will write positions as codes; -1 becomes null."""
    table = pl.Series([*codes, None], dtype=pl.String)
    return table.gather(pl.Series(np.where(positions < 0, len(codes), positions)))
