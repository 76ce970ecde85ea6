"""What challengers could not estimate, told by the sweep.

Revision: 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("shadow_failures", sa.Text, nullable=False, server_default="{}")
    op.add_column("sweeps", column)


def downgrade() -> None:
    op.drop_column("sweeps", "shadow_failures")
