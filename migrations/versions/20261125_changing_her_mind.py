"""changing her mind: an address that waits for its proof, former addresses, places offered to a colleague.

Revision: 0019
After: 0018
Made: 2026-11-25 03:25:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "address_wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("stop_nonce", sa.String(length=32), nullable=False),
        sa.Column("keeps_feed", sa.Boolean(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_address_wishes_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_wishes")),
        sa.UniqueConstraint("person_id", name=op.f("uq_address_wishes_person_id")),
    )
    op.create_index(op.f("ix_address_wishes_expires_at"), "address_wishes", ["expires_at"])
    op.create_table(
        "former_addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_former_addresses_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_addresses")),
    )
    op.create_index(op.f("ix_former_addresses_person_id"), "former_addresses", ["person_id"])
    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("form_token", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("offered_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("taken_as_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'declined', 'withdrawn', 'expired')", name=op.f("ck_transfers_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_transfers_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["taken_as_id"],
            ["registrations.id"],
            name=op.f("fk_transfers_taken_as_id_registrations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("form_token", name=op.f("uq_transfers_form_token")),
    )
    op.create_index(op.f("ix_transfers_registration_id"), "transfers", ["registration_id"])
    op.create_index(
        "uq_transfers_open",
        "transfers",
        ["registration_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_transfers_expires_at", "transfers", ["expires_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    for table in ("transfers", "former_addresses", "address_wishes"):
        op.drop_table(table)
