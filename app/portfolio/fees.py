"""Fees that a work station earns on what it helps to recover, settled by quarter."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.money import PPM
from app.policy.rules import Rules
from app.portfolio.book import loan_book
from app.portfolio.scheme import parameter

FEE_COLUMNS: Final = (
    "township_code", "loans", "principal", "interest", "fee_principal", "fee_interest", "fee"
)  # fmt: skip
_MONTHS_A_QUARTER: Final = 3


def last_quarter(day: date) -> tuple[date, date]:
    """This function will give the first and last day of the quarter that ended last before a day.

    >>> last_quarter(date(2005, 4, 1))
    (datetime.date(2005, 1, 1), datetime.date(2005, 3, 31))
    """
    first_month = (day.month - 1) // _MONTHS_A_QUARTER * _MONTHS_A_QUARTER + 1
    ends = day.replace(month=first_month, day=1) - timedelta(days=1)
    return ends.replace(month=ends.month - _MONTHS_A_QUARTER + 1, day=1), ends


def station_fees(frames: Frames, *, starts: date, ends: date, as_of: date, rules: Rules) -> pl.DataFrame:
    """This function will reckon the fee of each township's work station for a period, both days included.

    FEE_COLUMNS by township_code, in fen: principal and interest that were paid back in the period as known
    by `as_of`, and the pack's shares of both (`fee_share_principal`, `fee_share_interest`; 云南 2000,
    第十四条5、第二十二条), each rounded half up on the township's sum. Raises SchemeAbsentError.
    """
    shares = [parameter(rules, f"fee_share_{part}", as_of=ends) for part in ("principal", "interest")]
    places = loan_book(frames, as_of=as_of).select("loan_id", "township_code")
    paid = frames.as_of(as_of)["repayments"].filter(pl.col("paid_on").is_between(starts, ends))
    sums = (
        paid.join(places, on="loan_id")
        .group_by("township_code")
        .agg(
            pl.col("loan_id").n_unique().cast(pl.Int64).alias("loans"), pl.col("principal", "interest").sum()
        )
    )
    fees = sums.with_columns(_share("principal", shares[0]), _share("interest", shares[1]))
    total = (pl.col("fee_principal") + pl.col("fee_interest")).alias("fee")
    return fees.with_columns(total).select(FEE_COLUMNS).sort("township_code")


def _share(part: str, share: float) -> pl.Expr:
    """Take a share of an amount in whole numbers, rounding half a fen up."""
    ppm = round(share * PPM)
    return ((pl.col(part) * (2 * ppm) + PPM) // (2 * PPM)).alias(f"fee_{part}")
