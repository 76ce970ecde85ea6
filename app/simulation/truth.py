"""The truth, apart from the ledger: probabilities at landmarks and outcomes under every action."""

from typing import Final

import numpy as np
import polars as pl

from app.domain.words import Action
from app.simulation.actions import Plan, plan
from app.simulation.arrays import I, wholes, words
from app.simulation.block import Block
from app.simulation.book import ACTIONS
from app.simulation.following import Path, follow
from app.simulation.probability import default_probability

LANDMARKS: Final = ((180, 6), (90, 3), (60, 2), (30, 1))  # days before maturity, months before it


def landmarks(block: Block) -> pl.DataFrame:
    """This function will give the true probability of default of every loan at each landmark."""
    parts = [_landmark(block, days, months) for days, months in LANDMARKS]
    return pl.concat(parts).filter(pl.col("as_of") >= pl.col("disbursed_on")).drop("disbursed_on")


def _landmark(block: Block, days: int, months: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "loan_id": block.loan_id,
            "landmark_days": np.full(len(block.book), days),
            "as_of": block.maturity - days,
            "true_pd": default_probability(block.hurdles, block.book, months),
            "disbursed_on": block.book.disbursed_on(block.hurdles.time),
        }
    )


def outcomes(block: Block) -> pl.DataFrame:
    """This function will give what becomes of every loan under every action, with the same draws for each."""
    return pl.concat([_outcome(block, action) for action in ACTIONS])


def _outcome(block: Block, action: Action) -> pl.DataFrame:
    chosen = plan(block.hurdles, block.book, action)
    path = follow(block.hurdles, block.book, chosen)
    lost = block.book.due * chosen.factor * path.unpaid
    borne = block.book.due * chosen.factor * (path.unpaid - np.minimum(path.compensated, path.unpaid))
    count = len(block.book)
    return pl.DataFrame(
        {
            "loan_id": block.loan_id,
            "action": pl.Series([action.value]).new_from_index(0, count),
            "taken": words(ACTIONS, taken(block)) == action.value,
            "defaulted": path.defaulted >= 0,
            "repaid_by_24m": path.repaid >= 0,
            "loss_fen": block.fen(lost),
            "bank_loss_fen": block.fen(borne),
            "cost_fen": np.full(count, block.a.table("action_costs")[action.value] * 100),
            "bad_record": path.bad_record,
        }
        | _dates(block, chosen, path)
    )


def taken(block: Block) -> I:
    """This function will give what was done: measures after default count only where it came to that."""
    measure = np.isin(block.book.action, [ACTIONS.index(a) for a in (Action.COMPENSATION, Action.RECOVERY)])
    return wholes(
        np.where(measure & ~block.path.bad_record, ACTIONS.index(Action.COLLECT), block.book.action)
    )


def _dates(block: Block, chosen: Plan, path: Path) -> dict[str, pl.Series]:
    time, book = block.hurdles.time, block.book
    due = time.day(book.maturity + chosen.postponed, book.day)
    first = time.day(book.maturity + path.defaulted, book.day) + 31
    settled = time.day(book.maturity + path.repaid, book.day)
    frame = pl.DataFrame(
        {
            "due_on": due,
            "first_default_on": first,
            "repaid_in": settled,
            "d": path.defaulted,
            "r": path.repaid,
        }
    )
    shown = frame.select(
        "due_on",
        pl.when(pl.col("d") >= 0).then("first_default_on").alias("first_default_on"),
        pl.when(pl.col("r") >= 0).then("repaid_in").alias("repaid_in"),
    )
    return {name: shown.get_column(name) for name in shown.columns}
