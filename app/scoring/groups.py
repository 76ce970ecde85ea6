"""Groups of borrowers and loans whose treatment is held apart: what was expected of each and what came."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.comparison import Figures, beyond, group_gaps

GROUPS: Final = ("registration", "age", "industry", "use_mode", "kind", "bank")
_WORDS: Final = {
    "registration": "登记 registration", "age": "年龄 age", "industry": "产业 industry",
    "use_mode": "用款方式 use", "kind": "贷款种类 kind", "bank": "银行 bank",
}  # fmt: skip
GROUP_COLUMNS: Final = ("registration", "borrower_age", "industry", "use_mode", "kind", "bank")
_AGES: Final = ((45, "under 45"), (60, "45 to 59"))


def all_gaps(
    rows: pl.DataFrame, pd_ppm: NDArray[np.int64], *, least: float, flagged_ppm: int
) -> list[Figures]:
    """Show every group of at least `least` loans (rows with `bad`) as `group_gaps` does."""
    named = with_groups(rows).with_columns(pl.Series("pd_ppm", pd_ppm))
    told = [group_gaps(named, name, least=least, flagged_ppm=flagged_ppm) for name in GROUPS]
    return [row for rows_of in told for row in rows_of]


def with_groups(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the band of ages, so that every column of GROUPS is there."""
    known = pl.when(pl.col("borrower_age").is_not_null())
    return rows.with_columns(known.then(_age_band()).alias("age"))


def _age_band() -> pl.Expr:
    bands = pl.lit("60 and over")
    for bound, name in reversed(_AGES):
        bands = pl.when(pl.col("borrower_age") < bound).then(pl.lit(name)).otherwise(bands)
    return bands


def group_section(gaps: list[Figures]) -> str:
    """Write groups as a table of the model card, in Markdown."""
    lines = [
        f"| {g['column']} | {g['group']} | {g['n']} | {g['expected']:.2%} | {g['observed']:.2%} | "
        f"{beyond(g):.2%} | {g['flagged']:.1%} | {_share(g['flagged_of_repaid'])} |"
        for g in gaps
    ]
    head = "| group | of | loans | expected | observed | beyond its interval | flagged | flagged of repaid |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *lines])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def group_rows(gaps: list[Figures]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Write groups as a table of a report: names of columns, and rows of plain text."""
    names = (
        "群体 group", "数量 n", "预期 expected", "实际 observed", "超出区间 beyond", "提示 flagged",
        "好户被提示 flagged of good",
    )  # fmt: skip
    rows = [
        [
            f"{_WORDS.get(g['column'], g['column'])}: {g['group']}", f"{g['n']:,}",
            f"{g['expected']:.1%}", f"{g['observed']:.1%}", f"{beyond(g):.1%}", f"{g['flagged']:.1%}",
            _share(g["flagged_of_repaid"]),
        ]
        for g in gaps
    ]  # fmt: skip
    return names, rows
