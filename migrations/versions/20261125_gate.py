"""who may come in, and how carefully: alarms, proof of work, and where a consent was given.

Revision: 0017
After: 0016
Made: 2026-11-25 03:25:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SWITCHES = "proof_of_work IN ('', 'never', 'attack', 'always')"


def upgrade() -> None:
    with op.batch_alter_table("cohorts") as cohorts:
        cohorts.add_column(sa.Column("proof_of_work", sa.String(length=10), server_default="", nullable=False))
        cohorts.create_check_constraint(op.f("ck_cohorts_proof_of_work_known"), SWITCHES)
    with op.batch_alter_table("consents") as consents:
        consents.add_column(sa.Column("network", sa.String(length=64), server_default="", nullable=False))
        consents.add_column(sa.Column("registration_id", sa.Integer(), nullable=True))
        consents.create_foreign_key(
            op.f("fk_consents_registration_id_registrations"),
            "registrations",
            ["registration_id"],
            ["id"],
            ondelete="SET NULL",
        )
        consents.create_index(op.f("ix_consents_registration_id"), ["registration_id"])
    op.create_table(
        "alarms",
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinars.id"], name=op.f("fk_alarms_webinar_id_webinars"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("webinar_id", name=op.f("pk_alarms")),
    )
    # The few who have not shown yet that their address is theirs, to be forgotten in time.
    unproven = sa.text("state = 'unproven'")
    op.create_index(
        "ix_registrations_unproven",
        "registrations",
        ["registered_at"],
        sqlite_where=unproven,
        postgresql_where=unproven,
    )


def downgrade() -> None:
    op.drop_index("ix_registrations_unproven", "registrations")
    op.drop_table("alarms")
    with op.batch_alter_table("consents") as consents:
        consents.drop_index(op.f("ix_consents_registration_id"))
        consents.drop_constraint(op.f("fk_consents_registration_id_registrations"), type_="foreignkey")
        consents.drop_column("registration_id")
        consents.drop_column("network")
    with op.batch_alter_table("cohorts") as cohorts:
        cohorts.drop_constraint(op.f("ck_cohorts_proof_of_work_known"), type_="check")
        cohorts.drop_column("proof_of_work")
