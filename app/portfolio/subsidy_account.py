"""The prepaid subsidy account: debited for every loan that matures, the other loans listed once a year."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import XindengError
from app.domain.frames import Frames
from app.domain.words import FundKind, FundMovement, Word
from app.policy.policy import Policy
from app.portfolio.book import loan_book
from app.portfolio.funds import SIGNS
from app.portfolio.subsidy import subsidy_plan

SETTLEMENT: Final = "subsidy_settlement"
_WHOSE: Final = ("loan_id", "household_id", "township_code", "village_code", "bank", "vintage")
DEBIT_COLUMNS: Final = (*_WHOSE, "matures_on", "computed", "recorded", "difference", "debited_on", "state")
LISTED_COLUMNS: Final = (*_WHOSE, "matures_on", "computed")
MONTH_COLUMNS: Final = ("month", "opening", "paid_in", "debited", "taken_out", "expected", "closing")


class NoPrepaidAccountError(XindengError):
    """The pack knows no prepaid subsidy account on the day asked for."""

    code = "no_prepaid_account"


class DebitState(Word):
    """How a recorded debit of the account relates to the one that was computed."""

    AGREES = "agrees", "相符"
    DIFFERS = "differs", "金额不符"
    MISSING = "missing", "到期未扣划"
    DUE = "due", "待到期"
    UNEXPECTED = "unexpected", "不应扣划"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidAccount:
    """A year of the account: `debits` by loan, `listed` for the yearly review, `months` ahead; fen.

    `short_in` is the first day of the first month, from as_of's on, at whose end the account does not
    suffice; None where it does. `lacking` is what is missing at the worst of these ends.
    """

    debits: pl.DataFrame
    listed: pl.DataFrame
    months: pl.DataFrame
    settled_in: int
    balance: int
    short_in: date | None
    lacking: int


def prepaid_account(
    frames: Frames, policy: Policy, *, year: int, as_of: date, bank: str | None = None
) -> PrepaidAccount:
    """This function will follow a year of the prepaid account: what is debited, listed, and left.

    A loan of the subsidy plan that matures in the year is debited on maturity with its interest of the year;
    the plan's other loans are `listed` for the review in the month `settled_in`, and are not paid from the
    account. `debits` holds DEBIT_COLUMNS: `computed` beside the SUBSIDY movements `recorded` for the loan in
    the year, `state` a DebitState; UNEXPECTED is a movement for a loan that does not mature in the year, or
    that names none. `listed` holds LISTED_COLUMNS, `months` MONTH_COLUMNS: `expected` are computed debits
    not recorded yet, in the month of maturity, the overlooked ones in as_of's. Movements are those of funds
    of kind *subsidy*; `bank` narrows loans and movements to one bank. The pack's entries: `subsidies` (any),
    and the yearly duty `subsidy_settlement`, whose month is the review's. Raises NoPrepaidAccountError where
    that duty is not in force on as_of, and what `subsidy_plan` raises.
    Source: 2020年扶贫小额信贷工作方案 二、3; that a debit is the year's interest is *design*.
    """
    settled_in = _settled_in(policy, as_of)
    due = _due(frames, policy, year, as_of, bank)
    moved = _movements(frames, as_of, bank)
    maturing = pl.col("matures_on").dt.year() == year
    debits = _against_records(due.filter(maturing), moved, year, as_of)
    months = _months(debits, moved, year, as_of)
    ahead = months.filter(pl.col("month") >= as_of.replace(day=1), pl.col("closing") < 0)
    return PrepaidAccount(
        debits=debits,
        listed=due.filter(~maturing).select(LISTED_COLUMNS),
        months=months,
        settled_in=settled_in,
        balance=int(moved.get_column("signed").sum()),
        short_in=ahead.item(0, "month") if ahead.height else None,
        lacking=-int(ahead.get_column("closing").min()) if ahead.height else 0,  # type: ignore[arg-type]
    )


def _settled_in(policy: Policy, as_of: date) -> int:
    for duty in policy.at(as_of).duties:
        if duty.code == SETTLEMENT and duty.now.month is not None:
            return duty.now.month
    raise NoPrepaidAccountError(
        zh=f"政策包“{policy.name}”在 {as_of} 没有预拨贴息账户的规定（duties 中的 {SETTLEMENT}）",
        en=f"the policy pack {policy.name!r} knows no prepaid subsidy account on {as_of} "
        f"(the duty {SETTLEMENT!r})",
        policy=policy.name,
        day=as_of.isoformat(),
    )


def _due(frames: Frames, policy: Policy, year: int, as_of: date, bank: str | None) -> pl.DataFrame:
    """Add the plan up by loan: _WHOSE, matures_on, computed."""
    plan = subsidy_plan(frames, policy, year=year, as_of=as_of)
    own = plan if bank is None else plan.filter(bank=bank)
    maturities = loan_book(frames, as_of=as_of).select("loan_id", "matures_on")
    found = own.group_by(_WHOSE).agg(pl.col("interest").sum().alias("computed"))
    return found.join(maturities, on="loan_id").sort("matures_on", "loan_id")


def _movements(frames: Frames, as_of: date, bank: str | None) -> pl.DataFrame:
    own = pl.lit(value=True) if bank is None else pl.col("bank").is_null() | (pl.col("bank") == bank)
    sign = pl.col("movement").replace_strict(dict(SIGNS), default=0, return_dtype=pl.Int64)
    moved = frames.as_of(as_of)["fund_movements"].filter(
        pl.col("fund") == FundKind.SUBSIDY.value, pl.col("moved_on") <= as_of, own
    )
    return moved.with_columns((pl.col("amount") * sign).alias("signed"))


_IS_DEBIT: Final = pl.col("movement") == FundMovement.SUBSIDY.value


def _against_records(due: pl.DataFrame, moved: pl.DataFrame, year: int, as_of: date) -> pl.DataFrame:
    debited = moved.filter(_IS_DEBIT, pl.col("moved_on").dt.year() == year).group_by("loan_id").agg(
        pl.col("amount").sum().alias("recorded"), pl.col("moved_on").max().alias("debited_on")
    )  # fmt: skip
    both = due.join(debited, on="loan_id", how="full", coalesce=True)
    difference = pl.col("recorded").fill_null(0) - pl.col("computed").fill_null(0)
    state = (
        pl.when(pl.col("computed").is_null())
        .then(pl.lit(DebitState.UNEXPECTED.value))
        .when(pl.col("recorded").is_null() & (pl.col("matures_on") >= as_of))
        .then(pl.lit(DebitState.DUE.value))
        .when(pl.col("recorded").is_null())
        .then(pl.lit(DebitState.MISSING.value))
        .when(pl.col("recorded") == pl.col("computed"))
        .then(pl.lit(DebitState.AGREES.value))
        .otherwise(pl.lit(DebitState.DIFFERS.value))
    )
    told = both.with_columns(difference.alias("difference"), state.alias("state"))
    return told.select(DEBIT_COLUMNS).sort("matures_on", "loan_id", nulls_last=True)


def _months(debits: pl.DataFrame, moved: pl.DataFrame, year: int, as_of: date) -> pl.DataFrame:
    """Lay the year out by month: what moved, what is still expected, and what is left at the end."""
    start, last = date(year, 1, 1), date(year, 12, 1)
    before = int(moved.filter(pl.col("moved_on") < start).get_column("signed").sum())
    by_month = moved.filter(pl.col("moved_on").dt.year() == year).group_by(
        pl.col("moved_on").dt.truncate("1mo").alias("month")
    ).agg(_FLOWS)  # fmt: skip
    this_month = max(start, min(as_of.replace(day=1), last))
    ahead = debits.filter(pl.col("recorded").is_null()).group_by(
        pl.max_horizontal(pl.col("matures_on").dt.truncate("1mo"), pl.lit(this_month)).alias("month")
    ).agg(pl.col("computed").sum().alias("expected"))  # fmt: skip
    months = pl.DataFrame({"month": pl.date_range(start, last, "1mo", eager=True)})
    laid = months.join(by_month, on="month", how="left").join(ahead, on="month", how="left")
    flow = pl.col("paid_in") - pl.col("debited") - pl.col("taken_out") - pl.col("expected")
    closed = laid.sort("month").fill_null(0).with_columns((before + flow.cum_sum()).alias("closing"))
    return closed.with_columns((pl.col("closing") - flow).alias("opening")).select(MONTH_COLUMNS)


_FLOWS: Final = (
    pl.col("amount").filter(pl.col("signed") > 0).sum().alias("paid_in"),
    pl.col("amount").filter(_IS_DEBIT).sum().alias("debited"),
    pl.col("amount").filter(~_IS_DEBIT, pl.col("signed") < 0).sum().alias("taken_out"),
)
