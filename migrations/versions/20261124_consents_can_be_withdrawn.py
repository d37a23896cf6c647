"""consents can be withdrawn.

Revision: consents_withdrawn
After: 0001
Made: 2026-11-24 21:50:00
"""

import sqlalchemy as sa
from alembic import op

revision = "consents_withdrawn"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consents", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("consents", "withdrawn_at")
