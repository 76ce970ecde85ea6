"""Cuts training rows by time: what is learnt is always judged on loans that mature later."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from app.domain.errors import TrainingError
from app.scoring.spec import TrainingSpec

PARTS = ("earlier", "later", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The rows of each part, loans with a known outcome only; `starts` are the first maturities of each."""

    parts: dict[str, pl.DataFrame]
    starts: dict[str, date]

    @property
    def before_test(self) -> pl.DataFrame:
        """Give all rows that may be learnt from: the earlier ones, then the later ones."""
        return pl.concat([self.parts["earlier"], self.parts["later"]])


def split_by_maturity(rows: pl.DataFrame, spec: TrainingSpec) -> Split:
    """Cut rows with a weight into three parts by the day the loans matured; a loan stays in one part.

    Raises TrainingError when a part has no default or no repayment, or when there are too few loans even
    for a scorecard.
    """
    known = rows.filter(pl.col("weight") > 0)
    loans = _loans(known).sort("ends_on", "county", "loan_id")
    _check_size(loans, spec)
    # few loans are cut by their defaults, so that every part has some
    counted = loans if enough_for_trees(rows, spec) else loans.filter(pl.col("bad") == 1.0)
    ends = np.cumsum(spec.shares)[:-1]
    cuts = [counted["ends_on"][min(int(share * counted.height), counted.height - 1)] for share in ends]
    place = pl.sum_horizontal((pl.col("ends_on") >= cut).cast(pl.Int8) for cut in cuts)
    placed = known.with_columns(place.alias("place"))
    parts = {name: placed.filter(pl.col("place") == i).drop("place") for i, name in enumerate(PARTS)}
    for name, part in parts.items():
        _check_classes(name, part)
    return Split(parts=parts, starts={name: part["ends_on"].min() for name, part in parts.items()})  # type: ignore[misc]


def _loans(known: pl.DataFrame) -> pl.DataFrame:
    return known.unique(["county", "loan_id"], keep="first", maintain_order=True)


def enough_for_trees(rows: pl.DataFrame, spec: TrainingSpec) -> bool:
    """Tell whether rows with a weight hold the loans and the defaults that boosted trees need."""
    loans = _loans(rows.filter(pl.col("weight") > 0))
    return loans.height >= spec.least_loans and int(loans["bad"].sum()) >= spec.least_defaults


def _check_size(loans: pl.DataFrame, spec: TrainingSpec) -> None:
    defaults = int(loans["bad"].sum())
    if loans.height < spec.card_loans or defaults < spec.card_defaults:
        raise TrainingError(
            zh=f"可用贷款 {loans.height} 笔、违约 {defaults} 笔，少于评分卡所需的 {spec.card_loans} 笔和 "
            f"{spec.card_defaults} 笔。请合并更多年份或县的台账，或沿用 631 评级。",
            en=f"{loans.height} loans with {defaults} defaults are fewer than the {spec.card_loans} and "
            f"{spec.card_defaults} that a scorecard needs. Add more years or counties, or stay with the 631 "
            "rating.",
        )


def _check_classes(name: str, part: pl.DataFrame) -> None:
    if part.is_empty() or part["bad"].n_unique() < 2:
        raise TrainingError(
            zh=f"按到期日切分后，{name} 部分只有一种结果。请加入更长时间的台账。",
            en=f"Cut by maturity, the {name} part has only one outcome. Add a ledger over a longer time.",
        )
