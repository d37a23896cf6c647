"""rhythm: single dates of a series, hours and pauses of a person, bonuses on her own clock.

Revision: 0021
After: 0020
Made: 2026-11-25 03:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_choices",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("out", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_session_choices_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_session_choices_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", "session_id", name=op.f("pk_session_choices")),
    )
    op.create_index(op.f("ix_session_choices_session_id"), "session_choices", ["session_id"])
    op.create_table(
        "rhythms",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("bonus_at", sa.Integer(), nullable=True),
        sa.Column("write_from", sa.Integer(), nullable=True),
        sa.Column("write_until", sa.Integer(), nullable=True),
        sa.Column("weekdays_only", sa.Boolean(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pauses_reminders", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("pauses_bonuses", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("pauses_news", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("bonus_at BETWEEN -1 AND 1439", name=op.f("ck_rhythms_bonus_at_in_day")),
        sa.CheckConstraint("(write_from IS NULL) = (write_until IS NULL)", name=op.f("ck_rhythms_window_whole")),
        sa.CheckConstraint("write_from < write_until", name=op.f("ck_rhythms_window_not_empty")),
        sa.CheckConstraint("(paused_at IS NULL) = (paused_until IS NULL)", name=op.f("ck_rhythms_pause_whole")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_rhythms_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_rhythms")),
    )
    op.add_column("drops", sa.Column("enrolment_days", sa.Integer(), nullable=True))
    op.add_column("drops", sa.Column("enrolment_at", sa.String(length=8), server_default="", nullable=False))
    op.add_column("drops", sa.Column("enrolled_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cohorts", sa.Column("bonus_at", sa.Integer(), nullable=True))
    op.add_column("cohorts", sa.Column("write_from", sa.Integer(), server_default="0", nullable=False))
    op.add_column("cohorts", sa.Column("write_until", sa.Integer(), server_default="1440", nullable=False))
    op.add_column("cohorts", sa.Column("weekdays_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("broadcasts", sa.Column("own_days", sa.Integer(), nullable=True))
    op.add_column("broadcasts", sa.Column("own_at", sa.String(length=8), server_default="", nullable=False))
    op.add_column("broadcasts", sa.Column("own_after", sa.DateTime(timezone=True), nullable=True))
    op.add_column("broadcasts", sa.Column("own_through", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # An older release would take them for broadcasts to the whole cohort.
    op.execute("DELETE FROM broadcasts WHERE own_days IS NOT NULL")
    with op.batch_alter_table("broadcasts") as broadcasts:
        for name in ("own_through", "own_after", "own_at", "own_days"):
            broadcasts.drop_column(name)
    op.execute("UPDATE cohorts SET late_join = 'all past drops' WHERE late_join = 'one per day'")
    with op.batch_alter_table("cohorts") as cohorts:
        for name in ("weekdays_only", "write_until", "write_from", "bonus_at"):
            cohorts.drop_column(name)
    with op.batch_alter_table("drops") as drops:
        for name in ("enrolled_from", "enrolment_at", "enrolment_days"):
            drops.drop_column(name)
    op.drop_table("rhythms")
    op.drop_index(op.f("ix_session_choices_session_id"), table_name="session_choices")
    op.drop_table("session_choices")
