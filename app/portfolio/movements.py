"""What happened to every loan between two days: from the balance owed then to the balance owed now."""

from typing import Final

import polars as pl

from app.domain.words import LoanKind

CARRYING: Final = (LoanKind.RENEWAL.value, LoanKind.EXTENSION.value)
_KEPT: Final = ("household_id", "county_code", "township_code", "village_code", "bank", "kind")
_COMPARED: Final = ("balance", "paid_principal", "continued", "times_extended")
_STATE: Final = (
    "matures_on", "principal_overdue", "interest_overdue", "principal_days_late", "interest_days_late",
)  # fmt: skip
MOVEMENT_COLUMNS: Final = (
    "loan_id", *_KEPT, "opening", "new", "carried_in", "repaid", "carried_out", "corrected", "closing",
    "settled", "extended", *_STATE,
)  # fmt: skip


def movements(opening: pl.DataFrame, closing: pl.DataFrame) -> pl.DataFrame:
    """This function will tell of every loan in two loan books how its balance moved from one to the other.

    Gives MOVEMENT_COLUMNS by loan_id, money in fen: opening + new + carried_in - repaid - carried_out +
    corrected = closing. A movement belongs to the period in which it became known, so that a period's
    closing is the next one's opening. `carried_in` is the amount of a renewal's or extension's own loan,
    `carried_out` the balance that it took over; `repaid` is never more than was owed; `corrected` is what
    later corrections of facts changed. A loan stands where its household is known to be at the closing.
    """
    then = opening.select("loan_id", *(pl.col(c).alias(f"was_{c}") for c in (*_KEPT, *_COMPARED)))
    both = closing.join(then, on="loan_id", how="full", coalesce=True)
    kept = both.with_columns(pl.coalesce(c, f"was_{c}").alias(c) for c in _KEPT)
    lent = kept.with_columns(_BALANCES).with_columns(_LENT)
    moved = lent.with_columns(_REPAID).with_columns(_CARRIED_OUT).with_columns(_REST)
    return moved.select(MOVEMENT_COLUMNS).sort("loan_id")


_CARRIES: Final = pl.col("kind").is_in(CARRYING)
_BALANCES: Final = (
    pl.col("was_balance").fill_null(0).alias("opening"),
    pl.col("balance").fill_null(0).alias("closing"),
    pl.when(pl.col("was_balance").is_null()).then("amount").otherwise(0).alias("lent"),
)
_LENT: Final = (
    pl.when(_CARRIES).then(0).otherwise("lent").alias("new"),
    pl.when(_CARRIES).then("lent").otherwise(0).alias("carried_in"),
    (pl.col("opening") + pl.col("lent")).alias("before"),
)
_PAID: Final = pl.col("paid_principal") - pl.col("was_paid_principal").fill_null(0)
_REPAID: Final = pl.min_horizontal(_PAID.fill_null(0).clip(0), "before").alias("repaid")
_NEWLY_CONTINUED: Final = pl.col("continued").fill_null(value=False) & ~pl.col("was_continued").fill_null(
    value=False
)
_LEFT: Final = pl.col("before") - pl.col("repaid")
_CARRIED_OUT: Final = pl.when(_NEWLY_CONTINUED).then(_LEFT).otherwise(0).alias("carried_out")
_GROWN: Final = (pl.col("times_extended") > pl.col("was_times_extended")).fill_null(value=False)
_REST: Final = (
    (pl.col("closing") - _LEFT + pl.col("carried_out")).alias("corrected"),
    ((pl.col("closing") == 0) & (pl.col("repaid") > 0) & (pl.col("carried_out") == 0)).alias("settled"),
    (_GROWN | ((pl.col("lent") > 0) & (pl.col("kind") == LoanKind.EXTENSION.value))).alias("extended"),
    pl.col("principal_overdue", "interest_overdue").fill_null(0),
)
