"""Sums of a subsidy plan, and what a document prints beside them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.money import fen
from app.policy.policy import Policy
from app.policy.rules import Rules
from app.portfolio.balances import balance_steps, balances_on
from app.portfolio.base_rate import LONG
from app.portfolio.book import loan_book

QUARTER_COLUMNS: Final = ("q1", "q2", "q3", "q4")
SUM_COLUMNS: Final = ("loans", "households", *QUARTER_COLUMNS, "first_half", "year")
PRINTED_COLUMNS: Final = (
    "item", "zh", "printed", "ours", "difference", "printed_balance", "whole_year", "share_of_year",
    "opening_balance", "note",
)  # fmt: skip
TOTAL: Final = "subsidy_total"  # figures of a pack that the plan is held against go by these codes
FIRST_HALF: Final = "subsidy_first_half"
VINTAGE_SUBSIDY: Final = "subsidy_vintage_"
VINTAGE_BALANCE: Final = "balance_vintage_"
_VINTAGE: Final = re.compile(rf"{VINTAGE_SUBSIDY}(\d{{4}})")
_PRINTED: Final = {
    "item": pl.String(), "zh": pl.String(), "printed": pl.Int64(), "ours": pl.Int64(),
    "printed_balance": pl.Int64(), "whole_year": pl.Int64(), "opening_balance": pl.Int64(),
    "note": pl.String(),
}  # fmt: skip


def sums(plan: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """This function will add a plan up by keys (vintage, bank…): loans, households, interest (fen)."""
    return plan.group_by(*keys).agg(*_COUNTS, pl.col("interest").sum()).sort(*keys)


def quarter_table(plan: pl.DataFrame, key: str) -> pl.DataFrame:
    """This function will lay a plan out by a key and the quarters, with SUM_COLUMNS (fen), by the key.

    `first_half` is the sum of the first two quarters, `year` of all; the last row, its key null, is the sum
    of the whole plan.
    """
    table = plan.group_by(key).agg(_LAID_OUT).sort(key)
    whole = plan.select(pl.lit(None, plan.schema[key]).alias(key), *_LAID_OUT)
    return pl.concat([table, whole]).select(key, *SUM_COLUMNS)


_COUNTS: Final = (
    pl.col("loan_id").n_unique().cast(pl.Int64).alias("loans"),
    pl.col("household_id").n_unique().cast(pl.Int64).alias("households"),
)
_LAID_OUT: Final = (
    *_COUNTS,
    *(
        pl.col("interest").filter(pl.col("quarter") == number).sum().alias(name)
        for number, name in enumerate(QUARTER_COLUMNS, start=1)
    ),
    pl.col("interest").filter(pl.col("quarter") <= 2).sum().alias("first_half"),
    pl.col("interest").sum().alias("year"),
)


def opening_balances(frames: Frames, *, day: date, as_of: date) -> Mapping[int, int]:
    """This function will give what is owed on subsidised loans on a day, by vintage (fen), known on as_of."""
    book = loan_book(frames, as_of=as_of)
    owed = balances_on(balance_steps(frames, book, as_of=as_of), day)
    vintage = pl.col("disbursed_on").dt.year().cast(pl.Int64).alias("vintage")
    found = book.filter("subsidised").select("loan_id", vintage).join(owed, on="loan_id")
    return dict(found.group_by("vintage").agg(pl.col("balance").sum()).filter(pl.col("balance") > 0).rows())


def beside_printed(
    plan: pl.DataFrame, policy: Policy, *, year: int, opening: Mapping[int, int] | None = None
) -> pl.DataFrame:
    """This function will put the plan beside the sums that a document prints for the year: PRINTED_COLUMNS.

    One row per vintage, for the total and for the first half; none where the pack prints none. `whole_year`
    is a whole year's interest on the printed balance at the long base rate, `share_of_year` the printed sum
    as a share of it, `opening_balance` ours on the year's first day, `note` the pack's. Money
    in fen. Printed are the figures `subsidy_vintage_<year>`, `balance_vintage_<year>`, `subsidy_total` and
    `subsidy_first_half`.
    """
    rules = policy.at(date(year, 12, 31))
    printed = {figure.code: fen(str(figure.now.value)) for figure in rules.figures if _is_sum(figure.code)}
    ours = _ours(plan)
    rows = [
        (
            figure.code,
            figure.entry.zh,
            printed[figure.code],
            ours.get(figure.code, 0),
            *_against_balance(figure.code, printed, rules, opening or {}),
            figure.now.reference.note,
        )
        for figure in rules.figures
        if figure.code in printed and not figure.code.startswith(VINTAGE_BALANCE)
    ]
    found = pl.DataFrame(rows, schema=_PRINTED, orient="row")
    shown = found.with_columns((pl.col("ours") - pl.col("printed")).alias("difference"), _SHARE)
    return shown.select(PRINTED_COLUMNS)


def _ours(plan: pl.DataFrame) -> dict[str, int]:
    table = quarter_table(plan, "vintage")
    sums_ = {f"{VINTAGE_SUBSIDY}{v}": whole for v, whole in table.select("vintage", "year").rows()}
    return sums_ | {TOTAL: table.item(-1, "year"), FIRST_HALF: table.item(-1, "first_half")}


_SHARE: Final = (pl.col("printed") / pl.col("whole_year")).alias("share_of_year")


def _is_sum(code: str) -> bool:
    return code in {TOTAL, FIRST_HALF} or code.startswith((VINTAGE_SUBSIDY, VINTAGE_BALANCE))


def _against_balance(
    code: str, printed: Mapping[str, int], rules: Rules, opening: Mapping[int, int]
) -> tuple[int | None, int | None, int | None]:
    vintage = _VINTAGE.fullmatch(code)
    balance = printed.get(f"{VINTAGE_BALANCE}{vintage[1]}") if vintage else None
    rate = rules.parameters.get(LONG)
    if vintage is None or balance is None or rate is None:
        return None, None, None
    whole = fen(Decimal(balance) * Decimal(str(rate)) / 10_000)  # fen by per cent, back to yuan
    return balance, whole, opening.get(int(vintage[1]), 0)
