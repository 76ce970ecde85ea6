"""How much may still be added to what a household owes, and how much of that is subsidised."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.money import FEN_PER_YUAN
from app.domain.words import Action, Eligibility
from app.policy.rules import Rules
from app.portfolio.action_limits import action_outcomes_of_loans
from app.portfolio.book import loan_book
from app.portfolio.scheme import parameter

TOP_UP_COLUMNS: Final = (
    "household_id", "township_code", "village_code", "loans", "balance", "room", "subsidised_room",
    "eligibility", "decided_by",
)  # fmt: skip
TOTAL_CAP: Final = "household_total_cap"
SUBSIDISED_CAP: Final = "subsidised_cap"
_RANKS: Final = {word.value: rank for rank, word in enumerate(Eligibility)}
_WORDS: Final = {rank: word for word, rank in _RANKS.items()}


def top_up_room(frames: Frames, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will tell how much each household with an active loan may still borrow: TOP_UP_COLUMNS.

    Fen. `room` is what its balances leave of the pack's total cap, `subsidised_room` the part of it within
    the cap on what is subsidised and compensated; both 0 where the pack's rules on top-ups refuse for one
    of its loans. `eligibility` is the worst that they say of its loans, `decided_by` the codes that say it;
    where it is `referred`, a person may allow `room` at most. Raises SchemeAbsentError where the pack has no
    cap in force. Source: 银保监发〔2021〕6号 (100 000 in all, of which 50 000 subsidised and compensated).
    """
    total, subsidised = (_fen(rules, code, as_of) for code in (TOTAL_CAP, SUBSIDISED_CAP))
    active = loan_book(frames, as_of=as_of).filter("active")
    said = action_outcomes_of_loans(frames, rules, Action.TOP_UP, as_of=as_of)
    homes = active.join(said, on="loan_id", how="left").group_by("household_id").agg(*_OWED, *_SAID)
    open_ = pl.col("eligibility") != Eligibility.REFUSED.value
    rooms = [
        pl.when(open_).then((cap - pl.col("balance")).clip(0)).otherwise(0).alias(name)
        for name, cap in (("room", total), ("subsidised_room", min(subsidised, total)))
    ]
    return homes.with_columns(rooms).unnest("place").select(TOP_UP_COLUMNS).sort("household_id")


def _fen(rules: Rules, code: str, as_of: date) -> int:
    return round(parameter(rules, code, as_of=as_of) * FEN_PER_YUAN)


_RANK: Final = pl.col("eligibility").replace_strict(_RANKS, return_dtype=pl.Int64)
_WORST: Final = _RANK.eq(_RANK.max())
_OWED: Final = (
    pl.struct("township_code", "village_code").first().alias("place"),
    pl.len().cast(pl.Int64).alias("loans"),
    pl.col("balance").sum(),
)
_SAID: Final = (
    _RANK.max().replace_strict(_WORDS, return_dtype=pl.String).alias("eligibility"),
    pl.col("decided_by").filter(_WORST).explode().drop_nulls().unique().sort(),
)
