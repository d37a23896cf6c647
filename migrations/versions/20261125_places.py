"""places: a seat that is kept while an organizer looks at somebody again, and those who wait for that found.

Revision: 0016
After: 0015
Made: 2026-11-25 03:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


OFFERED = sa.text("state = 'offered'")
JUDGED = sa.text("state IN ('pending', 'declined')")


def upgrade() -> None:
    with op.batch_alter_table("registrations") as registrations:
        registrations.add_column(sa.Column("seat_kept", sa.Boolean(), server_default=sa.false(), nullable=False))
        registrations.create_check_constraint(
            op.f("ck_registrations_seat_kept_while_pending"), "state = 'pending' OR NOT seat_kept"
        )
    op.drop_index("ix_registrations_offer_until", "registrations")
    op.create_index(
        "ix_registrations_offered",
        "registrations",
        ["cohort_id", "offer_until", "id"],
        sqlite_where=OFFERED,
        postgresql_where=OFFERED,
    )
    op.create_index(
        "ix_registrations_judged",
        "registrations",
        ["cohort_id", "state", "registered_at", "id"],
        sqlite_where=JUDGED,
        postgresql_where=JUDGED,
    )


def downgrade() -> None:
    op.drop_index("ix_registrations_judged", "registrations")
    op.drop_index("ix_registrations_offered", "registrations")
    op.create_index(
        "ix_registrations_offer_until",
        "registrations",
        ["offer_until"],
        sqlite_where=OFFERED,
        postgresql_where=OFFERED,
    )
    with op.batch_alter_table("registrations") as registrations:
        registrations.drop_constraint(op.f("ck_registrations_seat_kept_while_pending"), type_="check")
        registrations.drop_column("seat_kept")
