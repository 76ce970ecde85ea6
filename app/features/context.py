"""What looks across loans: how late a township's and a guarantee group's other loans are.

A context is a snapshot of the first day of a month, so that it can be stored, versioned and used again:
a row uses the snapshot of its own month. The row's own household is left out of every share.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import TOWNSHIP_DIGITS
from app.features.facts import Facts
from app.features.household_loans import OVERDUE_TABLES, dues, household_loans, owed

CONTEXT_TABLES: Final = ("households", "guarantee_groups", *OVERDUE_TABLES)
_NOTHING: Final = tuple(
    pl.DataFrame(schema={by: pl.String(), "day": pl.Date(), "late": pl.Int64(), "active": pl.Int64()})
    for by in ("township_code", "group_id", "household_id")
)
_NONE: Final = pl.LazyFrame(
    schema={"row": pl.UInt32()}
    | dict.fromkeys(("township_late", "township_active", "group_late", "group_active"), pl.Int64())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Loans late and active on snapshot days: by township, by guarantee group, and by household.

    `townships` is (township_code, day, late, active), `groups` (group_id, …), `households`
    (household_id, …). A household that is not in there takes nothing off the sums.
    """

    townships: pl.DataFrame
    groups: pl.DataFrame
    households: pl.DataFrame

    @classmethod
    def of(cls, frames: Frames, days: Iterable[date]) -> Self:
        """Count the loans late and active on the snapshot days that serve the days given."""
        facts = Facts.of(frames)
        parts = [_NOTHING, *(_snapshot(facts, day) for day in sorted({day.replace(day=1) for day in days}))]
        townships, groups, households = (pl.concat(part) for part in zip(*parts, strict=True))
        return cls(townships=townships, groups=groups, households=households)

    @classmethod
    def empty(cls, _day: date | None = None) -> Self:
        """Give the snapshot of a day on which no loan is known; it has no line for the day."""
        townships, groups, households = _NOTHING
        return cls(townships=townships, groups=groups, households=households)

    @property
    def version(self) -> str:
        """Hash the townships' and groups' counts: 16 hexadecimal digits."""
        text = "".join(frame.write_csv() for frame in (self.townships, self.groups))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def households_only(self, household_ids: Iterable[str]) -> "Context":
        """Keep the own counts of some households: what a request about them needs."""
        own = self.households.filter(pl.col("household_id").is_in(list(household_ids)))
        return Context(townships=self.townships, groups=self.groups, households=own)


def own_counts(frames: Frames, day: date) -> pl.DataFrame:
    """Count the loans late and active of each household on the snapshot day that serves a day."""
    facts = Facts.of(frames)
    return _household_counts(facts, _keys(facts, day.replace(day=1))) if facts.has("loans") else _NOTHING[2]


def _keys(facts: Facts, day: date) -> pl.DataFrame:
    ids = facts.tables["loans"].select("household_id").unique(maintain_order=True)
    return ids.with_columns(pl.lit(day).alias("as_of")).with_row_index("row")


def _snapshot(facts: Facts, day: date) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Count one day: by township, by group, by household."""
    keys = _keys(facts, day)
    households = _household_counts(facts, keys)
    placed = facts.known(keys.lazy(), "households", "village_code", by="household_id").select(
        "household_id", pl.col("village_code").str.head(TOWNSHIP_DIGITS).alias("township_code")
    )
    grouped = _memberships(facts, keys.lazy()).select("household_id", "group_id")
    townships, groups = (part.collect().join(households, on="household_id") for part in (placed, grouped))
    return _summed(townships, "township_code", day), _summed(groups, "group_id", day), households


def _household_counts(facts: Facts, keys: pl.DataFrame) -> pl.DataFrame:
    lines = household_loans(facts, keys).filter("active")
    sums = lines.join(owed(dues(facts, lines)), on="line", how="left")
    late = (pl.col("due_principal") > pl.col("paid_principal")) | (
        pl.col("due_interest") > pl.col("paid_interest")
    )
    counted = sums.group_by("household_id", "as_of", maintain_order=True).agg(
        late.fill_null(value=False).sum().cast(pl.Int64).alias("late"),
        pl.len().cast(pl.Int64).alias("active"),
    )
    return counted.select("household_id", pl.col("as_of").alias("day"), "late", "active").sort("household_id")


def _memberships(facts: Facts, keys: pl.LazyFrame) -> pl.LazyFrame:
    found = facts.known(keys, "guarantee_groups", "group_id", "left_on", by="household_id")
    return found.filter(pl.col("left_on").is_null() | (pl.col("left_on") > pl.col("as_of")))


def _summed(counts: pl.DataFrame, by: str, day: date) -> pl.DataFrame:
    summed = counts.group_by(by).agg(pl.col("late", "active").sum()).sort(by)
    return summed.select(by, pl.lit(day).alias("day"), "late", "active")


def context_rows(facts: Facts, keys: pl.DataFrame, context: Context | None) -> pl.LazyFrame:
    """Give each row the counts around it, less its own household's: row, township_*, group_*.

    Empty without a context. `keys` is (row, household_id, as_of, township_code).
    """
    if context is None:
        return _NONE
    day = pl.col("as_of").dt.month_start()
    dated = keys.lazy().select("row", "household_id", "township_code", day, day.alias("day"))
    own = context.households.lazy().rename({"late": "own_late", "active": "own_active"})
    rows = dated.join(own, on=["household_id", "day"], how="left").with_columns(
        pl.col("own_late", "own_active").fill_null(0)
    )
    townships = rows.join(context.townships.lazy(), on=["township_code", "day"], how="left")
    around = townships.select("row", *_others("township"))
    return around.join(_groups(facts, rows, context.groups), on="row", how="left")


def _groups(facts: Facts, rows: pl.LazyFrame, counts: pl.DataFrame) -> pl.LazyFrame:
    if counts.is_empty() or not facts.has("guarantee_groups"):
        return _NONE.select("row", "group_late", "group_active")
    found = _memberships(facts, rows).join(counts.lazy(), on=["group_id", "day"])
    return found.select("row", *_others("group")).group_by("row").agg(pl.all().sum())


def _others(around: str) -> tuple[pl.Expr, pl.Expr]:
    """Take the own household off both counts; corrections since the snapshot never make them negative."""
    late, active = (pl.max_horizontal(pl.col(c) - pl.col(f"own_{c}"), 0) for c in ("late", "active"))
    return late.alias(f"{around}_late"), active.alias(f"{around}_active")
