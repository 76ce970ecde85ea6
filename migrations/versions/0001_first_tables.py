"""First tables: the ledger's facts, persons, imports, sweeps, assessments, decisions.

Revision: 0001. Frozen: what the ledger's schemas become later is for later revisions.
"""

import sqlalchemy as sa
from alembic import op

from app.db.revision_parts import MAX_CODE, TEXT, WHOLE, columns, create, create_facts, guard

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# name:type, with ? where the value may be unknown
FACTS = {
    "places": "place_code:code place_name:text listed_on:day",
    "households": (
        "household_id:code village_code:code village_group:text? head_person_id:code? land_mu:number? "
        "assets:money? surveyed_on:day"
    ),
    "household_members": (
        "household_id:code person_id:code relation:code born_on:day? labour:code? joined_on:day left_on:day?"
    ),
    "registrations": "household_id:code registration:code registered_on:day",
    "incomes": "household_id:code source:code received_in:day amount:money",
    "outside_debts": "household_id:code debt_id:code creditor:text? balance:money stated_on:day",
    "shocks": "household_id:code kind:code happened_on:day loss:money? person_id:code?",
    "insurance": (
        "household_id:code policy_id:code kind:code insured:money? starts_on:day ends_on:day "
        "paid_out:money? paid_out_on:day?"
    ),
    "credit_marks": "household_id:code mark:code marked_on:day cleared_on:day?",
    "ratings": (
        "household_id:code scheme:code indicator:code points:whole rated_on:day grade:code? "
        "credit_limit:money? bank:code?"
    ),
    "guarantee_groups": "group_id:code household_id:code role:code? joined_on:day left_on:day?",
    "firms": "firm_id:code state:code stated_on:day",
    "fund_movements": (
        "fund_id:code fund:code movement_no:code movement:code moved_on:day amount:money "
        "loan_id:code? bank:code?"
    ),
    "prices": "industry:code priced_in:day price:money",
    "applications": (
        "application_id:code household_id:code borrower_id:code bank:code applied_on:day amount:money "
        "term_months:whole industry:code"
    ),
    "credit_lines": (
        "line_id:code household_id:code bank:code credit_limit:money granted_on:day expires_on:day "
        "revolving:flag?"
    ),
    "loans": (
        "loan_id:code household_id:code borrower_id:code bank:code amount:money annual_rate:whole "
        "disbursed_on:day matures_on:day industry:code method:code use_mode:code kind:code "
        "continues_loan_id:code? firm_id:code? line_id:code? group_id:code? subsidised:flag? "
        "helper_id:code?"
    ),
    "repayments_due": "loan_id:code due_on:day principal:money interest:money",
    "repayments": "loan_id:code paid_on:day principal:money interest:money receipt_no:code?",
    "visits": (
        "loan_id:code visited_on:day production:code? use_state:code? willingness:code? contact:code? "
        "needs_funds:flag? pictures:whole? visitor_id:code?"
    ),
    "use_records": "loan_id:code record_no:code used_on:day amount:money purpose:code",
    "dispositions": (
        "loan_id:code action:code decided_on:day maker_id:code? checker_id:code? new_matures_on:day? "
        "note:text?"
    ),
}
SWEEPS = (
    "as_of:day watermark:whole policy:text policy_hash:text artefact_id:text code_version:text "
    "horizon_days:whole? started_at:instant loans_in:whole added:whole unchanged:whole quarantined:whole "
    "lights:text finished_at:instant?"
)
ASSESSMENTS = (
    "loan_id:code household_id:text? borrower_id:text? township_code:text? village_code:text? bank:text? "
    "industry:text? kind:text? amount:money balance:money disbursed_on:day? matures_on:day "
    "days_to_maturity:whole as_of:day watermark:whole policy:text policy_hash:text artefact_id:text "
    "code_version:text inputs_hash:text light:text trigger_light:text model_light:text? data_gap:flag "
    "pd_ppm:whole? pd_low_ppm:whole? pd_high_ppm:whole? margin_fixed:whole? rating_points:whole? "
    "rating_grade:text? rating_limit:whole? agreement:text? top_cause:text? top_action:text? "
    "urgency:whole next_change_on:day? payload:text"
)
CONTEXTS = (
    "day:day watermark:whole code_version:text content_version:text township_counts:text group_counts:text"
)
DECISIONS = "kind:text decided_at:instant as_of:day request:text answer:text"

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME
  USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE)
    create_imports_and_persons()
    for name, spec in FACTS.items():
        create_facts(name, spec)
    create_assessments()
    for name in append_only():
        guard(name)


def downgrade() -> None:
    newest_first = ["decisions", "contexts", "assessments", "quarantined_loans", "sweeps", *reversed(FACTS)]
    for name in [*newest_first, "persons", "ledger_state", "imports"]:
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")


def create_imports_and_persons() -> None:
    create(
        "imports",
        sa.Column("import_id", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("file_sha256", TEXT, nullable=False, unique=True),
        *columns("imported_on:day totals:text"),
    )
    create(
        "ledger_state",
        sa.Column("state_id", WHOLE, primary_key=True, autoincrement=False),
        *columns("last_import_id:whole last_person_no:whole"),
        sa.CheckConstraint("state_id = 1", name="one_row"),
    )
    op.execute("INSERT INTO ledger_state (state_id, last_import_id, last_person_no) VALUES (1, 0, 0)")
    create(
        "persons",
        sa.Column("person_id", TEXT, primary_key=True),
        sa.Column("id_number", TEXT, nullable=False, unique=True),
        *columns("full_name:text? phone:text? account:text? registered_on:day?"),
        sa.Column("import_id", WHOLE, sa.ForeignKey("imports.import_id"), nullable=False),
        sa.CheckConstraint(f"length(id_number) <= {MAX_CODE}", name="id_number"),
    )


def create_assessments() -> None:
    create(
        "sweeps",
        sa.Column("sweep_id", sa.Integer, primary_key=True),
        *columns(SWEEPS),
        sa.CheckConstraint(
            "finished_at IS NULL OR loans_in = added + unchanged + quarantined", name="totals_reconcile"
        ),
    )
    sweep = sa.ForeignKey("sweeps.sweep_id")
    create(
        "quarantined_loans",
        sa.Column("sweep_id", sa.Integer, sweep, nullable=False),
        *columns("loan_id:text reason:text"),
        sa.PrimaryKeyConstraint("sweep_id", "loan_id"),
    )
    create(
        "assessments",
        sa.Column("seq", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("assessment_id", TEXT, nullable=False, unique=True),
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweeps.sweep_id")),
        *columns(ASSESSMENTS),
        sa.CheckConstraint("pd_ppm BETWEEN 0 AND 1000000", name="pd_ppm"),
    )
    for keys in (["as_of", "urgency", "loan_id"], ["loan_id", "as_of", "seq"]):
        op.create_index(f"ix_assessments_{'_'.join(keys)}", "assessments", keys)
    create(
        "contexts",
        *columns(CONTEXTS),
        sa.PrimaryKeyConstraint("day", "watermark", "code_version"),
    )
    create(
        "decisions",
        sa.Column("seq", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("decision_id", TEXT, nullable=False, unique=True),
        *columns(DECISIONS),
    )


def append_only() -> list[str]:
    return [*FACTS, "quarantined_loans", "assessments", "contexts", "decisions"]
