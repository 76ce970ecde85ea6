"""Plans of repayment: when principal and interest of a loan fall due, to the fen, for many loans at once."""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from app.domain.errors import XindengError
from app.domain.frames import Frames
from app.domain.money import PPM
from app.domain.words import RepaymentMethod
from app.features.expressions import days_between
from app.policy.rules import Rules

SCHEDULE_COLUMNS: Final = ("loan_id", "number", "due_on", "principal", "interest", "balance")
_HALVES_A_YEAR: Final = 24  # dates stand on half months
_HALVES_A_MONTH: Final = 2
_DAYS_OF_HALF: Final = 15
_MONTHS_A_YEAR: Final = 12
_BULLETS: Final = MappingProxyType(
    {RepaymentMethod.BULLET_QUARTERLY.value: 4, RepaymentMethod.BULLET_YEARLY.value: 1}
)
_INSTALMENTS: Final = RepaymentMethod.INSTALMENTS.value
_METHODS: Final = tuple(method.value for method in RepaymentMethod)


class ScheduleError(XindengError):
    """No plan can be made of these terms."""

    code = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """How plans are reckoned: the days of a year, instalments a year, and the day interest is settled on.

    Without `settle_day` interest falls due every so many months after the loan was paid out; with it on that
    day of March, June, September and December (by quarter) or of December (by year).
    """

    days_a_year: int
    per_year: int = 12
    settle_day: int | None = None

    def __post_init__(self) -> None:
        """This function will refuse what no plan can be made of."""
        if self.days_a_year not in {360, 365}:
            raise ScheduleError(zh="计息年天数只能是360或365", en="a year has 360 or 365 days of interest")
        if self.per_year < 1 or _HALVES_A_YEAR % self.per_year:
            raise ScheduleError(
                zh=f"一年不能分 {self.per_year} 次还款；可用1、2、3、4、6、8、12、24",
                en=f"a year cannot have {self.per_year} instalments: 1, 2, 3, 4, 6, 8, 12 or 24 fit",
            )
        if self.settle_day is not None and not 1 <= self.settle_day <= 31:
            raise ScheduleError(zh="结息日应在1至31之间", en="the day of settlement is 1 to 31")


def schedules(loans: pl.DataFrame, reckoning: Reckoning) -> pl.DataFrame:
    """This function will plan the repayment of loans: SCHEDULE_COLUMNS, by loan_id and number.

    `loans` is (loan_id, amount in fen, annual_rate in ppm, disbursed_on, matures_on, method). The last due
    day is the day of maturity. Instalments fall due every so many months on the day of the month on which
    the loan was paid out, or on the month's last day where that is earlier; with more than twelve a year
    also 15 days after each of these days (so that 24 a year come every half month). Each is the amount
    divided by their number, rounded down to the fen; the last takes the rest. Interest is on the principal
    still outstanding, for the actual days since the due day before, rounded half up, and is paid with the
    principal. `balance` is the principal outstanding after the day. Raises ScheduleError.
    """
    _check(loans)
    dated = _dated(loans, reckoning).sort("loan_id", "due_on")
    planned = dated.with_columns(_PRINCIPAL).with_columns(_BEFORE).with_columns(_interest(reckoning))
    return planned.with_columns((pl.col("before") - pl.col("principal")).alias("balance")).select(
        SCHEDULE_COLUMNS
    )


def _check(loans: pl.DataFrame) -> None:
    faults = {
        ("贷款金额应大于零", "the amount is above zero"): pl.col("amount") <= 0,
        ("年利率不能为负", "the rate is not below zero"): pl.col("annual_rate") < 0,
        ("到期日应晚于放款日", "a loan matures after it is paid out"): (
            pl.col("matures_on") <= pl.col("disbursed_on")
        ),
        ("没有这种还款方式", "there is no such method of repayment"): ~pl.col("method").is_in(_METHODS),
    }
    for (zh, en), fault in faults.items():
        wrong = loans.filter(fault.fill_null(value=True)).get_column("loan_id").to_list()
        if wrong:
            raise ScheduleError(zh=f"贷款 {wrong[0]}：{zh}", en=f"loan {wrong[0]}: {en}", loans=len(wrong))


def _dated(loans: pl.DataFrame, reckoning: Reckoning) -> pl.DataFrame:
    """Give every loan its due days: those of its method before maturity, then maturity.

    One more is tried than fit, as the first settlement may be the day of the payout, which does not count.
    """
    months = (
        (pl.col("matures_on").dt.year() - pl.col("disbursed_on").dt.year()) * _MONTHS_A_YEAR
        + pl.col("matures_on").dt.month().cast(pl.Int32) - pl.col("disbursed_on").dt.month().cast(pl.Int32)
        + 1
    )  # fmt: skip
    times = {**_BULLETS, _INSTALMENTS: reckoning.per_year}
    a_year = pl.col("method").replace_strict(times, default=None, return_dtype=pl.Int32)
    step = (_HALVES_A_YEAR // a_year).alias("step")
    count = pl.when(a_year.is_null()).then(0).otherwise(months * _HALVES_A_MONTH * a_year // _HALVES_A_YEAR)
    steps = loans.with_columns(step, pl.int_ranges(1, count + 2).alias("k"))
    between = _before_maturity(steps.explode("k", empty_as_null=False, keep_nulls=False), reckoning)
    last = loans.with_columns(pl.col("matures_on").alias("due_on"))
    return pl.concat([between.select(last.columns), last])


def _before_maturity(steps: pl.DataFrame, reckoning: Reckoning) -> pl.DataFrame:
    halves = pl.col("k") * pl.col("step")
    months = pl.format("{}mo", halves // _HALVES_A_MONTH)
    half = pl.duration(days=halves % _HALVES_A_MONTH * _DAYS_OF_HALF)
    due_on = pl.col("disbursed_on").dt.offset_by(months) + half
    if reckoning.settle_day is not None:
        bullet = pl.col("method") != _INSTALMENTS
        due_on = pl.when(bullet).then(_settled_on(reckoning.settle_day)).otherwise(due_on)
    return steps.with_columns(due_on.alias("due_on")).filter(
        pl.col("due_on") > pl.col("disbursed_on"), pl.col("due_on") < pl.col("matures_on")
    )


def _settled_on(day: int) -> pl.Expr:
    """Give the k-th day of settlement, counted from the period of the calendar that the loan begins in."""
    step = (pl.col("step") // _HALVES_A_MONTH).cast(pl.Int64)
    started = pl.col("disbursed_on").dt.month().cast(pl.Int64)
    to_end = (step - started % step) % step
    ends = pl.col("disbursed_on").dt.month_start().dt.offset_by(
        pl.format("{}mo", to_end + (pl.col("k") - 1) * step)
    )  # fmt: skip
    return pl.min_horizontal(ends + pl.duration(days=day - 1), ends.dt.month_end())


_LAST: Final = pl.col("due_on") == pl.col("matures_on")
_COUNT: Final = pl.len().over("loan_id").cast(pl.Int64)
_EACH: Final = pl.when(pl.col("method") == _INSTALMENTS).then(pl.col("amount") // _COUNT).otherwise(0)
_PRINCIPAL: Final = (
    pl.when(_LAST).then(pl.col("amount") - _EACH * (_COUNT - 1)).otherwise(_EACH).alias("principal"),
    pl.col("due_on").shift(1).over("loan_id").fill_null(pl.col("disbursed_on")).alias("since"),
    pl.col("due_on").rank("ordinal").over("loan_id").cast(pl.Int64).alias("number"),
)
_BEFORE: Final = (
    pl.col("amount") - pl.col("principal").cum_sum().over("loan_id") + pl.col("principal")
).alias("before")


def _interest(reckoning: Reckoning) -> pl.Expr:
    """Reckon in whole numbers of 128 bits, rounding half a fen up."""
    year = PPM * reckoning.days_a_year
    wide = [pl.col("before"), pl.col("annual_rate"), days_between("since", "due_on")]
    product = wide[0].cast(pl.Int128) * wide[1].cast(pl.Int128) * wide[2].cast(pl.Int128)
    return ((product * 2 + year) // (2 * year)).cast(pl.Int64).alias("interest")


def maturity(months: int) -> pl.Expr:
    """This function will build the day so many months after `disbursed_on`, or the month's last day."""
    return pl.col("disbursed_on").dt.offset_by(f"{months}mo")


def unplanned(frames: Frames, *, as_of: date) -> pl.DataFrame:
    """This function will list the loans known on a day that have no plan, as `schedules` wants them."""
    known = frames.as_of(as_of)
    terms = ("loan_id", "amount", "annual_rate", "disbursed_on", "matures_on", "method")
    return (
        known["loans"].join(known["repayments_due"], on="loan_id", how="anti").select(terms).sort("loan_id")
    )


def is_usual(rules: Rules, per_year: int) -> bool:
    """This function will tell whether a pack names so many instalments a year, or names none at all.

    The source limits them in principle only (云南 2000, 第二十条 原则上): another number refers.
    """
    named = [n for code, n in rules.parameters.items() if code.startswith("instalments_a_year_")]
    return not named or per_year in named
