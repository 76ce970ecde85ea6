"""What the schemes of single places add: surveys, courses, dividends, societies, claims, tasks.

Revision: 0002.
"""

from alembic import op

from app.db.revision_parts import create_facts, guard

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FACTS = {
    "surveys": "household_id:code item:code value:number asked_on:day surveyor_id:code?",
    "course_events": (
        "case_id:code event_no:whole household_id:code course:code step:code outcome:code actor_id:code "
        "done_on:day note:text?"
    ),
    "dividends": "loan_id:code due_on:day due:money firm_id:code? paid_on:day? paid:money?",
    "society_members": "society_id:code household_id:code joined_on:day left_on:day? dues:money?",
    "society_dues": "society_id:code household_id:code paid_on:day amount:money",
    "claims": (
        "claim_id:code loan_id:code fund_id:code ground:code claimed_on:day principal:money interest:money "
        "recourse_on:day? evidence:text? decision:code? claim_decided_on:day?"
    ),
    "tasks": "place_code:code starts_on:day ends_on:day amount:money",
    "insurance_accounts": (
        "fund_id:code covers_from:day covers_to:day premiums:money payouts:money costs:money?"
    ),
}


def upgrade() -> None:
    for name, spec in FACTS.items():
        create_facts(name, spec)
        guard(name)


def downgrade() -> None:
    for name in reversed(FACTS):
        op.drop_table(name)
