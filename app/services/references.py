"""What one table of a file says of another: unknown households and loans, and days before a loan began."""

from typing import Final

import polars as pl

from app.domain.frames import latest_versions
from app.domain.ledger import BY_NAME, Table
from app.ledgerfile.checking import CheckedTable
from app.services.ports import Facts
from app.services.slices import slices

_TERM: Final[dict[str, pl.DataType]] = {
    "loan_id": pl.String(),
    "disbursed_on": pl.Date(),
    "matures_on": pl.Date(),
}
# What a loan table's own day may not precede: the loan's disbursement.
_BEGINS_WITH_LOAN: Final[frozenset[str]] = frozenset(
    {"repayments_due", "repayments", "visits", "use_records", "dispositions", "dividends", "claims"}
)


class References:
    """Knows the households and loans of the file, as far as they are good, and asks the store for others."""

    def __init__(self, facts: Facts) -> None:
        """This function will start with nothing known of the file."""
        self._facts = facts
        self._households = pl.Series("household_id", [], pl.String)
        self._terms = pl.DataFrame(schema=_TERM)

    def checked(self, checked: CheckedTable) -> CheckedTable:
        """This function will refuse rows whose household or loan is not known."""
        if checked.table.name == "households" or checked.table.subject not in {"household_id", "loan_id"}:
            return checked
        in_household = "household_id" in checked.table.names
        return self._of_household(checked) if in_household else self._of_loan(checked)

    def keep(self, checked: CheckedTable) -> None:
        """This function will remember the households and loans of the file that passed every check."""
        if checked.table.name == "households":
            self._households = checked.good.get_column("household_id")
        if checked.table.name == "loans":
            self._terms = checked.good.select(*_TERM)

    def _of_household(self, checked: CheckedTable) -> CheckedTable:
        ids = checked.good.get_column("household_id")
        elsewhere = ids.filter(~ids.is_in(self._households.implode())).unique()
        stored = self._stored(BY_NAME["households"], elsewhere)
        unknown = ids.is_in(elsewhere.implode()) & ~ids.is_in(stored.implode())
        return checked.refuse(unknown, "户编号未登记：农户表和库中都没有，或该户资料有误")

    def _stored(self, table: Table, ids: pl.Series) -> pl.Series:
        parts = [self._facts.latest(table, part.to_series()) for _, part in slices(ids.to_frame())]
        return pl.concat(
            [pl.Series("record_key", [], pl.String), *(p.get_column("record_key") for p in parts)]
        )

    def _of_loan(self, checked: CheckedTable) -> CheckedTable:
        """Refuse what belongs to no loan, or happened before its loan was paid out."""
        self._fetch(checked.good.get_column("loan_id"))
        begun = self._begun(checked.good)
        known = checked.refuse(begun.is_null(), "贷款编号未登记：贷款表和库中都没有，或该笔贷款有误")
        if checked.table.name not in _BEGINS_WITH_LOAN:
            return known
        happened = checked.table.column(checked.table.happened)
        early = known.good.get_column(happened.name) < self._begun(known.good)
        return known.refuse(early, f"{happened.zh}早于放款日期")

    def _begun(self, rows: pl.DataFrame) -> pl.Series:
        return self._with_term(rows).get_column("disbursed_on")

    def _with_term(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.join(self._terms, on="loan_id", how="left", maintain_order="left")

    def _fetch(self, loan_ids: pl.Series) -> None:
        """Read the terms of loans that are in the store only."""
        missing = loan_ids.filter(~loan_ids.is_in(self._terms.get_column("loan_id").implode())).unique()
        for _, part in slices(missing.to_frame()):
            ids = part.to_series()
            households = sorted(set(self._facts.household_of(ids.to_list()).values()))
            if households:
                loans = latest_versions(self._facts.frames(households=households)["loans"], ("loan_id",))
                found = loans.filter(pl.col("loan_id").is_in(ids.implode())).select(*_TERM)
                self._terms = pl.concat([self._terms, found])

    def with_news_day(self, checked: CheckedTable) -> pl.DataFrame:
        """This function will add `news_on`, from when a fact could be known.

        That is the day it happened; for a due within the loan's term the day of disbursement, when the
        schedule is agreed; for a due beyond it (an extension, agreed on a day nobody says) no day: null,
        which means the day of import.
        """
        happened = pl.col(checked.table.happened)
        if checked.table.name != "repayments_due":
            return checked.good.with_columns(happened.alias("news_on"))
        agreed = pl.when(happened <= pl.col("matures_on")).then(pl.col("disbursed_on"))
        return self._with_term(checked.good).with_columns(agreed.alias("news_on"))
