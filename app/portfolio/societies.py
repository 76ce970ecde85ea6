"""Mutual-aid societies on a day: who is in them, what they pay in, what they hold, and what members owe."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import FundKind, Registration
from app.features.base import household_base
from app.features.build import build
from app.features.expressions import ratio
from app.policy.rules import Rules
from app.portfolio.funds import fund_balances

LOW_INCOME: Final = "low_income_per_head_yuan"
COUNTS: Final = (
    "villages", "households", "low_income_households", "members", "low_income_members", "dues_due",
    "dues_paid", "dues_arrears", "members_in_arrears", "fund_balance", "members_loans", "members_balance",
    "members_overdue", "society_balance",
)  # fmt: skip
RATES: Final = ("low_income_share", "entry_rate", "low_income_entry_rate")
SOCIETY_COLUMNS: Final = ("society_id", *COUNTS, *RATES)
_MEMBER: Final = ("society_id", "household_id")
_READ: Final = frozenset({"income_per_head_12m_yuan", "registration"})


def societies(frames: Frames, book: pl.DataFrame, *, as_of: date, rules: Rules) -> pl.DataFrame:
    """This function will describe every society that has members: SOCIETY_COLUMNS by society_id, in fen.

    `villages` are those its members live in, `households` and `low_income_households` all of these villages;
    `entry_rate` and `low_income_entry_rate` the share of them that joined, `low_income_share` that of
    low-income households among the members. A household has a low income when its income per head in twelve
    months is at most the pack's `low_income_per_head_yuan`, or, where the pack names none, when it is
    registered as poor; one of which nobody knows it does not count. `dues_arrears` is what members have not
    paid of what they should, `fund_balance` what the society's own mutual-aid fund (with the society's id)
    holds, `society_balance` what is owed to the society itself (loans whose bank it is); the loans of
    members are all their active ones in the `book` of the day.
    """
    homes = _homes(frames, as_of, rules)
    members = _members(frames, as_of).join(homes, on="household_id", how="left")
    owing = members.join(_paid(frames, as_of), on=_MEMBER, how="left").join(
        _loans(book), on="household_id", how="left"
    )
    parts = [_around(members, homes), _fund(frames, as_of), _lent(book)]
    full = owing.group_by("society_id").agg(_SUMS)
    for part in parts:
        full = full.join(part, on="society_id", how="left")
    return _rated(full.with_columns(pl.col(*COUNTS).fill_null(0))).sort("society_id")


def society_totals(table: pl.DataFrame) -> pl.DataFrame:
    """This function will add up what `societies` gives, as one row: societies, COUNTS and RATES."""
    sums = table.select(pl.len().cast(pl.Int64).alias("societies"), pl.col(*COUNTS).sum())
    return sums.with_columns(_RATES)


def _homes(frames: Frames, as_of: date, rules: Rules) -> pl.DataFrame:
    """List every household with its village and whether its income is low (null: not known)."""
    features = build(frames, household_base(frames, as_of=as_of), only=_READ)
    most = rules.parameters.get(LOW_INCOME)
    registered = pl.col("registration") == Registration.REGISTERED.value
    low = registered if most is None else pl.col("income_per_head_12m_yuan") <= most
    return features.select("household_id", "village_code", low.alias("low"))


def _members(frames: Frames, as_of: date) -> pl.DataFrame:
    staying = pl.col("left_on").is_null() | (pl.col("left_on") > as_of)
    known = frames.as_of(as_of)["society_members"].filter(pl.col("joined_on") <= as_of, staying)
    return known.select(*_MEMBER, "dues")


def _paid(frames: Frames, as_of: date) -> pl.DataFrame:
    known = frames.as_of(as_of)["society_dues"].filter(pl.col("paid_on") <= as_of)
    return known.group_by(_MEMBER).agg(pl.col("amount").sum().alias("paid"))


def _loans(book: pl.DataFrame) -> pl.DataFrame:
    return book.filter("active").group_by("household_id").agg(
        pl.len().cast(pl.Int64).alias("loans"),
        pl.col("balance").sum(),
        (pl.col("principal_overdue") + pl.col("interest_overdue")).sum().alias("overdue"),
    )  # fmt: skip


_MISSING: Final = (pl.col("dues").fill_null(0) - pl.col("paid").fill_null(0)).clip(lower_bound=0)
_SUMS: Final = (
    pl.len().cast(pl.Int64).alias("members"),
    pl.col("low").sum().cast(pl.Int64).alias("low_income_members"),
    pl.col("dues").sum().alias("dues_due"),
    pl.col("paid").sum().alias("dues_paid"),
    _MISSING.sum().alias("dues_arrears"),
    (_MISSING > 0).sum().cast(pl.Int64).alias("members_in_arrears"),
    pl.col("loans").sum().alias("members_loans"),
    pl.col("balance").sum().alias("members_balance"),
    pl.col("overdue").sum().alias("members_overdue"),
)


def _around(members: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    villages = members.select("society_id", "village_code").drop_nulls().unique()
    return villages.join(homes, on="village_code").group_by("society_id").agg(
        pl.col("village_code").n_unique().cast(pl.Int64).alias("villages"),
        pl.len().cast(pl.Int64).alias("households"),
        pl.col("low").sum().cast(pl.Int64).alias("low_income_households"),
    )  # fmt: skip


def _fund(frames: Frames, as_of: date) -> pl.DataFrame:
    own = fund_balances(frames, as_of=as_of).filter(pl.col("fund") == FundKind.MUTUAL_AID.value)
    return own.select(pl.col("fund_id").alias("society_id"), pl.col("balance").alias("fund_balance"))


def _lent(book: pl.DataFrame) -> pl.DataFrame:
    own = book.filter("active").group_by(pl.col("bank").alias("society_id"))
    return own.agg(pl.col("balance").sum().alias("society_balance"))


_RATES: Final = (
    ratio(pl.col("low_income_members"), pl.col("members")).alias("low_income_share"),
    ratio(pl.col("members"), pl.col("households")).alias("entry_rate"),
    ratio(pl.col("low_income_members"), pl.col("low_income_households")).alias("low_income_entry_rate"),
)


def _rated(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(_RATES).select(SOCIETY_COLUMNS)
