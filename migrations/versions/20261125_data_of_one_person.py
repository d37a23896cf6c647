"""data of one person: who asked for deletion, whom no file brings back, what the clean-up has announced.

Revision: 0022
After: 0021
Made: 2026-11-25 03:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NUMBERED_ONCE = ("people", "registrations", "deliveries")
OPEN = sa.text("state IN ('asked', 'waiting', 'leaving')")
STATES = "state IN ('asked', 'waiting', 'leaving', 'done', 'taken back')"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_erasures_state_known")),
        sa.CheckConstraint(
            "state NOT IN ('waiting', 'leaving') OR due_at IS NOT NULL", name=op.f("ck_erasures_waiting_has_moment")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_erasures_person_id_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(
        "uq_erasures_open", "erasures", ["person_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_erasures_due_at", "erasures", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_erasures_person_id", "erasures", ["person_id"])
    op.create_table(
        "erased_addresses",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_erased_addresses")),
    )
    op.create_table(
        "purges",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_purges")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for name in NUMBERED_ONCE:
            # Unless the table says otherwise, SQLite gives out the number of a deleted newest row again.
            with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
                pass
    with op.batch_alter_table("audit_head") as head:
        head.add_column(sa.Column("begins_after", sa.Integer(), server_default="0", nullable=False))
        head.add_column(sa.Column("begin", sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("audit_head") as head:
        head.drop_column("begin")
        head.drop_column("begins_after")
    op.drop_table("purges")
    op.drop_table("erased_addresses")
    op.drop_index("ix_erasures_person_id", "erasures")
    op.drop_index("ix_erasures_due_at", "erasures")
    op.drop_index("uq_erasures_open", "erasures")
    op.drop_table("erasures")
