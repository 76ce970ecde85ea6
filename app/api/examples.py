"""Examples in the description, about invented people; a test posts each and checks its answer."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from app.api.claims import ClaimRequest
from app.api.courses import StepRequest
from app.api.openapi import BodyDocs
from app.api.requests import ScoreBatch, ScoreRequest, WarningBatch, WarningRequest

_AS_OF: Final = "2025-07-01"
_HOUSEHOLD: Final[Mapping[str, Any]] = {
    "household_id": "SIM-H-1",
    "village_code": "640323101201",
    "surveyed_on": "2025-01-15",
    "land_mu": 12.5,
    "assets": 3_000_000,
    "members": [
        {
            "person_id": "SIM-P-1",
            "relation": "head",
            "born_on": "1980-02-03",
            "labour": "able",
            "joined_on": "2020-03-01",
        }
    ],
    "registrations": [{"registration": "lifted", "registered_on": "2020-12-31"}],
    "incomes": [
        {"source": "wages", "received_in": "2024-09-01", "amount": 1_800_000},
        {"source": "livestock", "received_in": "2025-03-01", "amount": 2_600_000, "known_on": "2025-03-20"},
    ],
    "loans": [
        {
            "loan_id": "SIM-L-1",
            "borrower_id": "SIM-P-1",
            "bank": "SIM-BANK",
            "amount": 5_000_000,
            "annual_rate": 43_500,
            "disbursed_on": "2023-08-01",
            "matures_on": "2025-08-01",
            "industry": "sheep",
            "method": "bullet_yearly",
            "use_mode": "own",
            "kind": "new",
            "repayments_due": [
                {"due_on": "2024-08-01", "principal": 0, "interest": 217_500},
                {"due_on": "2025-08-01", "principal": 5_000_000, "interest": 217_500},
            ],
            "repayments": [{"paid_on": "2024-07-30", "principal": 0, "interest": 217_500}],
            "visits": [
                {
                    "visited_on": "2025-06-02",
                    "production": "poor",
                    "use_state": "as_agreed",
                    "willingness": "willing",
                    "contact": "reached",
                    "needs_funds": True,
                }
            ],
        }
    ],
}
_APPLICATION: Final[Mapping[str, Any]] = {
    "application_id": "SIM-A-1",
    "borrower_id": "SIM-P-1",
    "bank": "SIM-BANK",
    "applied_on": "2025-06-20",
    "amount": 5_000_000,
    "term_months": 24,
    "industry": "sheep",
}
SCORE: Final[Mapping[str, Any]] = {"as_of": _AS_OF, "household": _HOUSEHOLD, "application": _APPLICATION}
WARNING: Final[Mapping[str, Any]] = {"as_of": _AS_OF, "loan_id": "SIM-L-1", "household": _HOUSEHOLD}
CLAIM: Final[Mapping[str, Any]] = {
    "claim_id": "SIM-C-1",
    "loan_id": "SIM-L-1",
    "fund_id": "SIM-FUND",
    "ground": "illness",
    "principal": 5_000_000,
    "interest": 217_500,
    "recourse_on": "2025-09-01",
    "evidence": "医院诊断证明",
}
STEP: Final[Mapping[str, Any]] = {
    "household_id": "SIM-H-1",
    "course": "rating_review",
    "step": "survey",
    "outcome": "passed",
    "actor_id": "SIM-W-1",
    "done_on": "2025-09-01",
    "event_no": 1,
}

# Answers as they were given; a test holds them to the shape of what is answered now.
_ANSWERS: Final[Mapping[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("example_answers.yaml").read_text(encoding="utf-8")
)
BODIES: Final[Mapping[str, BodyDocs]] = MappingProxyType(
    {
        "/score": BodyDocs(model=ScoreRequest, examples={"whole": SCORE}, answer=_ANSWERS["/score"]),
        "/score/batch": BodyDocs(
            model=ScoreBatch,
            examples={
                "one": {"as_of": _AS_OF, "items": [{"household": _HOUSEHOLD, "application": _APPLICATION}]}
            },
        ),
        "/warning": BodyDocs(model=WarningRequest, examples={"inline": WARNING}, answer=_ANSWERS["/warning"]),
        "/warning/batch": BodyDocs(
            model=WarningBatch,
            examples={
                "inline": {"as_of": _AS_OF, "items": [{"loan_id": "SIM-L-1", "household": _HOUSEHOLD}]}
            },
        ),
        "/claims": BodyDocs(model=ClaimRequest, examples={"illness": CLAIM}),
        "/courses/{case_id}/events": BodyDocs(model=StepRequest, examples={"survey": STEP}),
    }
)
