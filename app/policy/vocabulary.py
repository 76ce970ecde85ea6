"""What conditions may read in sections that do not speak of features: column by column, with its unit."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STANDING_COLUMNS: Final = frozenset(
    {
        "households",  # count
        "rated_share",  # of the eligible households
        "credit_household_share",  # of the rated households: with the credit grade or better
        "clean_borrower_share",  # of the borrowers: nothing overdue
        "overdue_rate_amount",  # overdue principal of all principal outstanding
        "overdue_rate_change",  # on the year before
        "credit_group_share",  # of the village's groups
        "credit_village_share",  # of the township's villages
        "bad_faith_defaults_12m",  # count
    }
)
FINDING_COLUMNS: Final = frozenset[str]()
CLAIM_COLUMNS: Final = frozenset[str]()
SUBSIDY_COLUMNS: Final = frozenset(
    {
        "registration",  # of the household, on the first day of the quarter
        "use_mode",
        "kind",
        "method",
        "industry",
        "bank",
        "amount_yuan",
        "annual_rate_pct",
        "term_months",
        "vintage",  # the year in which the loan was paid out
        "times_extended",
        "times_renewed",
        "principal_days_late",  # on the day that the plan is made; 0 for a loan repaid
        "interest_days_late",
    }
)

VOCABULARY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "standings": STANDING_COLUMNS,
        "findings": FINDING_COLUMNS,
        "claim_rules": CLAIM_COLUMNS,
        "subsidies": SUBSIDY_COLUMNS,
    }
)
