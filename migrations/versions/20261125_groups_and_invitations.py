"""groups and invitations: who is asked to come, access codes and what they cost, webinars that are in no list.

Revision: 0020
After: 0019
Made: 2026-11-25 03:25:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

DUE = sa.text("due_at IS NOT NULL")
HELD = sa.text("seat_until IS NOT NULL")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("webinars") as webinars:
        webinars.add_column(sa.Column("visibility", sa.String(length=12), server_default="listed", nullable=False))
        webinars.create_check_constraint(
            op.f("ck_webinars_visibility_known"), "visibility IN ('listed', 'unlisted', 'invitation')"
        )
    with op.batch_alter_table("cohorts") as cohorts:
        cohorts.add_column(sa.Column("needs_code", sa.Boolean(), server_default=sa.false(), nullable=False))
        cohorts.add_column(sa.Column("has_codes", sa.Boolean(), server_default=sa.false(), nullable=False))
        cohorts.add_column(sa.Column("takes_groups", sa.Boolean(), server_default=sa.true(), nullable=False))
        cohorts.add_column(sa.Column("group_hold_hours", sa.Integer(), nullable=True))
    with op.batch_alter_table("notices") as notices:
        notices.add_column(sa.Column("unsubscribe_url", sa.String(length=2000), server_default="", nullable=False))
    _lists()
    _invitations()
    _codes()


def _lists() -> None:
    op.create_table(
        "invitation_lists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("form_token", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("inviter_name", sa.String(length=120), nullable=False),
        sa.Column("inviter_email", sa.String(length=254), nullable=False),
        sa.Column("organisation", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("remind_after_days", sa.Integer(), nullable=True),
        sa.Column("link_nonce", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('group', 'organizer')", name=op.f("ck_invitation_lists_kind_known")),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_invitation_lists_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_lists")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_lists_public_id")),
        sa.UniqueConstraint("form_token", name=op.f("uq_invitation_lists_form_token")),
    )
    op.create_index("ix_invitation_lists_cohort_id_kind", "invitation_lists", ["cohort_id", "kind", "id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("mailed_at", MOMENT, nullable=True),
        sa.Column("seat_until", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'invited', 'registered', 'declined', 'withdrawn', 'bounced')",
            name=op.f("ck_invitations_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["invitation_lists.id"],
            name=op.f("fk_invitations_list_id_invitation_lists"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_invitations_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_invitations_registration_id_registrations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitations_public_id")),
        sa.UniqueConstraint("list_id", "email_key", name=op.f("uq_invitations_list_id_email_key")),
    )
    op.create_index("ix_invitations_cohort_id_state", "invitations", ["cohort_id", "state", "id"])
    op.create_index("ix_invitations_email_key_mailed_at", "invitations", ["email_key", "mailed_at"])
    op.create_index("ix_invitations_registration_id", "invitations", ["registration_id"])
    op.create_index(
        "ix_invitations_due_at", "invitations", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index(
        "ix_invitations_seat_until", "invitations", ["seat_until"], sqlite_where=HELD, postgresql_where=HELD
    )
    op.create_table(
        "invitation_refusals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=24), nullable=False),
        sa.Column("refused_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_refusals")),
        sa.UniqueConstraint("address_hash", "scope", name=op.f("uq_invitation_refusals_address_hash_scope")),
    )


def _codes() -> None:
    op.create_table(
        "access_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("gives_back", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_access_codes_uses_not_negative")),
        sa.CheckConstraint("max_uses IS NULL OR uses <= max_uses", name=op.f("ck_access_codes_not_overused")),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_access_codes_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_codes")),
        sa.UniqueConstraint("cohort_id", "code", name=op.f("uq_access_codes_cohort_id_code")),
    )
    op.create_table(
        "code_uses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.Column("given_back_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["code_id"], ["access_codes.id"], name=op.f("fk_code_uses_code_id_access_codes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_code_uses_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_uses")),
        sa.UniqueConstraint("code_id", "registration_id", name=op.f("uq_code_uses_code_id_registration_id")),
    )
    op.create_index("ix_code_uses_registration_id", "code_uses", ["registration_id"])


def downgrade() -> None:
    for table in ("code_uses", "access_codes", "invitation_refusals", "invitations", "invitation_lists"):
        op.drop_table(table)
    with op.batch_alter_table("notices") as notices:
        notices.drop_column("unsubscribe_url")
    with op.batch_alter_table("cohorts") as cohorts:
        for name in ("group_hold_hours", "takes_groups", "has_codes", "needs_code"):
            cohorts.drop_column(name)
    with op.batch_alter_table("webinars") as webinars:
        webinars.drop_constraint(op.f("ck_webinars_visibility_known"), type_="check")
        webinars.drop_column("visibility")
