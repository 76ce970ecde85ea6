"""Invented borrowers and their loans for the tests of findings: simulated, nobody's."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.domain.identity import check_digit
from app.policy.policy import load
from app.portfolio.findings import findings
from tests.features.ledger import AS_OF, HOUSEHOLD, ledger, loan

COUNTY = "999901"  # no county has this code
SCHEMA = dict.fromkeys(("person_id", "full_name", "id_number", "phone", "account"), pl.String())


def id_number(born: date, running: int) -> str:
    body = f"{COUNTY}{born:%Y%m%d}{running:03d}"
    return body + check_digit(body)


def person(number: int, **differences: Any) -> dict[str, Any]:
    """A borrower of whom nothing is like another's."""
    born = date(1960 + number % 40, 1 + number % 12, 1 + number % 28)
    usual = {
        "person_id": f"P{number}",
        "full_name": "".join(chr(0x4E00 + (number * 211 + place * 3571) % 8000) for place in range(3)),
        "id_number": id_number(born, 100 + 37 * number % 800),
        "phone": f"000{number:08d}",
        "account": f"0000{number:015d}",
    }
    return usual | differences


def people(*rows: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([dict(row) for row in rows], schema=SCHEMA)


def lent(number: int, **differences: Any) -> dict[str, Any]:
    """The loan of a borrower in a household of its own."""
    keys = {"loan_id": f"L{number}", "household_id": f"H{number}", "borrower_id": f"P{number}"}
    return loan(**keys | differences)


def home(number: int, village: int | None = None) -> dict[str, Any]:
    code = f"99990110{1 + (number if village is None else village) % 9000:04d}"
    return HOUSEHOLD | {"household_id": f"H{number}", "village_code": code}


def registered(number: int, day: date = date(2016, 1, 1), word: str = "registered") -> dict[str, Any]:
    return {"household_id": f"H{number}", "registered_on": day, "registration": word}


def county(loans: Sequence[dict[str, Any]], **tables: list[dict[str, Any]]) -> Frames:
    """The loans, their households apart from each other, all registered."""
    numbers = sorted({int(row["household_id"][1:]) for row in loans})
    usual = {
        "households": [home(number) for number in numbers],
        "registrations": [registered(number) for number in numbers],
    }
    return ledger(loans=list(loans), **usual | tables)


def rows(
    frames: Frames, of_people: pl.DataFrame | None = None, *, as_of: date = AS_OF, pack: str = "national"
) -> pl.DataFrame:
    numbers = sorted({int(p[1:]) for p in frames["loans"].get_column("borrower_id")})
    known = people(*(person(n) for n in numbers)) if of_people is None else of_people
    return findings(frames, known, as_of=as_of, policy=load(pack))


def found(frames: Frames, of_people: pl.DataFrame | None = None, **asked: Any) -> dict[str, set[str]]:
    """The findings by loan."""
    told = rows(frames, of_people, **asked).select("loan_id", "finding")
    every: dict[str, set[str]] = {}
    for loan_id, finding in told.iter_rows():
        every.setdefault(loan_id, set()).add(finding)
    return every
