"""Groups of borrowers and loans whose treatment is held apart: what was expected of each and what came."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring import terms
from app.scoring.comparison import Figures, beyond, group_gaps

GROUPS: Final = ("registration", "age", "industry", "use_mode", "kind", "bank")
GROUP_COLUMNS: Final = ("registration", "borrower_age", "industry", "use_mode", "kind", "bank")
_CHANCE: Final = 0.05  # how often a 95 % interval misses what is true
_MEANING: Final = (
    "“超出区间”：实际违约率的 95 % 区间离预期还差多少；“在内”表示差异可能只是偶然，"
    "▲ 实际比预期高（估计偏低），▼ 实际比预期低（估计偏高）。",
    "Beyond its interval: how far the 95 % interval of the observed rate stays away from what was expected; "
    "within: the difference may be chance, ▲ more came than expected, ▼ fewer.",
)
_BY_CHANCE: Final = (
    "共比较 {} 组，仅凭偶然约有 {} 组会超出。",
    "Of {} groups compared, about {} would by chance alone.",
)
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


def group_section(gaps: Sequence[Mapping[str, Any]]) -> str:
    """Write groups as a table of a card, in Markdown, with what its columns mean and who stands out."""
    return "\n".join(
        [markdown(*group_rows(gaps)), "", *(f"{zh}\n{en}\n" for zh, en in group_notes(gaps))]
    ).rstrip()


def markdown(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def group_notes(gaps: Sequence[Mapping[str, Any]]) -> list[terms.Pair]:
    """Say what it means that a group lies beyond its interval, and which do, in Chinese and English."""
    out = [gap for gap in gaps if _side(gap)]
    named = "、".join(_named(gap) for gap in out)
    chance = f"{len(gaps) * _CHANCE:.1f}"
    found = (
        (f"超出区间的群体：{named}。", f"Beyond their interval ({len(out)} of {len(gaps)}): {named}.")
        if out
        else ("没有群体超出区间。", "No group lies beyond its interval.")
    )
    return [_MEANING, (found[0] + _BY_CHANCE[0].format(len(gaps), chance),
                       f"{found[1]} {_BY_CHANCE[1].format(len(gaps), chance)}")]  # fmt: skip


def _named(gap: Mapping[str, Any]) -> str:
    return f"{terms.group_value(gap['column'], gap['group'])} ({terms.both(terms.OFF[_side(gap)])})"


def _side(gap: Mapping[str, Any]) -> int:
    """Tell whether more (1) or fewer (-1) defaulted than expected, beyond the group's interval; 0 if not."""
    return 0 if beyond(gap) == 0 else 1 if gap["gap_low"] > 0 else -1


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def group_rows(gaps: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Write groups as a table: names of columns, and rows of plain text."""
    names = (
        "群体 group", "数量 n", "预期 expected", "实际 observed", "超出区间 beyond its interval",
        "提示 flagged", "好户被提示 flagged of repaid",
    )  # fmt: skip
    rows = [
        [
            f"{terms.group_column(g['column'])}：{terms.group_value(g['column'], g['group'])}", f"{g['n']:,}",
            f"{g['expected']:.2%}", f"{g['observed']:.2%}", _beyond(g), _share(g["flagged"]),
            _share(g["flagged_of_repaid"]),
        ]
        for g in gaps
    ]  # fmt: skip
    return names, rows


def _beyond(gap: Mapping[str, Any]) -> str:
    side = _side(gap)
    return f"{terms.OFF[side][0]} {beyond(gap):.2%}" if side else terms.both(terms.OFF[0])
