"""what comes back: facts about mails, suppression, tasks, calendar replies, how far the inbox is read.

Revision: 0004
After: 0003
Made: 2026-11-24 20:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "state IN ('queued', 'sending', 'sent', 'failed', 'expired', 'cancelled')"
AFTER = "state IN ('queued', 'sending', 'sent', 'failed', 'expired', 'cancelled', 'suppressed')"
KINDS = "kind IN ('delivered', 'deferred', 'bounced_hard', 'bounced_soft', 'blocked', 'complained', 'unsubscribed')"


def upgrade() -> None:
    _states_of_a_delivery(AFTER)
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suppression_lifted_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("declined_frees_seat", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    _delivery_events()
    _tasks()
    _invite_replies()
    op.create_table(
        "inbox_positions",
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_inbox_positions")),
    )


def _states_of_a_delivery(states: str) -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_deliveries_state_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_deliveries_state_known"), states)


def _delivery_events() -> None:
    op.create_table(
        "delivery_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_delivery_events_kind_known")),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_delivery_events_delivery_id_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_events")),
        sa.UniqueConstraint("provider", "event_id", name=op.f("uq_delivery_events_provider_event_id")),
    )
    op.create_index("ix_delivery_events_delivery_id", "delivery_events", ["delivery_id"], unique=False)


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_tasks_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_tasks_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_tasks_key")),
    )
    still_open = sa.text("done_at IS NULL")
    op.create_index(
        "ix_tasks_open",
        "tasks",
        ["created_at", "id"],
        unique=False,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_tasks_registration_id", "tasks", ["registration_id"], unique=False)


def _invite_replies() -> None:
    op.create_table(
        "invite_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "answer IN ('accepted', 'declined', 'tentative')", name=op.f("ck_invite_replies_answer_known")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_invite_replies_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_invite_replies_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_replies")),
        sa.UniqueConstraint(
            "registration_id", "session_id", name=op.f("uq_invite_replies_registration_id_session_id")
        ),
    )
    op.create_index(op.f("ix_invite_replies_session_id"), "invite_replies", ["session_id"], unique=False)


def downgrade() -> None:
    for table in ("inbox_positions", "invite_replies", "tasks", "delivery_events"):
        op.drop_table(table)
    # Not as a batch: SQLite would write the tables anew, and dropping the old ones empties what points at them.
    op.drop_column("cohorts", "declined_frees_seat")
    op.drop_column("people", "suppression_lifted_at")
    op.execute("UPDATE deliveries SET state = 'cancelled' WHERE state = 'suppressed'")
    _states_of_a_delivery(BEFORE)
