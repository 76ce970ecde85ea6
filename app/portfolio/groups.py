"""Guarantee groups on a day: whether they are as they should be, and what members answer for."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.words import GroupRole
from app.features.expressions import ratio
from app.policy.rules import Rules

SIZE: Final = "guarantee_group_size"
GROUP_COLUMNS: Final = (
    "group_id", "members", "size_wanted", "wrong_size", "leaders", "wrong_leaders", "members_elsewhere",
    "persons_twice", "loans", "balance", "members_late", "late_loans", "overdue",
)  # fmt: skip
LIABILITY_COLUMNS: Final = (
    "group_id", "household_id", "role", "loans", "balance", "overdue", "late_loans", "others_balance",
    "others_overdue", "others_late_share", "others_late_loans",
)  # fmt: skip
_MEMBER: Final = ("group_id", "household_id")
_SUMS: Final = ("loans", "balance", "overdue", "late_loans")


def guarantee_groups(frames: Frames, book: pl.DataFrame, *, as_of: date, rules: Rules) -> pl.DataFrame:
    """This function will look at every guarantee group of a day: GROUP_COLUMNS by group_id, money in fen.

    `book` is the loan book of the day. `size_wanted` is the pack's number of households
    (`guarantee_group_size`; null where the pack names none, and then `wrong_size` is null too);
    `wrong_leaders` tells that there is not exactly one leader; `members_elsewhere` counts members that are
    in another group too, `persons_twice` persons who live in two households of the group. `loans`,
    `balance`, `late_loans` and `overdue` (principal and interest) are of the active loans that the group
    answers for: those that name it, and those of its members that name none.
    """
    members = _members(frames, as_of)
    own = _own(members, book)
    size = pl.lit(rules.parameters.get(SIZE), pl.Int64)
    sums = own.group_by("group_id").agg(
        pl.len().cast(pl.Int64).alias("members"),
        (pl.col("role") == GroupRole.LEADER.value).sum().cast(pl.Int64).alias("leaders"),
        (pl.col("groups") > 1).sum().cast(pl.Int64).alias("members_elsewhere"),
        (pl.col("late_loans") > 0).sum().cast(pl.Int64).alias("members_late"),
        pl.col(*_SUMS).sum(),
    )
    twice = _persons_twice(frames, members, as_of)
    full = sums.join(twice, on="group_id", how="left").with_columns(
        pl.col("persons_twice").fill_null(0), size.alias("size_wanted"),
        (pl.col("leaders") != 1).alias("wrong_leaders"),
    )  # fmt: skip
    checked = full.with_columns((pl.col("members") != pl.col("size_wanted")).alias("wrong_size"))
    return checked.select(GROUP_COLUMNS).sort("group_id")


def liabilities(frames: Frames, book: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """This function will tell what each member answers for: LIABILITY_COLUMNS by group and household, fen.

    `loans`, `balance`, `overdue` and `late_loans` (count) are the member's own, `others_balance` and
    `others_overdue` those of the rest of its group, which it guarantees. `others_late_share` is the share of
    the others' active loans that are late, as the trigger of the group reads it; `others_late_loans` names
    these loans.
    """
    own = _own(_members(frames, as_of), book)
    rest = {name: pl.col(name).sum().over("group_id") - pl.col(name) for name in _SUMS}
    late = pl.col("late_ids").explode(empty_as_null=False).implode().over("group_id")
    beside = own.with_columns(
        rest["balance"].alias("others_balance"),
        rest["overdue"].alias("others_overdue"),
        ratio(rest["late_loans"], rest["loans"]).alias("others_late_share"),
        late.alias("all_late"),
    )
    named = pl.col("all_late").list.set_difference("late_ids").list.sort().alias("others_late_loans")
    return beside.with_columns(named).select(LIABILITY_COLUMNS).sort("group_id", "household_id")


def _members(frames: Frames, as_of: date) -> pl.DataFrame:
    """List who is in which group: group_id, household_id, role, groups (how many the household is in)."""
    staying = pl.col("left_on").is_null() | (pl.col("left_on") > as_of)
    known = frames.as_of(as_of)["guarantee_groups"].filter(pl.col("joined_on") <= as_of, staying)
    return known.select(*_MEMBER, "role", pl.len().over("household_id").alias("groups"))


def _own(members: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Add to each member the active loans for which its group answers; nothing where it has none."""
    late = (pl.col("principal_overdue") + pl.col("interest_overdue")) > 0
    loans = book.filter("active").rename({"group_id": "named"}).join(members, on="household_id")
    meant = loans.filter((pl.col("named") == pl.col("group_id")).fill_null(value=True))
    sums = meant.group_by(_MEMBER).agg(
        pl.len().cast(pl.Int64).alias("loans"),
        pl.col("balance").sum(),
        (pl.col("principal_overdue") + pl.col("interest_overdue")).sum().alias("overdue"),
        late.sum().cast(pl.Int64).alias("late_loans"),
        pl.col("loan_id").filter(late).alias("late_ids"),
    )
    joined = members.join(sums, on=_MEMBER, how="left")
    return joined.with_columns(pl.col(*_SUMS).fill_null(0), pl.col("late_ids").fill_null([]))


def _persons_twice(frames: Frames, members: pl.DataFrame, as_of: date) -> pl.DataFrame:
    staying = pl.col("left_on").is_null() | (pl.col("left_on") > as_of)
    persons = frames.as_of(as_of)["household_members"].filter(pl.col("joined_on") <= as_of, staying)
    homes = persons.select("person_id", "household_id").join(members, on="household_id")
    counted = homes.group_by("group_id", "person_id").agg(pl.col("household_id").n_unique().alias("homes"))
    twice = (pl.col("homes") > 1).sum().cast(pl.Int64).alias("persons_twice")
    return counted.group_by("group_id").agg(twice)
