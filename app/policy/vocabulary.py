"""What conditions may read in sections that do not speak of features: column by column, with its unit."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.policy.finding_labels import FINDING_LABELS

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
DRAW_COLUMNS: Final = frozenset(
    {
        "days_left",  # from the day to the last on which the line may be drawn; negative when past
        "above_available_yuan",  # what is asked for less what the line still gives; above 0: too much
        "earlier_draws",  # loans drawn on the line before, count
        "revolving",  # 1 when what is repaid may be drawn again, 0 when not, null when not recorded
        "overdue_days",  # principal or interest of any loan of the household, the longest
    }
)
FINDING_COLUMNS: Final = frozenset(FINDING_LABELS)
CLAIM_COLUMNS: Final = frozenset(
    {
        "days_overdue",  # days principal is overdue
        "ground",  # a word of ClaimGround
        "ground_named",  # flag: the fund's rules name it; missing where they name none
        "ground_recorded",  # flag: a matching shock since the loan was paid out is in the ledger
        "recourse_days",  # days since recourse began; missing when it has not
        "evidence_given",  # flag
        "principal_yuan",  # claimed
        "above_balance_yuan",  # claimed beyond what is owed
        "compensated_yuan",  # the part of the balance that a fund answers for
        "subsidised",  # flag
        "misuse_found",  # flag: a visit or a use record found money put to another use
        "use_mode_firm",  # flag
        "claimed_before",  # flag: another claim on the loan was not refused
        "fund_short_yuan",  # what the fund lacks for this claim and those before it
    }
)
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
CLASS_COLUMNS: Final = frozenset(
    {
        "times_extended",
        "times_renewed",
        "months_since_restructured",  # since the last renewal or extension; missing when there was none
    }
)

VOCABULARY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "standings": STANDING_COLUMNS,
        "findings": FINDING_COLUMNS,
        "claim_rules": CLAIM_COLUMNS,
        "draw_rules": DRAW_COLUMNS,
        "subsidies": SUBSIDY_COLUMNS,
        "classes": CLASS_COLUMNS,
    }
)
