"""What a decision rested on, kept beside it: the facts of one household as canonical JSON."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME

Row = dict[str, Any]


def requests_by_household(frames: Frames) -> Mapping[str, str]:
    """This function will write the facts of every household in `frames` as JSON text.

    Facts of a loan stand with its household; facts of the county stand with none.
    """
    facts: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for loan, household in frames["loans"].select("loan_id", "household_id").unique().iter_rows():
        owners[loan].append(household)
    for name, frame in frames.tables.items():
        for household, rows in _by_household(name, frame, owners).items():
            facts[household][name] = rows
    return {
        household: json.dumps(tables, ensure_ascii=False, sort_keys=True, default=date.isoformat)
        for household, tables in facts.items()
    }


def _by_household(
    name: str, frame: pl.DataFrame, owners: Mapping[str, Sequence[str]]
) -> Mapping[str, list[Row]]:
    subject = BY_NAME[name].subject
    if subject not in {"household_id", "loan_id"}:
        return {}
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        of_loan = subject == "loan_id"
        for household in owners.get(row["loan_id"], ()) if of_loan else (row["household_id"],):
            found[household].append({**row, "household_id": household})
    return found
