"""What is stored of one assessment."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

# One stored assessment, money in fen, probabilities in ppm; `urgency` sorts lists, lower is more
# urgent; `assessment_id` is the hash of the natural key; `payload` is canonical JSON with reasons,
# contributions, causes and actions. The store adds `seq` and `sweep_id`.
ASSESSMENT_SCHEMA: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "assessment_id": pl.String(),
        "loan_id": pl.String(),
        "household_id": pl.String(),
        "borrower_id": pl.String(),
        "township_code": pl.String(),
        "village_code": pl.String(),
        "bank": pl.String(),
        "industry": pl.String(),
        "kind": pl.String(),
        "amount": pl.Int64(),
        "balance": pl.Int64(),
        "disbursed_on": pl.Date(),
        "matures_on": pl.Date(),
        "days_to_maturity": pl.Int64(),
        "as_of": pl.Date(),
        "watermark": pl.Int64(),
        "policy": pl.String(),
        "policy_hash": pl.String(),
        "artefact_id": pl.String(),
        "code_version": pl.String(),
        "inputs_hash": pl.String(),
        "light": pl.String(),
        "trigger_light": pl.String(),
        "model_light": pl.String(),
        "data_gap": pl.Boolean(),
        "pd_ppm": pl.Int64(),
        "pd_low_ppm": pl.Int64(),
        "pd_high_ppm": pl.Int64(),
        "margin_fixed": pl.Int64(),
        "rating_points": pl.Int64(),
        "rating_grade": pl.String(),
        "rating_limit": pl.Int64(),
        "agreement": pl.String(),
        "top_cause": pl.String(),
        "top_action": pl.String(),
        "urgency": pl.Int64(),
        "next_change_on": pl.Date(),
        "payload": pl.String(),
    }
)
