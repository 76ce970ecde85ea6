"""Where features come from: for each source, the facts that belong to each row, ready to be aggregated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from app.features.context import Context, context_rows
from app.features.expressions import days_between, month_number
from app.features.facts import Facts
from app.features.feature import Source
from app.features.household_loans import dues, household_loans, interest_history, payments, with_lateness

_REPORTING_MONTHS: Final = 2  # an income may be reported so much later before its absence means anything
_INCOME_MONTHS: Final = 28  # two years, what reporting may lag, and room to see that the first is whole
_WINDOWS: Final = (12, 24)
_USUAL_MONTHS: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The rows of one build and what all sources share: their keys, facts and households' loans."""

    keys: pl.DataFrame
    facts: Facts
    lines: pl.DataFrame
    history: pl.LazyFrame
    context: Context | None

    @classmethod
    def of(cls, base: pl.DataFrame, facts: Facts, context: Context | None) -> "Subjects":
        """Gather the household's loans, dues and payments of each base row."""
        keys = base.select(
            "row", "loan_id", "household_id", "borrower_id", "as_of", "industry", "matures_on",
            "township_code", "bank",
            *(pl.col("as_of").dt.offset_by(f"-{n}mo").alias(f"since_{n}m") for n in _WINDOWS),
        )  # fmt: skip
        own = keys.select(
            "row", "household_id", "as_of", pl.col("loan_id", "borrower_id", "bank").name.prefix("own_")
        )  # fmt: skip
        lines = household_loans(facts, own)
        due = dues(facts, lines)
        history = interest_history(due, payments(facts, lines))
        lines = with_lateness(lines, due)
        return cls(keys=keys, facts=facts, lines=lines, history=history, context=context)

    def known(self, table: str, *columns: str, keys: tuple[str, ...] = ()) -> pl.LazyFrame:
        """Join the facts known of each row's household."""
        subjects = self.keys.lazy().select("row", "household_id", "as_of", "since_12m", "since_24m", *keys)
        return self.facts.known(subjects, table, *columns, by="household_id")

    def known_of_loans(self, table: str, *columns: str) -> pl.LazyFrame:
        """Join the facts known of each of the household's loans, with `own` for the row's own loan."""
        lines = self.lines.lazy().select("row", "loan_id", "as_of", "own")
        windows = self.keys.lazy().select("row", "since_12m", "since_24m")
        return self.facts.known(lines, table, *columns, by="loan_id").join(windows, on="row")


def _loans(of: Subjects) -> pl.LazyFrame:
    return of.lines.lazy()


def _dues(of: Subjects) -> pl.LazyFrame:
    lines = of.lines.lazy().select("line", "row")
    windows = of.keys.lazy().select("row", "since_12m", "since_24m")
    return of.history.join(lines, on="line").join(windows, on="row")


def _visits(of: Subjects) -> pl.LazyFrame:
    seen = ("production", "use_state", "willingness", "contact", "needs_funds", "pictures")
    return of.known_of_loans("visits", *seen)


def _uses(of: Subjects) -> pl.LazyFrame:
    return of.known_of_loans("use_records", "amount", "purpose").filter("own")


def _incomes(of: Subjects) -> pl.LazyFrame:
    """Count ages of incomes from the newest month recorded, so that late reports hide no season."""
    month_of = pl.col("month")
    found = of.known("incomes", "source", "amount", keys=("matures_on",)).with_columns(
        month_number("on").alias("month")
    )
    recent = found.filter(month_of > month_number("as_of") - _INCOME_MONTHS - _REPORTING_MONTHS)
    newest = pl.max_horizontal(month_of.max().over("row"), month_number("as_of") - _REPORTING_MONTHS)
    middle = pl.col("matures_on").dt.offset_by("-15d").dt.month().cast(pl.Int32)
    return recent.with_columns(
        (newest - month_of).alias("age"), middle.alias("maturity_month"),
        days_between("on", "as_of").alias("days_ago")
    )  # fmt: skip


def _debts(of: Subjects) -> pl.LazyFrame:
    stated = of.known("outside_debts", "debt_id", "balance")
    return stated.sort("on").unique(["row", "debt_id"], keep="last", maintain_order=True)


def _surveys(of: Subjects) -> pl.LazyFrame:
    return of.known("households", "land_mu", "assets")


def _answers(of: Subjects) -> pl.LazyFrame:
    return of.known("surveys", "item", "value")


def _lines(of: Subjects) -> pl.LazyFrame:
    return of.known("credit_lines", "expires_on")


def _groups(of: Subjects) -> pl.LazyFrame:
    return _staying(of.known("guarantee_groups", "group_id", "left_on"))


def _societies(of: Subjects) -> pl.LazyFrame:
    return _staying(of.known("society_members", "society_id", "left_on"))


def _staying(found: pl.LazyFrame) -> pl.LazyFrame:
    """Tell who has not left; who left stays in view, so that it is known to be in none."""
    here = pl.col("left_on").is_null() | (pl.col("left_on") > pl.col("as_of"))
    return found.with_columns(here.alias("here"))


def _members(of: Subjects) -> pl.LazyFrame:
    found = of.known(
        "household_members", "person_id", "born_on", "labour", "left_on", keys=("borrower_id", "matures_on")
    )
    here = found.filter(pl.col("left_on").is_null() | (pl.col("left_on") > pl.col("as_of")))
    ages = ((_age("as_of")).alias("age_now"), _age("matures_on").alias("age_then"))
    return here.with_columns(ages)


def _age(day: str) -> pl.Expr:
    """Give the borrower's completed years on a day; null for other members."""
    on, born = pl.col(day), pl.col("born_on")
    years = on.dt.year() - born.dt.year() - (_day_of_year(on) < _day_of_year(born)).cast(pl.Int32)
    return pl.when(pl.col("person_id") == pl.col("borrower_id")).then(years)


def _day_of_year(day: pl.Expr) -> pl.Expr:
    """Number the days so that they sort as in a year; months are small integers, too small for hundreds."""
    return day.dt.month().cast(pl.Int32) * 100 + day.dt.day().cast(pl.Int32)


def _registrations(of: Subjects) -> pl.LazyFrame:
    return of.known("registrations", "registration")


def _marks(of: Subjects) -> pl.LazyFrame:
    cleared = pl.col("cleared_on") <= pl.col("as_of")
    return of.known("credit_marks", "mark", "cleared_on").with_columns(
        (~cleared).fill_null(value=True).alias("open")
    )


def _shocks(of: Subjects) -> pl.LazyFrame:
    return of.known("shocks", "kind", "loss")


def _insurance(of: Subjects) -> pl.LazyFrame:
    paid = of.known("insurance", "paid_out", "paid_out_on").drop("on").rename({"paid_out_on": "on"})
    return paid.filter(pl.col("on") <= pl.col("as_of"))


def _prices(of: Subjects) -> pl.LazyFrame:
    """Look prices up once per industry and day; `age` counts months back from the newest one known.

    `usual_sum` and `usual_months` speak of the three years before the newest.
    """
    asked = of.keys.lazy().select("industry", "as_of").unique()
    found = of.facts.known(asked, "prices", "price", by="industry").with_columns(
        month_number("on").alias("month")
    )
    age = pl.col("month").max().over("industry", "as_of") - pl.col("month")
    usual = pl.col("age").is_between(1, _USUAL_MONTHS)
    aged = found.with_columns(age.alias("age")).with_columns(
        pl.when(usual).then("price").sum().over("industry", "as_of").alias("usual_sum"),
        usual.sum().over("industry", "as_of").alias("usual_months"),
    )
    wanted = aged.filter(pl.col("age").is_in([0, 6, 12]))
    return of.keys.lazy().select("row", "industry", "as_of").join(wanted, on=["industry", "as_of"])


def _context(of: Subjects) -> pl.LazyFrame:
    return context_rows(of.facts, of.keys, of.context)


# The table without which a source has nothing to say, and how its rows are made.
SOURCES: Final[Mapping[Source, tuple[str, Callable[[Subjects], pl.LazyFrame]]]] = MappingProxyType(
    {
        Source.LOANS: ("loans", _loans),
        Source.DUES: ("loans", _dues),
        Source.VISITS: ("visits", _visits),
        Source.USES: ("use_records", _uses),
        Source.INCOMES: ("incomes", _incomes),
        Source.DEBTS: ("outside_debts", _debts),
        Source.SURVEYS: ("households", _surveys),
        Source.ANSWERS: ("surveys", _answers),
        Source.LINES: ("credit_lines", _lines),
        Source.GROUPS: ("guarantee_groups", _groups),
        Source.SOCIETIES: ("society_members", _societies),
        Source.MEMBERS: ("household_members", _members),
        Source.REGISTRATIONS: ("registrations", _registrations),
        Source.MARKS: ("credit_marks", _marks),
        Source.SHOCKS: ("shocks", _shocks),
        Source.INSURANCE: ("insurance", _insurance),
        Source.PRICES: ("prices", _prices),
        Source.CONTEXT: ("households", _context),
    }
)
