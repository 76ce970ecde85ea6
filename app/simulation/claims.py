"""Claims on the compensation fund: those that were paid, and some that were refused or still wait."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from app.domain.scheme_words import ClaimDecision, ClaimGround
from app.domain.words import Action
from app.simulation.arrays import D, F, I, between, days, wholes
from app.simulation.block import Block
from app.simulation.book import ACTIONS
from app.simulation.loanbook import amount

_COMPENSATION = ACTIONS.index(Action.COMPENSATION)
_FUND = "FUND1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filed:
    """Claims as filed; arrays by claim."""

    loan: I
    owed: F  # fen
    claimed: D
    decided: D
    accepted: bool


def claims(block: Block, shocks: pl.DataFrame) -> pl.DataFrame:
    """This function will give the claims filed by the end, on the ground of the last shock on file.

    `shocks` are the ledger's. Where nobody wrote down a shock between disbursement and claim, the ground is
    another one. The fund answers for principal, so that no interest is claimed. A decided claim is known
    from the day of the decision, since one row holds both.
    """
    frame = pl.concat([_rows(block, _paid(block)), _rows(block, _unpaid(block))])
    filed = frame.filter(pl.col("claimed_on") <= block.spec.until)
    grounds = _grounds(filed, shocks)
    grounded = filed.join(grounds, on="claim_id", how="left", maintain_order="left")
    named = grounded.with_columns(pl.col("ground").fill_null(ClaimGround.OTHER.value))
    decided = pl.col("claim_decided_on") <= block.spec.until
    return named.with_columns(
        evidence=pl.when("proven").then(
            pl.col("ground").replace_strict(block.a.table("claim_evidence"), return_dtype=pl.String)
        ),
        decision=pl.when(decided).then("decision").otherwise(pl.lit(ClaimDecision.PENDING.value)),
        claim_decided_on=pl.when(decided).then("claim_decided_on"),
        known_on=pl.when(decided).then("claim_decided_on").otherwise("claimed_on"),
    ).drop("household_id", "disbursed_on", "proven")


def _paid(block: Block) -> _Filed:
    """This function will find the claims behind what the fund pays: accepted some days before."""
    rng, a, path = block.streams("claims"), block.a, block.path
    loan = np.flatnonzero((block.book.action == _COMPENSATION) & path.bad_record & (path.compensated > 0))
    moved = block.maturity[loan] + a.whole("compensated_after")
    return _Filed(
        loan=loan,
        owed=_principal(block, loan) * path.compensated[loan] / a.number("compensation_share"),
        claimed=days(moved - between(rng, a.table("claim_lead"), len(loan))),
        decided=days(moved - between(rng, a.table("claim_decided"), len(loan))),
        accepted=True,
    )


def _unpaid(block: Block) -> _Filed:
    """This function will let banks claim for other long overdue loans, in vain."""
    rng, a, path, book = block.streams("unpaid claims"), block.a, block.path, block.book
    lately = block.maturity > block.hurdles.time.until64 - a.whole("claim_lately")
    shares = a.table("claim_unpaid_share")
    tried = rng.random(len(book)) < np.where(lately, shares["lately"], shares["before"])
    loan = np.flatnonzero(tried & (book.action != _COMPENSATION) & ~book.treated & path.bad_record)
    months = a.whole("bad_record_months")
    left = 1.0 - path.paid[: months + 1, loan].sum(axis=0)
    claimed = days(block.maturity[loan] + between(rng, a.table("claim_unpaid_after"), len(loan)))
    return _Filed(
        loan=loan,
        owed=_principal(block, loan) * left,
        claimed=claimed,
        decided=days(claimed + between(rng, a.table("claim_unpaid_decided"), len(loan))),
        accepted=False,
    )


def _principal(block: Block, loan: I) -> F:
    return amount(block)[loan] / block.book.instalments[loan]


def _rows(block: Block, filed: _Filed) -> pl.DataFrame:
    rng = block.streams(f"claim papers {filed.accepted}")
    count, book = len(filed.loan), block.book
    decision = ClaimDecision.ACCEPTED if filed.accepted else ClaimDecision.REFUSED
    recourse = between(rng, block.a.table("claim_recourse"), count)
    return pl.DataFrame(
        {
            "claim_id": "CL" + block.loan_ids(filed.loan).str.slice(1),
            "loan_id": block.loan_ids(filed.loan),
            "fund_id": pl.Series([_FUND]).new_from_index(0, count),
            "claimed_on": filed.claimed,
            "principal": wholes(np.rint(filed.owed)),
            "interest": np.zeros(count, dtype=np.int64),
            "recourse_on": days(filed.claimed - recourse),
            "decision": pl.Series([decision.value]).new_from_index(0, count),
            "claim_decided_on": filed.decided,
            "household_id": block.household_ids(book.home[filed.loan]),
            "disbursed_on": book.disbursed_on(block.hurdles.time)[filed.loan],
            "proven": filed.accepted | (rng.random(count) >= block.a.number("claim_without_evidence")),
        }
    )


def _grounds(filed: pl.DataFrame, shocks: pl.DataFrame) -> pl.DataFrame:
    """This function will find the last shock on file between disbursement and claim: claim_id, ground."""
    struck = filed.select("claim_id", "household_id", "disbursed_on", "claimed_on").join(
        shocks.select("household_id", "kind", "happened_on", "known_on"), on="household_id"
    )
    within = pl.col("happened_on").is_between("disbursed_on", "claimed_on")
    known = struck.filter(within & (pl.col("known_on") <= pl.col("claimed_on")))
    last = known.sort("happened_on", "kind").unique("claim_id", keep="last", maintain_order=True)
    return last.select("claim_id", pl.col("kind").alias("ground"))
