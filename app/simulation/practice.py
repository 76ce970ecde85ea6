"""What was done about loans, guarantee groups, and the movements of the county's funds."""

from typing import Final

import numpy as np
import polars as pl

from app.domain.words import Action, FundKind, FundMovement, GroupRole
from app.simulation.arrays import between, words
from app.simulation.block import Block
from app.simulation.book import ACTIONS
from app.simulation.loanbook import amount, bank

_BEFORE: Final = tuple(
    ACTIONS.index(a) for a in (Action.RENEWAL, Action.EXTENSION, Action.EXTRA_HELP, Action.CREDIT_EDUCATION)
)
_AFTER: Final = tuple(ACTIONS.index(a) for a in (Action.COMPENSATION, Action.RECOVERY))
_COMPENSATION: Final = ACTIONS.index(Action.COMPENSATION)


def dispositions(block: Block) -> pl.DataFrame:
    """This function will give what was decided before maturity, and measures once a loan was long overdue."""
    book, time = block.book, block.hurdles.time
    before = np.isin(book.action, _BEFORE)
    after = np.isin(book.action, _AFTER) & block.path.bad_record
    days = between(block.streams("decisions"), block.a.table("decision_lead"), len(book))
    decided = block.maturity + np.where(after, block.a.whole("mark_after") + days, -days)
    new = time.day(book.maturity + book.postponed, book.day)
    village = block.village_codes(book.home).str.slice(6)
    frame = pl.DataFrame(
        {
            "loan_id": block.loan_id,
            "action": words(ACTIONS, book.action),
            "decided_on": decided,
            "maker_id": "J" + village,
            "checker_id": "K" + village.str.slice(0, 3),
            "new_matures_on": new,
            "known_on": decided,
            "put_off": book.treated,
        }
    )
    shown = frame.with_columns(pl.when("put_off").then("new_matures_on").alias("new_matures_on")).drop(
        "put_off"
    )
    return shown.filter(before | after).filter(pl.col("decided_on") <= block.spec.until)


def guarantee_groups(block: Block) -> pl.DataFrame:
    """This function will give the groups in which some households stand in for each other."""
    rows = block.homes[block.hurdles.homes.group[block.homes] >= 0]
    frame = pl.DataFrame(
        {
            "group_id": block.group_ids(rows),
            "household_id": block.household_ids(rows),
            "joined_on": block.hurdles.time.day(block.first_loan[rows], 1) - 20,
        }
    )
    leads = pl.int_range(pl.len()).over("group_id") == 0
    role = pl.when(leads).then(pl.lit(GroupRole.LEADER.value)).otherwise(pl.lit(GroupRole.MEMBER.value))
    return frame.with_columns(role=role)


def fund_payments(block: Block) -> pl.DataFrame:
    """This function will give what the compensation fund paid to banks for long overdue loans."""
    book = block.book
    paid = (book.action == _COMPENSATION) & block.path.bad_record & (block.path.compensated > 0)
    rows = np.flatnonzero(paid)
    covered = amount(block)[rows] / book.instalments[rows] * block.path.compensated[rows]
    frame = pl.DataFrame(
        {
            "movement_no": "M" + block.loan_ids(rows).str.slice(1),
            "moved_on": block.maturity[rows] + block.a.whole("compensated_after"),
            "amount": np.rint(covered).astype(np.int64),
            "loan_id": block.loan_ids(rows),
            "bank": bank(block, book.home[rows]),
        }
    )
    named = frame.with_columns(
        fund_id=pl.lit("FUND1"),
        fund=pl.lit(FundKind.COMPENSATION.value),
        movement=pl.lit(FundMovement.COMPENSATION.value),
    )
    return named.filter(pl.col("moved_on") <= block.spec.until)
