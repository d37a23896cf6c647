"""creating in the studio: drafts, programs, presenters with invites, archived cohorts, an organizer's calendar.

Revision: 0008
After: 0007
Made: 2026-11-24 23:50:00
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AFTER = "state IN ('draft', 'open', 'cancelled')"
BEFORE = "state IN ('open', 'cancelled')"


def upgrade() -> None:
    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_cohorts_state_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_cohorts_state_known"), AFTER)
        batch_op.add_column(sa.Column("host_url", sa.String(length=2000), server_default="", nullable=False))
        batch_op.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("presenters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("disclosure_other", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("email", sa.String(length=254), server_default="", nullable=False))
        batch_op.add_column(sa.Column("link_nonce", sa.String(length=32), server_default="", nullable=False))
    _give_nonces()
    _drafts()
    _programs()
    _presenter_invites()
    op.create_table(
        "organizer_feeds",
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["organizers.id"],
            name=op.f("fk_organizer_feeds_organizer_id_organizers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organizer_id", name=op.f("pk_organizer_feeds")),
    )


def _give_nonces() -> None:
    """A start link whose revocable half is empty could be guessed by whoever knows the signing key of old."""
    connection = op.get_bind()
    presenters = sa.table("presenters", sa.column("id", sa.Integer), sa.column("link_nonce", sa.String))
    for id_ in connection.scalars(sa.select(presenters.c.id)).all():
        new = secrets.token_urlsafe(16)
        connection.execute(sa.update(presenters).where(presenters.c.id == id_).values(link_nonce=new))


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=120), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organizer_id"], ["organizers.id"], name=op.f("fk_drafts_organizer_id_organizers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("organizer_id", "form", name=op.f("uq_drafts_organizer_id_form")),
    )


def _programs() -> None:
    op.create_table(
        "programs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("sessions", sa.JSON(), nullable=False),
        sa.Column("drops", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinars.id"], name=op.f("fk_programs_webinar_id_webinars"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programs")),
    )
    op.create_index(op.f("ix_programs_webinar_id"), "programs", ["webinar_id"], unique=False)


def _presenter_invites() -> None:
    op.create_table(
        "presenter_invites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("session_revision", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('invited', 'cancelled')", name=op.f("ck_presenter_invites_state_known")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_presenter_invites_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presenter_invites")),
        sa.UniqueConstraint("public_id", name=op.f("uq_presenter_invites_public_id")),
        sa.UniqueConstraint("session_id", "email", name=op.f("uq_presenter_invites_session_id_email")),
    )


def downgrade() -> None:
    for table in ("organizer_feeds", "presenter_invites", "programs", "drafts"):
        op.drop_table(table)
    with op.batch_alter_table("presenters", schema=None) as batch_op:
        for column in ("link_nonce", "email", "disclosure_other"):
            batch_op.drop_column(column)
    # Before, a cohort that is there was open to the public: a draft must not become that by going back.
    op.execute("UPDATE cohorts SET state = 'cancelled' WHERE state = 'draft'")
    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.drop_column("archived_at")
        batch_op.drop_column("host_url")
        batch_op.drop_constraint(op.f("ck_cohorts_state_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_cohorts_state_known"), BEFORE)
