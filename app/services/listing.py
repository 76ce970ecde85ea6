"""Stored assessments: the list by urgency, its counts, and a loan's history."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.errors import NotFoundError
from app.services.answers import loan_answer
from app.services.desk import Desk
from app.services.list_rows import list_row
from app.services.ports import Store, SweepRecord, WarningFilter

Row = Mapping[str, Any]
Told = dict[str, Any]
Position = tuple[Any, ...]


def page(store: Store, where: WarningFilter, *, after: Position | None, limit: int) -> tuple[list[Row], bool]:
    """This function will give one page of current assessments by urgency, and whether there are more."""
    with store.read() as work:
        rows = list(work.assessments.page(where, after=after, limit=limit + 1))
    return rows[:limit], len(rows) > limit


def everything(store: Store, where: WarningFilter, *, at_once: int) -> tuple[list[Told], SweepRecord | None]:
    """This function will give all rows of the list by urgency, and the last finished sweep.

    Only what the list shows is kept while reading on: the reasons would fill the memory.
    """
    rows: list[Told] = []
    with store.read() as work:
        more = list(work.assessments.page(where, after=None, limit=at_once))
        while more:
            rows.extend(list_row(row) for row in more)
            last = more[-1]["cursor"]
            more = (
                list(work.assessments.page(where, after=last, limit=at_once)) if len(more) == at_once else []
            )
        return rows, work.assessments.last_sweep()


def summary(store: Store, where: WarningFilter, *, by: Sequence[str]) -> Sequence[Row]:
    """This function will count current assessments, with amounts and balances (fen), by light and `by`."""
    with store.read() as work:
        found = work.assessments.summary(where, by=by)
    # no cause and no action are stored as an empty word
    return [{name: None if value == "" else value for name, value in row.items()} for row in found]


def history(desk: Desk, loan_id: str) -> list[dict[str, Any]]:
    """This function will tell a loan's assessments, the latest first; NotFoundError when it is unknown.

    Codes are explained by the pack as it ships now, on the day of each assessment; `policy_hash` says
    whether that is the pack it was made with.
    """
    with desk.store.read() as work:
        found = work.assessments.history(loan_id)
        if not found and loan_id not in work.facts.household_of([loan_id]):
            raise NotFoundError(zh="没有这笔贷款。", en="There is no such loan.")
    return [_told(desk, row) for row in found]


def _told(desk: Desk, row: Row) -> dict[str, Any]:
    basis = desk.basis("maturity", row["policy"])
    return {**loan_answer(row, basis.policy.at(row["as_of"]), basis), "decision_id": None}
