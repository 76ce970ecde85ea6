"""Invented vintages of subsidised loans, one household each: simulated, nobody's."""

from datetime import date
from typing import Any

from app.domain.frames import Frames
from tests.features.ledger import HOUSEHOLD, ledger, loan

CAP = 5_000_000  # fen


def lent(number: int, amount: int, on: date, until: date, **more: Any) -> dict[str, Any]:
    """A subsidised loan of a household of its own."""
    keys = {"loan_id": f"L{number:06}", "household_id": f"H{number:06}", "borrower_id": f"P{number:06}"}
    terms = {"amount": amount, "annual_rate": 47_500, "disbursed_on": on, "matures_on": until}
    return loan(subsidised=True, **keys, **terms) | more


def vintage(total: int, on: date, until: date, *, first: int = 0) -> list[dict[str, Any]]:
    """Loans that add up to a total (fen), each of the most that is subsidised, the last of the rest."""
    whole, rest = divmod(total, CAP)
    amounts = [CAP] * whole + ([rest] if rest else [])
    return [lent(first + n, amount, on, until) for n, amount in enumerate(amounts)]


def county(*loans: dict[str, Any], **tables: list[dict[str, Any]]) -> Frames:
    """Frames of these loans and a household for each."""
    numbers = sorted({each["household_id"] for each in loans})
    homes = [HOUSEHOLD | {"household_id": number, "surveyed_on": date(2014, 1, 1)} for number in numbers]
    return ledger(loans=list(loans), households=homes, **tables)
