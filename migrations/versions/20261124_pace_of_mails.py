"""pace of mails.

Revision: 0003
After: 0002
Made: 2026-11-24 20:55:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_paces")),
    )
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("early", sa.String(length=10), nullable=True))
        batch_op.create_check_constraint(op.f("ck_broadcasts_early_known"), "early IN ('begun', 'done')")


def downgrade() -> None:
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_broadcasts_early_known"), type_="check")
        batch_op.drop_column("early")

    op.drop_table("paces")
