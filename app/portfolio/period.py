"""The periods of reports: a month, a quarter or a year up to a day (月统计、季通报、年考核)."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class Period(StrEnum):
    """How often a report comes; one that is not over yet goes up to the day it is made for."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"

    def since(self, as_of: date) -> date:
        """This function will give the first day of the period that a day lies in.

        >>> Period.QUARTERLY.since(date(2025, 9, 12))
        datetime.date(2025, 7, 1)
        """
        months = _MONTHS[self]
        return date(as_of.year, (as_of.month - 1) // months * months + 1, 1)

    def words(self, as_of: date) -> str:
        """This function will name the period that a day lies in, in Chinese.

        >>> Period.QUARTERLY.words(date(2025, 9, 12))
        '2025年第三季度'
        """
        quarter = "一二三四"[(as_of.month - 1) // 3]
        named = {
            Period.MONTHLY: f"{as_of.year}年{as_of.month}月",
            Period.QUARTERLY: f"{as_of.year}年第{quarter}季度",
            Period.YEARLY: f"{as_of.year}年度",
        }
        return named[self]

    def code(self, as_of: date) -> str:
        """This function will name the period that a day lies in, for files and English titles.

        >>> Period.QUARTERLY.code(date(2025, 9, 12))
        '2025-Q3'
        """
        quarter = (as_of.month + 2) // 3
        named = {Period.MONTHLY: f"-{as_of.month:02d}", Period.QUARTERLY: f"-Q{quarter}", Period.YEARLY: ""}
        return f"{as_of.year}{named[self]}"


_MONTHS: Final = {Period.MONTHLY: 1, Period.QUARTERLY: 3, Period.YEARLY: 12}


def day_before(day: date) -> date:
    """This function will give the day before."""
    return day - timedelta(days=1)


def month_ends(since: date, as_of: date) -> tuple[date, ...]:
    """This function will list the last days of the months from `since` on; the last one is `as_of` itself.

    >>> [day.day for day in month_ends(date(2025, 1, 1), date(2025, 3, 9))]
    [31, 28, 9]
    """
    ends = []
    while since <= as_of:
        since = (since.replace(day=1) + timedelta(days=32)).replace(day=1)
        ends.append(min(day_before(since), as_of))
    return tuple(ends)


def months_back(day: date, months: int) -> date:
    """This function will give the first day of the month some months before a day's own.

    >>> months_back(date(2025, 2, 28), 3)
    datetime.date(2024, 11, 1)
    """
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
