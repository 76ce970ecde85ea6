"""Cuts training rows by time: what is learnt is always judged on loans that mature later."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.errors import TrainingError
from app.scoring.spec import TrainingSpec

PARTS = ("train", "validation", "calibration", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The rows of each part, loans with a known outcome only; `starts` are the first maturities of each."""

    parts: dict[str, pl.DataFrame]
    starts: dict[str, date]


def split_by_maturity(rows: pl.DataFrame, spec: TrainingSpec) -> Split:
    """Cut rows with a weight into four parts by the day the loans matured; a loan stays in one part.

    Raises TrainingError when a part has no default or no repayment, or when there are too few loans.
    """
    known = rows.filter(pl.col("weight") > 0)
    loans = known.unique("loan_id", keep="first", maintain_order=True).sort("ends_on", "county", "loan_id")
    _check_size(loans, spec)
    ends = np.cumsum(spec.shares)[:-1]
    cuts = [loans["ends_on"][min(int(share * loans.height), loans.height - 1)] for share in ends]
    place = pl.sum_horizontal((pl.col("ends_on") >= cut).cast(pl.Int8) for cut in cuts)
    placed = known.with_columns(place.alias("place"))
    parts = {name: placed.filter(pl.col("place") == i).drop("place") for i, name in enumerate(PARTS)}
    for name, part in parts.items():
        _check_classes(name, part)
    return Split(parts=parts, starts={name: part["ends_on"].min() for name, part in parts.items()})  # type: ignore[misc]


def _check_size(loans: pl.DataFrame, spec: TrainingSpec) -> None:
    defaults = int(loans["bad"].sum())
    if loans.height < spec.least_loans or defaults < spec.least_defaults:
        raise TrainingError(
            zh=f"可用贷款 {loans.height} 笔、违约 {defaults} 笔，少于所需的 {spec.least_loans} 笔和 "
            f"{spec.least_defaults} 笔。请合并更多年份或县的台账，或沿用 631 评级。",
            en=f"{loans.height} loans with {defaults} defaults are fewer than the {spec.least_loans} and "
            f"{spec.least_defaults} needed. Add more years or counties, or stay with the 631 rating.",
        )


def _check_classes(name: str, part: pl.DataFrame) -> None:
    if part.is_empty() or part["bad"].n_unique() < 2:
        raise TrainingError(
            zh=f"按到期日切分后，{name} 部分只有一种结果。请加入更长时间的台账。",
            en=f"Cut by maturity, the {name} part has only one outcome. Add a ledger over a longer time.",
        )


def bag_of_households(groups: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """Pick a share of the households, and with each all its rows: (n,) booleans."""
    every = np.unique(groups)
    picked = np.random.default_rng(seed).choice(every, size=max(1, round(share * len(every))), replace=False)
    return np.isin(groups, picked)
