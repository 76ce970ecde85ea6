"""Statistics of a period by township, village and bank: what was owed, lent, repaid, and what is late."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.words import LoanKind
from app.portfolio.ratios import share

HORIZONS: Final = (30, 60, 90)  # days: what falls due soon, as the bulletins count it
_AMOUNTS: Final = ("opening", "new", "carried_in", "repaid", "carried_out", "corrected", "closing")
_RATES: Final = ("overdue_rate_amount", "overdue_rate_households", "interest_overdue_rate_households")
_DUE: Final = tuple(f"due_{days}_{what}" for days in HORIZONS for what in ("loans", "amount"))
STATISTICS_COLUMNS: Final = (
    "opening_loans", "opening_households", "opening_amount", "new_loans", "new_households", "new_amount",
    "carried_in_loans", "carried_in_amount", "joined_households", "left_households", "settled_loans",
    "repaid_amount", "carried_out_loans", "carried_out_amount", "renewed_loans", "extended_loans",
    "corrected_amount", "closing_loans", "closing_households", "closing_amount", "overdue_loans",
    "overdue_households", "overdue_amount", *_RATES[:2], "interest_overdue_loans",
    "interest_overdue_households", "interest_overdue_amount", _RATES[2], *_DUE,
)  # fmt: skip


def statistics(moves: pl.DataFrame, *, as_of: date, by: str | None = None) -> pl.DataFrame:
    """This function will count loans, households and fen of a period's movements, as of its last day.

    `moves` comes from `movements`; `by` is a column of it, such as township_code or bank, and None counts
    the county in one row. Gives `by` and STATISTICS_COLUMNS in order of `by`; rates in ppm, null where
    nothing is owed: overdue principal of what is owed, and households with overdue principal (or
    interest) of the households that owe. A household counts once in every row, so that one with loans
    from two banks stands in both banks' rows and once in the county's. `due_30` counts what matures from
    the day itself to 30 days after it.
    """
    marked = moves.with_columns(*_FLAGS, *_maturing(as_of))
    keys = [] if by is None else [by]
    homes = marked.group_by(*keys, "household_id").agg(pl.col(*_SUMMED).sum()).with_columns(_HOMES)
    sums = pl.col(*_SUMMED, *_COUNTED).sum().cast(pl.Int64)
    counted = homes.select(sums) if by is None else homes.group_by(by).agg(sums).sort(by, nulls_last=True)
    return counted.with_columns(_SHARES).select(*keys, *STATISTICS_COLUMNS)


def with_places(rows: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """This function will add rows for the places that have no loan: zeros, and no rates."""
    by = places.name
    rest = [pl.col(c).fill_null(0) for c in rows.columns if c != by and c not in _RATES]
    listed = places.unique().to_frame().cast({by: rows.schema[by]})
    full = pl.concat([rows, listed.join(rows, on=by, how="anti")], how="diagonal")
    return full.with_columns(rest).sort(by, nulls_last=True)


def _maturing(as_of: date) -> list[pl.Expr]:
    days = (pl.col("matures_on") - pl.lit(as_of)).dt.total_days()
    soon = {h: (_some("closing") & days.is_between(0, h)).fill_null(value=False) for h in HORIZONS}
    loans = [flag.cast(pl.Int64).alias(f"due_{h}_loans") for h, flag in soon.items()]
    return loans + [pl.when(f).then("closing").otherwise(0).alias(f"due_{h}_amount") for h, f in soon.items()]


def _some(column: str) -> pl.Expr:
    return pl.col(column) > 0


# Loan by loan: what is there, as numbers that add up.
_FLAGGED: Final = {
    **{f"{name}_loans": _some(name) for name in _AMOUNTS if name not in {"repaid", "corrected"}},
    "settled_loans": pl.col("settled"),
    "extended_loans": pl.col("extended"),
    "renewed_loans": _some("carried_in") & (pl.col("kind") == LoanKind.RENEWAL.value),
    "overdue_loans": _some("principal_overdue"),
    "interest_overdue_loans": _some("interest_overdue"),
}
_FLAGS: Final = (
    *(pl.col(name).alias(f"{name}_amount") for name in _AMOUNTS),
    pl.col("principal_overdue").alias("overdue_amount"),
    pl.col("interest_overdue").alias("interest_overdue_amount"),
    *(flag.fill_null(value=False).cast(pl.Int64).alias(name) for name, flag in _FLAGGED.items()),
)
_SUMMED: Final = (
    *(f"{name}_amount" for name in _AMOUNTS), "overdue_amount", "interest_overdue_amount", *_FLAGGED, *_DUE,
)  # fmt: skip
# Household by household: who owes, who began to, who no longer does.
_OWED, _OWES = _some("opening_loans"), _some("closing_loans")
_BY_HOME: Final = {
    "opening_households": _OWED,
    "closing_households": _OWES,
    "joined_households": _OWES & ~_OWED,
    "left_households": _OWED & ~_OWES,
    "new_households": _some("new_loans"),
    "overdue_households": _some("overdue_loans"),
    "interest_overdue_households": _some("interest_overdue_loans"),
}
_COUNTED: Final = tuple(_BY_HOME)
_HOMES: Final = tuple(flag.cast(pl.Int64).alias(name) for name, flag in _BY_HOME.items())
_SHARES: Final = (
    share("overdue_amount", "closing_amount").alias("overdue_rate_amount"),
    share("overdue_households", "closing_households").alias("overdue_rate_households"),
    share("interest_overdue_households", "closing_households").alias("interest_overdue_rate_households"),
)
