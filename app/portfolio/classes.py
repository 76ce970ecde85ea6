"""Five-category classes (五级分类) of loans by days overdue, with what keeps a loan from the best."""

from datetime import date
from typing import Any, Final

import polars as pl

from app.domain.frames import Frames
from app.domain.scheme_words import CreditClass
from app.domain.words import Action, LoanKind
from app.features.expressions import DAYS_PER_MONTH
from app.policy.rules import Resolved, Rules
from app.portfolio.scheme import section

_RANKS: Final = {word.value: rank for rank, word in enumerate(CreditClass)}
_RESTRUCTURED: Final = (LoanKind.RENEWAL.value, LoanKind.EXTENSION.value)
CLASS_COLUMNS: Final = (
    "loan_id", "household_id", "township_code", "village_code", "bank", "balance", "days_overdue",
    "times_extended", "times_renewed", "months_since_restructured", "credit_class", "class_rules",
)  # fmt: skip


def classify(frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will put every active loan of a loan book into its class: CLASS_COLUMNS, by loan_id.

    A loan is in the worst class that any entry of the pack says; `class_rules` are the codes that say it.
    `days_overdue` counts from the oldest principal or interest that is not paid; `balance` in fen. Raises
    SchemeAbsentError where the pack has no classes on the day.
    """
    entries = section(rules, "classes", as_of=as_of)
    active = book.filter("active").sort("loan_id")
    loans = _with_restructuring(active, frames, as_of).with_columns(
        pl.max_horizontal("principal_days_late", "interest_days_late").alias("days_overdue")
    )
    said = loans.with_columns(_says(entry, rules).alias(f"_{n}") for n, entry in enumerate(entries))
    worst = pl.max_horizontal(f"_{n}" for n in range(len(entries))).alias("rank")
    ranked = said.with_columns(worst).with_columns(_codes(entries), _named())
    return ranked.select(CLASS_COLUMNS)


def class_totals(classified: pl.DataFrame, *, by: str | None = None) -> pl.DataFrame:
    """This function will count loans and balance (fen) by class, and by a column such as bank.

    Every class has its row; `share` is its part of the balance (null where nothing is owed).
    """
    keys = [] if by is None else [by]
    words = pl.DataFrame({"credit_class": list(_RANKS)})
    every = words if by is None else classified.select(by).unique().sort(by).join(words, how="cross")
    sums = classified.group_by(*keys, "credit_class").agg(
        pl.len().cast(pl.Int64).alias("loans"), pl.col("balance").sum()
    )
    full = every.join(sums, on=[*keys, "credit_class"], how="left", maintain_order="left")
    filled = full.with_columns(pl.col("loans", "balance").fill_null(0))
    total = pl.col("balance").sum() if by is None else pl.col("balance").sum().over(by)
    return filled.with_columns(pl.when(total > 0).then(pl.col("balance") / total).alias("share"))


def _says(entry: Resolved[Any, Any], rules: Rules) -> pl.Expr:
    """The rank of the entry's class where it speaks."""
    late = pl.col("days_overdue") >= entry.now.from_days_overdue
    when = entry.now.when
    holds = late if when is None else late & when.expression(rules.parameters).fill_null(value=False)
    return pl.when(holds).then(pl.lit(_RANKS[entry.entry.credit_class.value], pl.Int64))


def _codes(entries: tuple[Resolved[Any, Any], ...]) -> pl.Expr:
    """The codes of the entries that say the worst class."""
    codes = [pl.when(pl.col(f"_{n}") == pl.col("rank")).then(pl.lit(e.code)) for n, e in enumerate(entries)]
    return pl.concat_list(codes).list.drop_nulls().alias("class_rules")


def _named() -> pl.Expr:
    names = {rank: word for word, rank in _RANKS.items()}
    return pl.col("rank").replace_strict(names, default=None, return_dtype=pl.String).alias("credit_class")


def _with_restructuring(loans: pl.DataFrame, frames: Frames, as_of: date) -> pl.DataFrame:
    """Add the months since the last renewal or extension, of the loan itself or in place."""
    known = frames.as_of(as_of)["dispositions"]
    moved = known.filter(
        pl.col("action") == Action.EXTENSION.value,
        pl.col("new_matures_on").is_not_null(),
        pl.col("decided_on") <= as_of,
    )
    last = moved.group_by("loan_id").agg(pl.col("decided_on").max().alias("extended_on"))
    began = pl.when(pl.col("kind").is_in(_RESTRUCTURED)).then("disbursed_on")
    since = (pl.lit(as_of) - pl.max_horizontal(began, "extended_on")).dt.total_days() / DAYS_PER_MONTH
    joined = loans.join(last, on="loan_id", how="left", maintain_order="left")
    return joined.with_columns(since.alias("months_since_restructured"))
