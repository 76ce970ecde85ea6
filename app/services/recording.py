"""What a decision rested on, kept beside it: the facts of one household as canonical JSON."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import polars as pl

from app.domain.frames import Frames
from app.domain.ledger import BY_NAME


def requests_by_household(frames: Frames) -> Mapping[str, str]:
    """This function will write the facts of every household in `frames` as JSON text.

    Facts of a loan stand with its household; facts of the county stand with none.
    """
    facts: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    owners = frames["loans"].select("loan_id", "household_id").unique()
    for name, frame in frames.tables.items():
        for household, rows in _by_household(name, frame, owners).items():
            facts[household][name] = json.loads(rows.write_json())
    return {
        household: json.dumps(tables, ensure_ascii=False, sort_keys=True)
        for household, tables in facts.items()
    }


def _by_household(name: str, frame: pl.DataFrame, owners: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    subject = BY_NAME[name].subject
    if frame.is_empty() or subject not in {"household_id", "loan_id"}:
        return {}
    owned = frame if subject == "household_id" else frame.join(owners, on="loan_id", maintain_order="left")
    parts = owned.partition_by("household_id", as_dict=True, maintain_order=True)
    return {str(key[0]): part for key, part in parts.items()}
