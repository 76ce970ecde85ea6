"""What is known of the effects of actions: the one table that training writes and warnings read."""

from typing import Final

import polars as pl

EVERY_CAUSE: Final = ""  # the row that holds for every cause without a row of its own
# `shift`: of the log-odds of default against collecting; `loss_ratio`: times the loss when collecting;
# both speak of loans whose estimate is at least `pd_from_ppm`. `n`: loans behind the row.
EFFECTS_SCHEMA: Final = pl.Schema(
    {
        "action": pl.String,
        "cause": pl.String,
        "shift": pl.Float64,
        "shift_low": pl.Float64,
        "shift_high": pl.Float64,
        "loss_ratio": pl.Float64,
        "loss_ratio_low": pl.Float64,
        "loss_ratio_high": pl.Float64,
        "pd_from_ppm": pl.Int64,
        "basis": pl.String,
        "n": pl.Int64,
    }
)

# What actions change in groups of loans that a small tree of visible facts tells apart. `collect` holds
# levels; for the others `lost` (share of the balance unpaid 24 months after the original maturity) and
# `bad_record` (chance of being overdue for three months) are differences against collecting, and `failed` is
# the chance of failing under the action. Each has an interval. `n`: loans behind the row.
MEASURES: Final = ("lost", "bad_record", "failed")
GROUP_SCHEMA: Final = pl.Schema(
    {"group": pl.Int64(), "action": pl.String(), "n": pl.Int64()}
    | {f"{name}{end}": pl.Float64() for name in MEASURES for end in ("", "_low", "_high")}
)
