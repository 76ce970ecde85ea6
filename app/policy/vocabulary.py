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
DRAW_COLUMNS: Final = frozenset(
    {
        "days_left",  # from the day to the last on which the line may be drawn; negative when past
        "above_available_yuan",  # what is asked for less what the line still gives; above 0: too much
        "earlier_draws",  # loans drawn on the line before, count
        "revolving",  # 1 when what is repaid may be drawn again, 0 when not, null when not recorded
        "overdue_days",  # principal or interest of any loan of the household, the longest
    }
)
FINDING_COLUMNS: Final = frozenset(
    {
        # the loan as it stands
        "is_active",  # 1 or 0
        "kind",  # word: LoanKind
        "industry",  # word: Industry
        "use_mode",  # word: UseMode
        "amount_yuan",
        "balance_yuan",
        "annual_rate_pct",  # % a year
        "term_months",
        "principal_days_late",
        "principal_overdue_yuan",
        "interest_days_late",
        "interest_overdue_yuan",
        "days_past_maturity",  # until repaid in full, else until as_of; 0 when never
        "dividend_days_late",  # since the oldest dividend due and not fully paid; null when none
        "dividend_overdue_yuan",
        # when it was paid out
        "registration_at_disbursement",  # word: Registration; null when none was known
        "wait_days",  # from application to disbursement; null without an application
        "household_principal_yuan",  # owed by the household after the payout, this loan included
        "household_loans",  # count of other loans that the household owed on then
        "household_top_ups",  # count of top-ups among the loans owed on then, this one included
        "other_borrower_loans",  # count of those other loans whose borrower is another member
        # what was done with the money
        "use_outside_production_yuan",
        "use_debt_yuan",
        "use_financial_yuan",  # put to financial products or lent on
        "use_state_last",  # word: UseState, of the last visit that tells
        "misuse_visits",  # count
        # how it was paid back
        "interest_on_disbursement_yuan",
        "principal_on_disbursement_yuan",
        "interest_ahead_days",  # most days of interest that were ever paid before they had run
        "interest_excess_yuan",  # interest paid above the contract's rate on actual days (a year of 360)
        "first_principal_days",  # from disbursement; null when none was repaid
        "first_principal_days_ahead",  # before the first principal fell due
        "half_repaid_days",  # from disbursement until more than half was repaid
        "half_repaid_days_ahead",  # before more than half fell due
        "old_loans_repaid_same_day_yuan",  # principal of the household's other loans at the bank
        # the people behind it: counts of loans of others, except where said
        "id_invalid",  # 1 or 0
        "same_person_loans",  # of one ID number in other households
        "same_phone_loans",  # in other households
        "same_account_loans",  # of other borrowers
        "same_name_borrowers",  # count of other borrowers
        "same_name_same_birth_date_loans",
        "same_name_same_phone_loans",
        "same_name_same_account_loans",
        "same_name_same_village_alike_id_loans",
        "near_name_same_phone_loans",
        "near_name_same_account_loans",
        "near_name_same_village_same_birth_date_loans",
        "near_name_same_village_alike_id_loans",
        "alike_id_loans",  # one slip apart in all 18 characters: so one number at least is invalid
    }
)
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

VOCABULARY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "standings": STANDING_COLUMNS,
        "findings": FINDING_COLUMNS,
        "claim_rules": CLAIM_COLUMNS,
        "draw_rules": DRAW_COLUMNS,
        "subsidies": SUBSIDY_COLUMNS,
    }
)
