"""Credit standings of a county's places: households rated, loan books of the day and a year ago."""

from datetime import date

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger.columns import choice, code, count, quantity, text
from app.domain.words import Eligibility, Word
from app.ledgerfile.writing import Sheet
from app.policy.rules import Rules
from app.portfolio.book import loan_book
from app.portfolio.standings import COUNTS, PLACE_COLUMNS, SHARES, place_standings
from app.services.granting import grants


class Level(Word):
    """What kind of place has a standing."""

    GROUP = "group", "组"
    VILLAGE = "village", "村"
    TOWNSHIP = "township", "乡镇"


_ZH = {
    "households": "户数",
    "bad_faith_defaults_12m": "近12个月恶意失信数",
    "rated_share": "评级率",
    "credit_household_share": "信用户占比",
    "clean_borrower_share": "无逾期借款户占比",
    "overdue_rate_amount": "逾期率",
    "overdue_rate_change": "逾期率同比变化",
    "credit_group_share": "信用组占比",
    "credit_village_share": "信用村占比",
}


def standings_of(frames: Frames, *, as_of: date, rules: Rules, within: str = "") -> pl.DataFrame:
    """This function will rate the households of a place and give standings to all in it: PLACE_COLUMNS."""
    rated = grants(frames, as_of=as_of, rules=rules, within=within).select(
        "household_id", "village_code", "village_group", "rating_grade",
        (pl.col("result") != Eligibility.REFUSED.value).alias("eligible"),
        pl.col("rating_points").is_not_null().alias("rated"),
    )  # fmt: skip
    return place_standings(
        rated,
        loan_book(frames, as_of=as_of),
        before=loan_book(frames, as_of=_a_year_before(as_of)),
        marks=frames.as_of(as_of)["credit_marks"],
        as_of=as_of,
        rules=rules,
    )


def _a_year_before(day: date) -> date:
    earlier: date = pl.Series([day]).dt.offset_by("-1y").item()
    return earlier


def standings_sheet(places: pl.DataFrame, rules: Rules) -> Sheet:
    """This function will lay standings out for people, with their Chinese names."""
    names = {entry.code: entry.entry.zh for entry in rules.standings}
    columns = (
        choice("level", "层级", Level), code("township_code", "乡镇编码"), code("village_code", "村编码"),
        text("village_group", "组"), text("standing", "信用称号"), text("unclear", "资料不足、待人工评定"),
        *(count(name, _ZH[name]) for name in COUNTS), *(quantity(name, _ZH[name]) for name in SHARES),
    )  # fmt: skip
    named = pl.col("unclear").list.eval(pl.element().replace(names)).list.join("；")
    rows = places.select(PLACE_COLUMNS).with_columns(pl.col("standing").replace(names), named)
    return Sheet(name="信用村镇", columns=columns, rows=rows)
