"""The record of what the effects of actions were estimated from (after JR/T 0221-2021), and whom they serve.

As with the estimators, what the data and the code decide goes into the manifest, and so into the artefact's
id; who ran it and when stand beside it in `training_record.json`.
"""

from collections.abc import Mapping
from platform import python_version
from typing import Any, Final

import numpy as np
import polars as pl

from app import CODE_VERSION
from app.domain.words import Action
from app.features.catalogue import REFUSED, catalogue_hash
from app.features.fingerprint import digest, row_hashes
from app.scoring.groups import GROUPS, with_groups
from app.scoring.training_record import NOT_FOR, Run

_Z: Final = 1.959963984540054
_DIGITS: Final = 5
_KEYS: Final = ("loan", "action", "failed", "loss", "pd_ppm")
LIMITS: Final = (
    (
        "模拟贷款的措施效果出自模拟的假定",
        "effects on simulated loans follow from the simulation's assumptions",
    ),
    ("没有证据之处由规则决定", "where there is no evidence, the rule decides"),
    ("措施由人决定", "a person decides on every action"),
)


def group_changes(followed: pl.DataFrame, *, least: int) -> list[dict[str, Any]]:
    """Give what every action changes in the chance of failing, against collecting, by group of borrowers.

    `followed` holds a row per loan and action: loan, action, failed and the columns that `with_groups` reads.
    Groups of fewer than `least` loans are not told; `low` and `high` end a paired 95 % interval.
    """
    collect = followed.filter(action=Action.COLLECT.value).select("loan", pl.col("failed").alias("else"))
    told = with_groups(followed.filter(pl.col("action") != Action.COLLECT.value).join(collect, on="loan"))
    change = pl.col("failed").cast(pl.Float64) - pl.col("else").cast(pl.Float64)
    return [
        {"column": name} | row
        for name in GROUPS
        for row in _changes(told.with_columns(change.alias("change")), name, least)
    ]


def _changes(told: pl.DataFrame, name: str, least: int) -> list[dict[str, Any]]:
    by = told.drop_nulls(name).group_by(pl.col(name).cast(pl.String).alias("group"), "action")
    found = by.agg(
        pl.len().alias("n"),
        pl.col("change").mean().alias("change"),
        (pl.col("change").std() / pl.len().sqrt() * _Z).fill_null(np.inf).alias("half"),
    )
    ends = [(pl.col("change") + sign * pl.col("half")).alias(end) for end, sign in (("low", -1), ("high", 1))]
    large = found.filter((pl.col("n") >= least) & pl.col("half").is_finite()).with_columns(ends)
    return (
        large.drop("half").with_columns(pl.col(pl.Float64).round(_DIGITS)).sort("group", "action").to_dicts()
    )


def fixed_record(followed: pl.DataFrame, origin: Mapping[str, Any], *, least: int) -> dict[str, Any]:
    """Record what the data and the code decide: plain JSON values, the same for the same loans."""
    counties = origin["counties"]
    return {
        "data": {
            "origin": origin["trained_on"],
            "counties": len(counties),
            "loans": followed["loan"].n_unique(),
            "rows": followed.height,
            "known_until": origin["known_until"],
            "fingerprint": digest(*(one.encode() for one in row_hashes(followed.select(_KEYS)))),
        },
        "sampling": {
            "rows": "every loan with a formal assessment and an estimate, under every action; none is drawn",
            "seeds": [county.get("seed") for county in counties],
            "strengths": sorted({str(county.get("sensitivity")) for county in counties}),
        },
        "code": {"version": CODE_VERSION, "catalogue": catalogue_hash()},
        "environment": {"python": python_version()},
        "never_used": [refused.name for refused in REFUSED],
        "groups": group_changes(followed, least=least),
        "limits": [{"zh": zh, "en": en} for zh, en in LIMITS],
        "not_for": [{"zh": zh, "en": en} for zh, en in NOT_FOR],
    }


def whole_record(origin: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Add to the fixed record, which stands in the origin, who ran it and, where told, when."""
    told = {name: origin[name] for name in ("estimator", "policy", "spec")}
    return dict(origin["record"]) | told | {
        "libraries": dict(origin["versions"]),
        "operator": run.operator,
        "started_at": None if run.started_at is None else run.started_at.isoformat(timespec="seconds"),
    }  # fmt: skip
