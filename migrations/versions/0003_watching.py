"""What watching the learned opinion keeps: gate reports, who speaks since when, challengers' estimates.

Revision: 0003.
"""

import sqlalchemy as sa
from alembic import op

from app.db.revision_parts import TEXT, WHOLE, columns, create, guard

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GATE_REPORTS = (
    "estimator:code artefact_id:code against_id:code as_of:day watermark:whole passed:flag report:text "
    "made_at:instant"
)
PROMOTIONS = (
    "kind:code estimator:code artefact_id:code despite_gate:flag proposed_by:code approved_by:code "
    "reason:text decided_at:instant"
)
SHADOWS = "loan_id:code as_of:day artefact_id:code inputs_hash:code margin_fixed:whole pd_ppm:whole"


def upgrade() -> None:
    create(
        "gate_reports",
        sa.Column("gate_id", TEXT, primary_key=True),
        *columns(GATE_REPORTS),
    )
    create(
        "promotions",
        sa.Column("seq", WHOLE, primary_key=True, autoincrement=True),
        *columns(PROMOTIONS),
        sa.Column("gate_id", TEXT, sa.ForeignKey("gate_reports.gate_id")),
        sa.CheckConstraint("proposed_by <> approved_by", name="two_people"),
    )
    create(
        "shadow_estimates",
        *columns(SHADOWS),
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweeps.sweep_id"), nullable=False),
        sa.PrimaryKeyConstraint("loan_id", "as_of", "artefact_id", "inputs_hash"),
        sa.CheckConstraint("pd_ppm BETWEEN 0 AND 1000000", name="pd_ppm"),
    )
    for name in ("gate_reports", "promotions", "shadow_estimates"):
        guard(name)


def downgrade() -> None:
    for name in ("shadow_estimates", "promotions", "gate_reports"):
        op.drop_table(name)
