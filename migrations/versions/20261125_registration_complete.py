"""registration, complete: waiting, offered, decided, proven, and what a cohort asks of whoever comes in.

Revision: 0015
After: 0014
Made: 2026-11-25 03:05:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AFTER = "state IN ('unproven', 'pending', 'waitlisted', 'offered', 'confirmed', 'declined', 'cancelled')"
BEFORE = "state IN ('confirmed', 'cancelled')"
WAITING = sa.text("state = 'waitlisted'")
OFFERED = sa.text("state = 'offered'")


def upgrade() -> None:
    with op.batch_alter_table("registrations") as registrations:
        registrations.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
        registrations.add_column(sa.Column("waiting_rank", sa.Integer(), server_default="0", nullable=False))
        registrations.add_column(sa.Column("offer_until", sa.DateTime(timezone=True), nullable=True))
        registrations.add_column(sa.Column("reason", sa.String(length=500), server_default="", nullable=False))
        registrations.add_column(sa.Column("answers", sa.JSON(), server_default="{}", nullable=False))
        registrations.drop_constraint(op.f("ck_registrations_state_known"), type_="check")
        registrations.create_check_constraint(op.f("ck_registrations_state_known"), AFTER)
        registrations.create_check_constraint(
            op.f("ck_registrations_offer_has_end"), "state != 'offered' OR offer_until IS NOT NULL"
        )
        registrations.create_check_constraint(
            op.f("ck_registrations_waiting_has_moment"), "state != 'waitlisted' OR waiting_since IS NOT NULL"
        )
    op.create_index(
        "ix_registrations_waiting",
        "registrations",
        ["cohort_id", "waiting_rank", "waiting_since", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_registrations_offer_until",
        "registrations",
        ["offer_until"],
        sqlite_where=OFFERED,
        postgresql_where=OFFERED,
    )
    op.add_column("people", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    no = sa.false()
    for name in ("has_waitlist", "needs_approval", "approval_again", "proves_address"):
        op.add_column("cohorts", sa.Column(name, sa.Boolean(), server_default=no, nullable=False))
    op.add_column("cohorts", sa.Column("offer_minutes", sa.Integer(), server_default="720", nullable=False))
    op.add_column("cohorts", sa.Column("changes_close_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("cohorts") as cohorts:
        for name in (
            *("has_waitlist", "needs_approval", "approval_again", "proves_address"),
            *("offer_minutes", "changes_close_at"),
        ):
            cohorts.drop_column(name)
    with op.batch_alter_table("people") as people:
        people.drop_column("proven_at")
    op.drop_index("ix_registrations_offer_until", "registrations")
    op.drop_index("ix_registrations_waiting", "registrations")
    # Nobody of these has a seat; an older release knows only the two who came to stay and who left.
    op.execute("UPDATE registrations SET state = 'cancelled' WHERE state NOT IN ('confirmed', 'cancelled')")
    with op.batch_alter_table("registrations") as registrations:
        registrations.drop_constraint(op.f("ck_registrations_waiting_has_moment"), type_="check")
        registrations.drop_constraint(op.f("ck_registrations_offer_has_end"), type_="check")
        registrations.drop_constraint(op.f("ck_registrations_state_known"), type_="check")
        registrations.create_check_constraint(op.f("ck_registrations_state_known"), BEFORE)
        for name in ("answers", "reason", "offer_until", "waiting_rank", "waiting_since"):
            registrations.drop_column(name)
    # Seats kept for whoever was offered one, was undecided or invited would be nobody's from now on.
    op.execute(
        "UPDATE cohorts SET seats_taken = (SELECT count(*) FROM registrations"
        " WHERE registrations.cohort_id = cohorts.id AND registrations.state = 'confirmed')"
    )
