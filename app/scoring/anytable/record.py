"""The record of a training on any table (after JR/T 0221-2021): what from, how, by which code and whom.

As with the estimators, what the data and the code decide stands in the manifest; who ran it and when stand
beside it in `training_record.json`, so that another person's run gives the same artefact.
"""

from collections.abc import Mapping
from pathlib import Path
from platform import machine, python_version, system
from typing import Any, Final

import polars as pl

from app import CODE_VERSION
from app.scoring.anytable.reading import Table
from app.scoring.anytable.spec import TableSpec
from app.scoring.anytable.trial import CROSS_VALIDATED, Trial
from app.scoring.training_record import NOT_FOR, Run

LIMITS: Final = (
    ("只对与训练数据同源、同口径的记录有效", "holds for records that came about as those learnt from did"),
    (
        "SHAP 值说明是什么改变了估计，不是原因",
        "SHAP values say what moved the estimate, never what caused the outcome",
    ),
    (
        "群体差异只就表中所有的群体衡量，未必齐全",
        "disparities are measured for the groups that the table names; there may be others",
    ),
    (
        "数据若随时间变化，概率会失准，须用到期结果复核",
        "probabilities drift as times change: hold them against outcomes as they come",
    ),
)


def fixed_record(path: Path, fingerprint: str, table: Table, trial: Trial, spec: TableSpec) -> dict[str, Any]:
    """Record what the data and the code decide: plain JSON values, the same for the same table and spec."""
    return {
        "data": {
            "source": path.name,
            "fingerprint": fingerprint,
            "rows": len(table.bad),
            "bads": int(table.bad.sum()),
            "columns": len(trial.model.sources),
            **_days(table),
        },
        "sampling": {
            "rows": "每一条有目标值的记录，未抽样 every row that tells the target; none is drawn",
            "tried": trial.kind,
            "folds": len(trial.metrics["folds"]),
            "test_share": None if trial.kind == CROSS_VALIDATED else spec.test_share,
            "seed": spec.seed,
        },
        "code": {"version": CODE_VERSION},
        "environment": {"python": python_version()},
        "never_used": [{"name": name, "why": why} for name, why in table.left_out],
        "limits": [{"zh": zh, "en": en} for zh, en in LIMITS],
        "not_for": [{"zh": zh, "en": en} for zh, en in NOT_FOR],
    }


def _days(table: Table) -> dict[str, str | None]:
    """Give the first and the last day of knowledge; None where no date was told."""
    if table.when is None:
        return {"known_from": None, "known_until": None}
    days = pl.Series([table.when.min(), table.when.max()]).cast(pl.Int32).cast(pl.Date)
    return {"known_from": str(days[0]), "known_until": str(days[1])}


def whole_record(manifest: Mapping[str, Any], metrics: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Add what was found of groups, the libraries and the machine, who ran it and, where told, when."""
    fixed = dict(manifest["record"])
    return fixed | {
        "environment": fixed["environment"] | {"system": system(), "machine": machine()},
        "libraries": dict(manifest["versions"]),
        "spec": dict(manifest["spec"]),
        "groups": dict(metrics["groups"]),
        "alarms": list(manifest["alarms"]),
        "operator": run.operator,
        "started_at": None if run.started_at is None else run.started_at.isoformat(timespec="seconds"),
    }
