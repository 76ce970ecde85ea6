"""The record of a training run: what from, how, by which code and whom (after JR/T 0221-2021).

What the data and the code decide stands in the manifest, and so in the artefact's id. Who ran it and when
stand beside it in `training_record.json`, outside the id: the same run by another
person gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from platform import python_version
from typing import Any, Final

import polars as pl

from app import CODE_VERSION
from app.features.catalogue import REFUSED, catalogue_hash
from app.features.fingerprint import digest, row_hashes
from app.scoring import artifact
from app.scoring.spec import TrainingSpec

RECORD: Final = artifact.RECORD
_KEYS: Final = ("county", "loan_id", "as_of", "outcome", "weight")
NOT_FOR: Final = (
    ("无人复核的审批或拒贷", "granting or refusing without a person"),
    ("催收", "collecting"),
    ("定价", "pricing"),
    ("其他种类或额度的贷款", "loans of other kinds or sizes"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Who trained, an operator's code, and when, where that is told."""

    operator: str
    started_at: datetime | None = None


def fixed_record(rows: pl.DataFrame, columns: Sequence[str], spec: TrainingSpec) -> dict[str, Any]:
    """Record what the data and the code decide: plain JSON values, the same for the same rows and spec."""
    ends = rows["ends_on"].cast(pl.String)
    return {
        "data": {
            "origin": spec.trained_on,
            "counties": rows["county"].n_unique(),
            "loans": rows.unique(["county", "loan_id"]).height,
            "rows": rows.height,
            "columns": len(columns),
            "matured_from": ends.min(),
            "matured_until": ends.max(),
            "known_until": spec.known_until.isoformat(),
            "fingerprint": _fingerprint(rows, columns),
        },
        "sampling": {
            "rows": "每笔到期且结果已知的贷款、每个时点，未抽样 "
            "every matured loan with a known outcome, at every landmark; none is drawn",
            "cut": "按到期日切分，较早、较晚、检验的贷款占比 "
            "by maturity, shares of loans: earlier, later, test",
            "shares": list(spec.shares),
            "landmarks": list(spec.landmarks),
            "weights": "未被处置概率的倒数，不超过 censoring_weight_cap "
            "one over the probability of not being treated, at most censoring_weight_cap",
            "seed": spec.seed,
        },
        "code": {"version": CODE_VERSION, "catalogue": catalogue_hash()},
        "environment": {"python": python_version()},
        "never_used": [refused.name for refused in REFUSED],
        "not_for": [{"zh": zh, "en": en} for zh, en in NOT_FOR],
    }


def _fingerprint(rows: pl.DataFrame, columns: Sequence[str]) -> str:
    """Hash all that was learnt from; names and ID numbers are not in it."""
    named = rows.select(*_KEYS, *(name for name in columns if name not in _KEYS))
    return digest(*(one.encode() for one in row_hashes(named)))


def whole_record(manifest: Mapping[str, Any], metrics: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Add to the fixed record what the run found of groups, who ran it and, where told, when."""
    return dict(manifest["record"]) | {
        "estimator": manifest["estimator"],
        "libraries": dict(manifest["versions"]),
        "spec": dict(manifest["spec"]),
        "groups": list(metrics["groups"]),
        "operator": run.operator,
        "started_at": None if run.started_at is None else run.started_at.isoformat(timespec="seconds"),
    }
