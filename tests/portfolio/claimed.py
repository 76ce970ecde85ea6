"""One overdue loan, its fund and a claim on it: simulated, nobody's."""

from datetime import date
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.policy.policy import load
from app.policy.rules import Rules
from app.portfolio.book import loan_book
from app.portfolio.claims import judge_claims
from tests.features.ledger import LOAN, ledger, loan

AS_OF = date(2024, 10, 1)  # 93 days after LOAN matured
CLAIM: dict[str, Any] = {
    "claim_id": "C1", "loan_id": "L1", "fund_id": "F1", "ground": "illness", "claimed_on": date(2024, 9, 30),
    "principal": 5_000_000, "interest": 0, "recourse_on": date(2024, 7, 15), "evidence": "病历",
}  # fmt: skip
ILLNESS: dict[str, Any] = {"household_id": "H1", "kind": "illness", "happened_on": date(2024, 3, 1)}
DEPOSIT: dict[str, Any] = {
    "fund_id": "F1", "fund": "compensation", "movement_no": "M1", "movement": "deposit",
    "moved_on": date(2022, 1, 1), "amount": 100_000_000,
}  # fmt: skip


def overdue(days: int, **more: Any) -> dict[str, Any]:
    """The loan, so many days overdue on AS_OF."""
    return LOAN | {"matures_on": date.fromordinal(AS_OF.toordinal() - days)} | more


def moved(number: str, movement: str, day: date, amount: int, **more: Any) -> dict[str, Any]:
    return DEPOSIT | {"movement_no": number, "movement": movement, "moved_on": day, "amount": amount} | more


def rules(pack: str, day: date = AS_OF) -> Rules:
    return load(pack).at(day)


def claimed(**tables: list[dict[str, Any]]) -> Frames:
    return ledger(**({"claims": [CLAIM], "shocks": [ILLNESS], "fund_movements": [DEPOSIT]} | tables))


def judged(frames: Frames, pack: str = "yanchi", day: date = AS_OF) -> pl.DataFrame:
    return judge_claims(frames, loan_book(frames, as_of=day), rules(pack, day), as_of=day)


__all__ = ["AS_OF", "CLAIM", "DEPOSIT", "ILLNESS", "claimed", "judged", "loan", "moved", "overdue", "rules"]
