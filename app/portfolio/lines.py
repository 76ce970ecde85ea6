"""Credit lines (一次授信，随用随取): what each still gives on a day, and whether an amount may be drawn."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import InvalidValueError, NoRulesInForceError, NotFoundError
from app.domain.frames import Frames
from app.domain.identity import TOWNSHIP_DIGITS
from app.domain.money import FEN_PER_YUAN
from app.domain.words import LoanKind
from app.policy.evaluate import outcomes
from app.policy.rules import Rules

LINE_MONTHS: Final = "credit_line_months"
LINE_COLUMNS: Final = (
    "line_id", "household_id", "bank", "township_code", "village_code", "revolving", "credit_limit",
    "limit_before", "granted_on", "expires_on", "usable_until", "days_left", "expired", "draws", "drawn",
    "available", "overdrawn", "overdrawn_by_cut", "drawn_after_expiry", "overdue_days",
)  # fmt: skip
DRAW_COLUMNS: Final = ("line_id", "amount", "available", "result", "decided_by", "spoke", "unclear")
_CONTINUING: Final = (LoanKind.RENEWAL.value, LoanKind.EXTENSION.value)
_NAMED: Final = 5  # lines named in an error


def line_states(frames: Frames, book: pl.DataFrame, *, as_of: date, rules: Rules) -> pl.DataFrame:
    """This function will tell the state of every credit line known on a day, by line_id: LINE_COLUMNS.

    `book` is the loan book of the same day. Amounts in fen. `drawn` is what is owed on a line that revolves,
    and all that was ever drawn on one that does not (one of which it is not recorded counts as revolving).
    `usable_until` is the last day for draws: the line's own, or the pack's longest if that is earlier.
    `available` is 0 past it and never negative; `overdrawn` is what is drawn above the limit, and
    `overdrawn_by_cut` the part of it that was within `limit_before`, the highest limit there was before a
    cut. `drawn_after_expiry` was paid out later than the line allowed, `overdue_days` is the household's.
    """
    known = frames.as_of(as_of)
    lines = known["credit_lines"].filter(pl.col("granted_on") <= as_of)
    whole = (
        lines.join(_highest_limits(frames, as_of), on="line_id", how="left")
        .join(_places(known), on="household_id", how="left")
        .join(_lateness(book), on="household_id", how="left")
        .with_columns(_until(rules))
    )
    drawn = _drawn(whole.select("line_id", "usable_until"), book)
    filled = pl.col("draws", "owed", "ever_drawn", "drawn_after_expiry", "overdue_days").fill_null(0)
    states = whole.join(drawn, on="line_id", how="left").with_columns(filled, _days_left(as_of))
    return states.with_columns(_use()).with_columns(_room()).select(LINE_COLUMNS).sort("line_id")


def check_draws(states: pl.DataFrame, draws: pl.DataFrame, *, as_of: date, rules: Rules) -> pl.DataFrame:
    """This function will say whether amounts may be drawn on the day of the states: DRAW_COLUMNS, in order.

    `draws` is (line_id, amount in fen); each is judged alone, as if no other were asked for. `result` is
    allowed, referred or refused, `decided_by` the codes of the pack's draw_rules that say so. Raises
    NotFoundError for an unknown line, InvalidValueError for an amount that is not positive, and
    NoRulesInForceError where the pack says nothing of draws.
    """
    _check_asked(states, draws, as_of, rules)
    asked = draws.select("line_id", "amount").join(states, on="line_id", how="left", maintain_order="left")
    facts = asked.with_row_index("row").select("row", "line_id", "amount", "available", *_FACTS)
    said = outcomes(rules.draw_rules, facts, rules.parameters)
    return facts.hstack(said).rename({"eligibility": "result"}).select(DRAW_COLUMNS)


_FACTS: Final = (
    pl.col("days_left").cast(pl.Float64),
    ((pl.col("amount") - pl.col("credit_limit") + pl.col("drawn")) / FEN_PER_YUAN).alias(
        "above_available_yuan"
    ),
    pl.col("draws").cast(pl.Float64).alias("earlier_draws"),
    pl.col("revolving").cast(pl.Float64),
    pl.col("overdue_days").cast(pl.Float64),
)


def _check_asked(states: pl.DataFrame, draws: pl.DataFrame, as_of: date, rules: Rules) -> None:
    if not rules.draw_rules:
        raise NoRulesInForceError(
            zh=f"政策包“{rules.policy}”在 {as_of} 没有用信规定",
            en=f"the policy pack {rules.policy!r} has no rules on draws on {as_of}",
            policy=rules.policy,
            day=as_of.isoformat(),
        )
    unknown = draws.join(states, on="line_id", how="anti")["line_id"].head(_NAMED).to_list()
    if unknown:
        named = ", ".join(map(str, unknown))
        raise NotFoundError(
            zh=f"截至 {as_of} 没有这些授信：{named}", en=f"there are no such lines on {as_of}: {named}"
        )
    if draws.select((pl.col("amount").fill_null(0) <= 0).any()).item():
        raise InvalidValueError(zh="支用金额应大于零", en="the amount of a draw is more than 0")


def _highest_limits(frames: Frames, as_of: date) -> pl.DataFrame:
    """The highest limit that any version of a line known by the day gave."""
    versions = frames["credit_lines"].filter(pl.col("known_on") <= as_of)
    return versions.group_by("line_id").agg(pl.col("credit_limit").max().alias("limit_before"))


def _places(known: Frames) -> pl.DataFrame:
    village = pl.col("village_code")
    township = village.str.head(TOWNSHIP_DIGITS).alias("township_code")
    return known["households"].select("household_id", township, village)


def _lateness(book: pl.DataFrame) -> pl.DataFrame:
    worst = pl.max_horizontal("principal_days_late", "interest_days_late").max().cast(pl.Int64)
    return book.group_by("household_id").agg(worst.alias("overdue_days"))


def _until(rules: Rules) -> pl.Expr:
    months = rules.parameters.get(LINE_MONTHS)
    own = pl.col("expires_on")
    longest = own if months is None else pl.col("granted_on").dt.offset_by(f"{int(months)}mo")
    return pl.min_horizontal(own, longest).alias("usable_until")


def _drawn(lines: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Add up the loans of each line; a renewal or extension of a loan draws nothing new."""
    loans = book.filter(pl.col("line_id").is_not_null()).join(lines, on="line_id")
    fresh = ~(pl.col("kind").is_in(_CONTINUING) & pl.col("continues_loan_id").is_not_null())
    late = fresh & (pl.col("disbursed_on") > pl.col("usable_until"))
    return loans.group_by("line_id").agg(
        fresh.sum().cast(pl.Int64).alias("draws"),
        pl.col("balance").sum().alias("owed"),
        pl.when(fresh).then("amount").sum().alias("ever_drawn"),
        pl.when(late).then("amount").sum().alias("drawn_after_expiry"),
    )


def _days_left(as_of: date) -> pl.Expr:
    return (pl.col("usable_until") - pl.lit(as_of)).dt.total_days().cast(pl.Int64).alias("days_left")


def _use() -> tuple[pl.Expr, pl.Expr]:
    drawn = pl.when(pl.col("revolving").fill_null(value=True)).then("owed").otherwise("ever_drawn")
    return drawn.alias("drawn"), (pl.col("days_left") < 0).alias("expired")


def _room() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    limit, drawn = pl.col("credit_limit"), pl.col("drawn")
    above = (drawn - limit).clip(lower_bound=0)
    left = pl.when("expired").then(0).otherwise((limit - drawn).clip(lower_bound=0))
    by_cut = pl.min_horizontal(above, pl.col("limit_before") - limit)
    return left.alias("available"), above.alias("overdrawn"), by_cut.alias("overdrawn_by_cut")
