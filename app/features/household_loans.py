"""The loans of each row's household on the row's day: what is paid, what is late, what continues what."""

from typing import Final

import polars as pl

from app.domain.words import Action, LoanKind
from app.features.expressions import days_between, max_if
from app.features.facts import Facts

# What tells which loans are active, and what is overdue on them.
LOAN_STATE_TABLES: Final = ("loans", "repayments", "dispositions")
OVERDUE_TABLES: Final = (*LOAN_STATE_TABLES, "repayments_due")
_CONTINUING: Final = (LoanKind.RENEWAL.value, LoanKind.EXTENSION.value)
_MOVING: Final = (Action.EXTENSION.value, Action.RESCHEDULE.value)
_LONGEST_CHAIN: Final = 12  # a chain of renewals longer than this is a loop in the data
_COUNTS: Final = ("times_extended", "times_renewed")
_TERMS: Final = (
    "loan_id", "borrower_id", "bank", "amount", "annual_rate", "disbursed_on", "matures_on", "industry",
    "use_mode", "kind", "continues_loan_id",
)  # fmt: skip


def household_loans(facts: Facts, keys: pl.DataFrame) -> pl.DataFrame:
    """List the loans known of each row's household: (row, household_id, as_of, …) to one line per loan.

    Adds `line` (UInt32), contract_matures_on and matures_on (moved by an extension), balance, paid_principal,
    paid_interest, repaid_on, continued (by a renewal or an extension), active, times_extended, times_renewed.
    Amounts in fen.
    """
    found = facts.known(keys.lazy(), "loans", *_TERMS, by="household_id").drop("on")
    lines = found.with_row_index("line").with_columns(_FIRST).collect()
    chained = _with_chains(lines).lazy().with_columns(_continued(lines).alias("continued"))
    paid = payments(facts, lines).group_by("line").agg(_PAID)
    full = _moved(facts, chained).join(paid, on="line", how="left").with_columns(_FILLED)
    return full.with_columns(_STATE).with_columns(_ACTIVE).collect()


_FIRST: Final = (
    pl.col("matures_on").alias("contract_matures_on"),
    (pl.col("kind") == LoanKind.EXTENSION.value).cast(pl.Int64).alias("times_extended"),
    (pl.col("kind") == LoanKind.RENEWAL.value).cast(pl.Int64).alias("times_renewed"),
)
_PAID: Final = (
    pl.col("principal").sum().alias("paid_principal"),
    pl.col("interest").sum().alias("paid_interest"),
    max_if("on", pl.col("principal") > 0).alias("last_principal_on"),
)
_FILLED: Final = pl.col("paid_principal", "paid_interest").fill_null(0)
_STATE: Final = (
    pl.max_horizontal(pl.col("amount") - pl.col("paid_principal"), 0).alias("balance"),
    pl.when(pl.col("paid_principal") >= pl.col("amount")).then("last_principal_on").alias("repaid_on"),
)
_ACTIVE: Final = ((pl.col("balance") > 0) & ~pl.col("continued")).alias("active")


def payments(facts: Facts, lines: pl.DataFrame) -> pl.LazyFrame:
    """List what was paid on each line by its as_of: line, on, principal, interest."""
    keys = lines.lazy().select("line", "as_of", "loan_id")
    return facts.known(keys, "repayments", "principal", "interest", by="loan_id").drop("loan_id", "as_of")


def _moved(facts: Facts, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Move the maturity of loans that were extended in place, and count these extensions."""
    if not facts.has("dispositions"):
        return lines
    keys = lines.select("line", "as_of", "loan_id")
    found = facts.known(keys, "dispositions", "action", "new_matures_on", by="loan_id")
    moves = found.filter(pl.col("action").is_in(_MOVING), pl.col("new_matures_on").is_not_null())
    moved = moves.group_by("line").agg(
        pl.col("new_matures_on").max(),
        (pl.col("action") == Action.EXTENSION.value).sum().cast(pl.Int64).alias("in_place"),
    )
    return lines.join(moved, on="line", how="left").with_columns(
        pl.max_horizontal("matures_on", "new_matures_on").alias("matures_on"),
        pl.col("times_extended") + pl.col("in_place").fill_null(0),
    )


def _continued(lines: pl.DataFrame) -> pl.Expr:
    """Tell which lines a known renewal or extension of the same row continues."""
    followers = lines.filter(pl.col("kind").is_in(_CONTINUING), pl.col("continues_loan_id").is_not_null())
    if followers.is_empty():
        return pl.lit(value=False)
    followed = followers.select("row", pl.col("continues_loan_id").alias("loan_id"))
    continued = lines.join(followed, on=["row", "loan_id"], how="semi").get_column("line")
    return pl.col("line").is_in(continued.implode())


def _with_chains(lines: pl.DataFrame) -> pl.DataFrame:
    """Add to each line the extensions and renewals of the loans that it continues."""
    parents = lines.select(
        "row",
        pl.col("loan_id").alias("continues_loan_id"),
        *_COUNTS,
        pl.col("continues_loan_id").alias("next"),
    )
    step, steps = lines, [lines.select("line", *_COUNTS)]
    for _ in range(_LONGEST_CHAIN):
        going = step.filter(pl.col("continues_loan_id").is_not_null()).select(
            "line", "row", "continues_loan_id"
        )
        if going.is_empty():
            break
        step = going.join(parents, on=["row", "continues_loan_id"]).with_columns(continues_loan_id="next")
        steps.append(step.select("line", *_COUNTS))
    return lines if len(steps) == 1 else _recounted(lines, pl.concat(steps))


def _recounted(lines: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    counts = steps.group_by("line").agg(pl.col(*_COUNTS).sum())
    return lines.drop(_COUNTS).join(counts, on="line", how="left", maintain_order="left")


def dues(facts: Facts, lines: pl.DataFrame) -> pl.DataFrame:
    """List what fell due on each line before its as_of: line, as_of, on, principal, interest.

    A due on the contract's maturity moves with an extension. A loan whose plan is not known owes its
    principal on the day it matures.
    """
    keys = lines.lazy().select("line", "as_of", "loan_id", "contract_matures_on", "matures_on")
    planned = facts.known(keys, "repayments_due", "principal", "interest", by="loan_id")
    at_maturity = pl.col("on") == pl.col("contract_matures_on")
    moved = pl.when(at_maturity).then("matures_on").otherwise("on").alias("on")
    due = planned.with_columns(moved).select(_DUE).collect()
    if due.get_column("line").n_unique() < lines.height:
        due = pl.concat([due, lines.join(due, on="line", how="anti").select(_UNPLANNED)])
    return due.filter(pl.col("on") < pl.col("as_of"))


_DUE: Final = ("line", "as_of", "on", "principal", "interest")
_UNPLANNED: Final = (
    "line", "as_of", pl.col("matures_on").alias("on"), pl.col("amount").alias("principal"),
    pl.lit(0, pl.Int64).alias("interest"),
)  # fmt: skip


def owed(due: pl.DataFrame) -> pl.DataFrame:
    """Add up what fell due by line: line, due_principal, due_interest (fen)."""
    return due.group_by("line").agg(
        pl.col("principal").sum().alias("due_principal"), pl.col("interest").sum().alias("due_interest")
    )


def with_lateness(lines: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """Add principal_days_late, interest_days_late, interest_overdue (fen), maturity_days_late and own.

    `own` marks the line of the row's own loan, which the keys name in `own_loan_id`.
    """
    paid = lines.lazy().select("line", "paid_principal", "paid_interest")
    running = due.lazy().sort("line", "on").with_columns(
        pl.col("principal", "interest").cum_sum().over("line").name.prefix("sum_")
    )  # fmt: skip
    unpaid = running.join(paid, on="line").group_by("line").agg(
        _first_uncovered("principal"), _first_uncovered("interest"),
        pl.col("sum_interest").max().alias("due_interest")
    )  # fmt: skip
    own = (pl.col("loan_id") == pl.col("own_loan_id")).fill_null(value=False).alias("own")
    return lines.lazy().join(unpaid, on="line", how="left").with_columns(own, *_LATENESS).collect()


def _first_uncovered(part: str) -> pl.Expr:
    uncovered = pl.col(f"sum_{part}") > pl.col(f"paid_{part}")
    return pl.when(uncovered).then("on").min().alias(f"{part}_late_since")


_LATENESS: Final = (
    days_between("principal_late_since", "as_of").fill_null(0).alias("principal_days_late"),
    days_between("interest_late_since", "as_of").fill_null(0).alias("interest_days_late"),
    pl.max_horizontal(pl.col("due_interest").fill_null(0) - pl.col("paid_interest"), 0).alias(
        "interest_overdue"
    ),
    pl.max_horizontal(
        pl.coalesce("repaid_on", "as_of").cast(pl.Int32) - pl.col("matures_on").cast(pl.Int32), 0
    ).alias("maturity_days_late"),
)


def interest_history(due: pl.DataFrame, paid: pl.LazyFrame) -> pl.LazyFrame:
    """Tell of each interest due how late it was paid: line, as_of, on, days_late.

    A due counts as paid on the first day on which all interest paid on the loan covers all that was due
    so far; one not yet covered is late up to as_of.
    """
    cumulated = pl.col("interest").cum_sum().cum_max().over("line").alias("sum")
    owing = due.lazy().filter(pl.col("interest") > 0).sort("line", "on").with_columns(cumulated)
    paying = paid.filter(pl.col("interest") != 0).sort("line", "on").with_columns(cumulated)
    matched = owing.join_asof(
        paying.select("line", "sum", pl.col("on").alias("paid_on")),
        on="sum", by="line", strategy="forward", check_sortedness=False,
    )  # fmt: skip
    late = pl.coalesce("paid_on", "as_of").cast(pl.Int32) - pl.col("on").cast(pl.Int32)
    return matched.select("line", "as_of", "on", pl.max_horizontal(late, 0).alias("days_late"))
