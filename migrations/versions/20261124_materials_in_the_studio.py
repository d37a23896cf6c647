"""materials in the studio: drops given early, files nobody claims, who brought a version.

Revision: 0009
After: 0008
Made: 2026-11-24 23:50:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drop_grants",
        sa.Column("drop_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["drop_id"], ["drops.id"], name=op.f("fk_drop_grants_drop_id_drops"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_drop_grants_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("drop_id", "registration_id", name=op.f("pk_drop_grants")),
    )
    op.create_index(op.f("ix_drop_grants_registration_id"), "drop_grants", ["registration_id"])
    op.create_table(
        "loose_files",
        sa.Column("stored_name", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stored_name", name=op.f("pk_loose_files")),
    )
    op.create_table(
        "handout_texts",
        sa.Column("material_version_id", sa.Integer(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_version_id"],
            ["material_versions.id"],
            name=op.f("fk_handout_texts_material_version_id_material_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("material_version_id", name=op.f("pk_handout_texts")),
    )
    with op.batch_alter_table("material_versions") as batch:
        batch.add_column(sa.Column("added_by", sa.String(length=80), server_default="", nullable=False))
    op.create_index("ix_downloads_drop_id", "downloads", ["drop_id", "registration_id", "material_version_id"])
    op.create_index("ix_downloads_material_version_id", "downloads", ["material_version_id", "drop_id"])


def downgrade() -> None:
    op.drop_table("handout_texts")
    op.drop_index("ix_downloads_material_version_id", "downloads")
    op.drop_index("ix_downloads_drop_id", "downloads")
    with op.batch_alter_table("material_versions") as batch:
        batch.drop_column("added_by")
    op.drop_table("loose_files")
    op.drop_index(op.f("ix_drop_grants_registration_id"), "drop_grants")
    op.drop_table("drop_grants")
