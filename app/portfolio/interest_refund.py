"""Interest that borrowers pay themselves by a day of the year, and that is then refunded (先付后补)."""

from calendar import monthrange
from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.money import FEN_PER_YUAN, PPM
from app.domain.words import Word
from app.policy.rules import Rules
from app.portfolio.scheme import SchemeAbsentError, section


class RefundState(Word):
    """How a loan's interest of a year stands against the day by which it was to be paid."""

    PAID = "paid", "按时付清"
    PART = "part", "部分付清"
    MISSED = "missed", "未按时付"


REFUND_COLUMNS: Final = (
    "loan_id", "household_id", "township_code", "village_code", "bank", "due", "paid_by_day", "paid_after",
    "missed", "subsidised_share", "subsidy_rule", "refund", "state",
)  # fmt: skip
_LOAN: Final = (
    "loan_id", "household_id", "township_code", "village_code", "bank", "amount", "annual_rate",
    "term_months", "disbursed_on", "use_mode", "kind", "method", "industry", "subsidised",
    "times_extended", "times_renewed", "principal_days_late", "interest_days_late",
)  # fmt: skip


def interest_refunds(
    frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date, year: int, duty: str = "interest_paid"
) -> pl.DataFrame:
    """This function will say what of a year's interest was paid by its day, and what is refunded.

    The year runs from the day after last year's deadline to this year's, the deadline itself in time; the
    pack's yearly `duty` names the day. Payments cover the oldest interest first. One row per loan with
    interest due, by loan_id, with REFUND_COLUMNS: `due`, `paid_by_day`, `paid_after` (by as_of), `missed`
    (due and not paid by the day) in fen; `refund` (fen) is the subsidised part of `paid_by_day`: the pack's
    share of what the household's first loans fill of the subsidised cap (ppm), null and no rule where no
    subsidy is for the loan. What was paid after the day is not refunded without a person (*design*: the
    source is silent). Loans without a plan of interest are left out. Raises SchemeAbsentError.
    """
    before, day = (deadline(rules, number, duty, as_of=as_of) for number in (year - 1, year))
    sums = _covered(frames, as_of, before, day).filter(pl.col("due") > 0)
    rows = sums.join(book.select(_LOAN), on="loan_id").sort("loan_id")
    granted = _granted(_read(rows, frames, as_of), rules, as_of)
    refund = pl.col("paid_by_day") * pl.col("subsidised_share") // PPM
    stated = granted.with_columns(refund.alias("refund"), _STATE)
    return stated.select(REFUND_COLUMNS)


def deadline(rules: Rules, year: int, duty: str, *, as_of: date) -> date:
    """This function will give the day of a yearly duty of the pack; raises SchemeAbsentError."""
    for entry in section(rules, "duties", as_of=as_of):
        if entry.code == duty and entry.now.month is not None:
            last = monthrange(year, entry.now.month)[1]
            return date(year, entry.now.month, min(entry.now.day, last))
    raise SchemeAbsentError(
        zh=f"政策包“{rules.policy}”在 {as_of} 没有每年事项“{duty}”",
        en=f"the policy pack {rules.policy!r} has no yearly duty {duty!r} on {as_of}",
        policy=rules.policy,
        day=as_of.isoformat(),
    )


def _covered(frames: Frames, as_of: date, before: date, day: date) -> pl.DataFrame:
    """Give by loan what of the interest due after `before` up to `day` was paid by then, and later."""
    known = frames.as_of(as_of)
    owed = known["repayments_due"].group_by("loan_id").agg(
        _until("due_on", before, "owed_before"), _until("due_on", day, "owed")
    )  # fmt: skip
    paid = known["repayments"].group_by("loan_id").agg(
        _until("paid_on", min(day, as_of), "paid_by"), _until("paid_on", as_of, "paid_now")
    )  # fmt: skip
    both = owed.join(paid, on="loan_id", how="left").with_columns(pl.col("paid_by", "paid_now").fill_null(0))
    in_time = (pl.min_horizontal("paid_by", "owed") - pl.col("owed_before")).clip(0)
    by_now = (pl.min_horizontal("paid_now", "owed") - pl.col("owed_before")).clip(0)
    due = pl.col("owed") - pl.col("owed_before")
    return both.select(
        "loan_id", due.alias("due"), in_time.alias("paid_by_day"), (by_now - in_time).alias("paid_after"),
        (due - in_time).alias("missed"),
    )  # fmt: skip


def _until(day_column: str, day: date, name: str) -> pl.Expr:
    return pl.col("interest").filter(pl.col(day_column) <= day).sum().alias(name)


def _read(rows: pl.DataFrame, frames: Frames, as_of: date) -> pl.DataFrame:
    """Add what conditions on subsidies read, and the part of each loan within the subsidised cap."""
    stated = frames.as_of(as_of)["registrations"].filter(pl.col("registered_on") <= as_of)
    latest = stated.sort("registered_on").unique("household_id", keep="last")
    return rows.join(
        latest.select("household_id", "registration"), on="household_id", how="left"
    ).with_columns(
        pl.col("disbursed_on").dt.year().cast(pl.Int64).alias("vintage"),
        (pl.col("amount") / FEN_PER_YUAN).alias("amount_yuan"),
        (pl.col("annual_rate") * 100 / PPM).alias("annual_rate_pct"),
    )


def _granted(rows: pl.DataFrame, rules: Rules, as_of: date) -> pl.DataFrame:
    """Add the subsidy that is for each loan, the last one declared, and the share of interest it bears."""
    code, share = pl.lit(None, pl.String), pl.lit(None, pl.Int64)
    for subsidy in section(rules, "subsidies", as_of=as_of):
        when = subsidy.now.when
        holds = pl.col("subsidised").fill_null(value=False)
        if when is not None:
            holds &= when.expression(rules.parameters).fill_null(value=False)
        code = pl.when(holds).then(pl.lit(subsidy.code)).otherwise(code)
        share = pl.when(holds).then(pl.lit(round(subsidy.now.share * PPM))).otherwise(share)
    found = rows.with_columns(code.alias("subsidy_rule"), share.alias("subsidised_share"))
    return found.with_columns(_capped(rules)).sort("loan_id")


def _capped(rules: Rules) -> pl.Expr:
    """Of a household's subsidised loans those paid out first fill the cap."""
    cap = rules.parameters.get("subsidised_cap")
    if cap is None:
        return pl.col("subsidised_share")
    mine = pl.when(pl.col("subsidy_rule").is_not_null()).then("amount").otherwise(0)
    so_far = mine.cum_sum().over("household_id", order_by=["disbursed_on", "loan_id"])
    room = (round(cap * FEN_PER_YUAN) - (so_far - mine)).clip(0)
    within = pl.min_horizontal(room, "amount")
    return (pl.col("subsidised_share") * within // pl.col("amount")).alias("subsidised_share")


_STATE: Final = (
    pl.when(pl.col("missed") == 0).then(pl.lit(RefundState.PAID.value))
    .when(pl.col("paid_by_day") > 0).then(pl.lit(RefundState.PART.value))
    .otherwise(pl.lit(RefundState.MISSED.value))
    .alias("state")
)  # fmt: skip
