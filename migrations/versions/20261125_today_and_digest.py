"""today: where people came from, who is not reached, who wants no digest.

Revision: 0012
After: 0011
Made: 2026-11-24 23:55:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOT_REACHED = sa.text("suppressed_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("registrations", sa.Column("source", sa.String(length=40), nullable=False, server_default=""))
    op.create_index(
        "ix_people_suppressed", "people", ["id"], sqlite_where=NOT_REACHED, postgresql_where=NOT_REACHED
    )
    op.create_table(
        "digests_off",
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["organizers.id"],
            name=op.f("fk_digests_off_organizer_id_organizers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organizer_id", name=op.f("pk_digests_off")),
    )


def downgrade() -> None:
    op.drop_table("digests_off")
    op.drop_index("ix_people_suppressed", "people")
    with op.batch_alter_table("registrations") as registrations:
        registrations.drop_column("source")
