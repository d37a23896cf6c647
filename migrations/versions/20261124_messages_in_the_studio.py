"""announcements, organizers' own words for mails, and the few deliveries that did not get out.

Revision: 0011
After: 0010
Made: 2026-11-24 23:55:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NOT_SENT = sa.text("state IN ('failed', 'expired', 'cancelled', 'suppressed')")
EVERYWHERE = sa.text("webinar_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("segment", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('draft', 'waiting', 'scheduled')", name=op.f("ck_announcements_state_known")),
        sa.CheckConstraint("kind IN ('announcement', 'news')", name=op.f("ck_announcements_kind_known")),
        sa.CheckConstraint(
            "state = 'draft' OR due_at IS NOT NULL", name=op.f("ck_announcements_scheduled_has_moment")
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinars.id"], name=op.f("fk_announcements_webinar_id_webinars"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_announcements_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["written_by"],
            ["organizers.id"],
            name=op.f("fk_announcements_written_by_organizers"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"],
            ["organizers.id"],
            name=op.f("fk_announcements_approved_by_organizers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcements_webinar_id"), ["webinar_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_announcements_cohort_id"), ["cohort_id"], unique=False)

    op.create_table(
        "mail_wordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(subject = '') = (body = '')", name=op.f("ck_mail_wordings_both_or_neither")),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinars.id"], name=op.f("fk_mail_wordings_webinar_id_webinars"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["written_by"],
            ["organizers.id"],
            name=op.f("fk_mail_wordings_written_by_organizers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_wordings")),
    )
    with op.batch_alter_table("mail_wordings", schema=None) as batch_op:
        batch_op.create_index("uq_mail_wordings_of_webinar", ["webinar_id", "kind", "number"], unique=True)
        batch_op.create_index(
            "uq_mail_wordings_everywhere",
            ["kind", "number"],
            unique=True,
            sqlite_where=EVERYWHERE,
            postgresql_where=EVERYWHERE,
        )

    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("announcement_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("segment", sa.JSON(), server_default="{}", nullable=False))
        batch_op.create_index(batch_op.f("ix_broadcasts_announcement_id"), ["announcement_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_broadcasts_announcement_id_announcements"),
            "announcements",
            ["announcement_id"],
            ["id"],
            ondelete="CASCADE",
        )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deliveries_not_sent",
            ["state", "id"],
            unique=False,
            sqlite_where=NOT_SENT,
            postgresql_where=NOT_SENT,
        )


def downgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_not_sent", sqlite_where=NOT_SENT, postgresql_where=NOT_SENT)
    # An older release has no words for these.
    op.execute("DELETE FROM deliveries WHERE kind IN ('announcement', 'news')")
    op.execute("DELETE FROM broadcasts WHERE announcement_id IS NOT NULL")
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_broadcasts_announcement_id_announcements"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_broadcasts_announcement_id"))
        batch_op.drop_column("segment")
        batch_op.drop_column("announcement_id")
    op.drop_table("mail_wordings")
    op.drop_table("announcements")
