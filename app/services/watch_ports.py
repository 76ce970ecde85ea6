"""What watching the learned opinion needs from a store; part of the unit of work."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

import polars as pl

from app.domain.words import Word

# What a challenger made of a loan on a day: the margin (log-odds, fixed point) and the probability in ppm.
SHADOW_SCHEMA: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "loan_id": pl.String(),
        "as_of": pl.Date(),
        "artefact_id": pl.String(),
        "inputs_hash": pl.String(),
        "margin_fixed": pl.Int64(),
        "pd_ppm": pl.Int64(),
    }
)
# What was said of a loan on a day, without the reasons.
SAID_SCHEMA: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "loan_id": pl.String(),
        "as_of": pl.Date(),
        "seq": pl.Int64(),
        "matures_on": pl.Date(),
        "days_to_maturity": pl.Int64(),
        "township_code": pl.String(),
        "village_code": pl.String(),
        "light": pl.String(),
        "pd_ppm": pl.Int64(),
        "rating_points": pl.Int64(),
        "artefact_id": pl.String(),
        "inputs_hash": pl.String(),
    }
)


class Decided(Word):
    """What was decided about an artefact."""

    PROMOTE = "promote", "启用"
    ROLLBACK = "rollback", "退回"
    RETIRE = "retire", "停用"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """A challenger measured against the champion; `gate_id` is the hash of `report`, which is JSON."""

    gate_id: str
    estimator: str
    artefact_id: str
    against_id: str
    as_of: date
    watermark: int
    passed: bool
    report: str
    made_at: datetime

    @property
    def usable_until(self) -> date | None:
        """This function will read the last day on which the report counts; None for one that never said."""
        told = json.loads(self.report).get("usable_until")
        return None if told is None else date.fromisoformat(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """Who decided what about an artefact, and why; `artefact_id` speaks from then on, or no longer."""

    kind: Decided
    estimator: str
    artefact_id: str
    proposed_by: str
    approved_by: str
    reason: str
    decided_at: datetime
    gate_id: str | None = None
    despite_gate: bool = False


class Registry(Protocol):
    """Who speaks since when, append-only, and the reports it was decided on."""

    def append(self, promotion: Promotion, *, after: int) -> None:
        """This function will keep a decision taken on what was decided up to `after`, as the next one.

        Raises ConflictError where another came first, StoreError where one person decided alone.
        """
        ...

    def promotions(self) -> Sequence[Promotion]:
        """This function will give all decisions, the first one first."""
        ...

    def last(self) -> int:
        """This function will give the number of the last decision, 0 where there is none."""
        ...

    def keep_report(self, report: GateReport) -> None:
        """This function will keep a gate report; one that is there already stays as it is."""
        ...

    def last_report(self, artefact_id: str, against_id: str) -> GateReport | None:
        """This function will find the report of an artefact against another on the latest day."""
        ...


class Watching(Protocol):
    """What was said of loans over time, and what challengers would have said."""

    def said(self, until: date) -> pl.DataFrame:
        """This function will give what was said up to a day: SAID_SCHEMA, the last of each loan and day."""
        ...

    def shadows(self, until: date) -> pl.DataFrame:
        """This function will give what challengers estimated up to a day: SHADOW_SCHEMA."""
        ...

    def append_shadows(self, sweep_id: int, rows: pl.DataFrame) -> int:
        """This function will add challengers' estimates (SHADOW_SCHEMA) that are new and count them."""
        ...


def plain(value: GateReport | Promotion) -> dict[str, Any]:
    """This function will give a record's values by name."""
    return {name: getattr(value, name) for name in value.__slots__}
