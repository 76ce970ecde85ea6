"""Bodies of requests about invented people; every id says that it is simulated."""

from copy import deepcopy
from typing import Any

AS_OF = "2025-07-01"

HOUSEHOLD: dict[str, Any] = {
    "household_id": "SIM-H-1",
    "village_code": "640323101201",
    "surveyed_on": "2020-03-01",
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
        {"source": "livestock", "received_in": "2025-03-01", "amount": 1_200_000, "known_on": "2025-03-20"}
    ],
    "outside_debts": [],
    "shocks": [],
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
            "method": "bullet_quarterly",
            "use_mode": "own",
            "kind": "new",
            "repayments_due": [{"due_on": "2025-08-01", "principal": 5_000_000, "interest": 54_375}],
            "repayments": [{"paid_on": "2024-08-01", "principal": 0, "interest": 54_375}],
            "visits": [
                {
                    "visited_on": "2025-06-02",
                    "production": "sound",
                    "willingness": "willing",
                    "contact": "reached",
                }
            ],
        }
    ],
}
APPLICATION: dict[str, Any] = {
    "application_id": "SIM-A-1",
    "borrower_id": "SIM-P-1",
    "bank": "SIM-BANK",
    "applied_on": "2025-06-20",
    "amount": 5_000_000,
    "term_months": 24,
    "industry": "sheep",
}


def score_body(**changes: Any) -> dict[str, Any]:
    return {"as_of": AS_OF, "household": deepcopy(HOUSEHOLD), "application": deepcopy(APPLICATION), **changes}


def warning_body(**changes: Any) -> dict[str, Any]:
    return {"as_of": AS_OF, "loan_id": "SIM-L-1", "household": deepcopy(HOUSEHOLD), **changes}
