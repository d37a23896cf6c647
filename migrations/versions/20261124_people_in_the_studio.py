"""people in the studio: what they are found by, tags, notes, saved views, imports, who was merged.

Revision: 0010
After: 0009
Made: 2026-11-24 23:50:00
"""

import sqlalchemy as sa
from alembic import op

from webinar_hub.core.search_words import search_text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BOUNCED = sa.text("kind IN ('bounced_hard', 'bounced_soft', 'blocked')")
AT_ONCE = 2000


def upgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("search", sa.String(length=500), server_default="", nullable=False))
    _fill_search()
    op.create_index("ix_people_search", "people", ["search", "id"])
    op.create_index(
        "ix_registrations_cohort_id_registered_at_id", "registrations", ["cohort_id", "registered_at", "id"]
    )
    op.create_index("ix_attendance_segments_registration_id", "attendance_segments", ["registration_id"])
    op.create_index(
        "ix_delivery_events_bounced",
        "delivery_events",
        ["delivery_id"],
        sqlite_where=BOUNCED,
        postgresql_where=BOUNCED,
    )
    _records()
    _lists()


def _fill_search() -> None:
    people = sa.table("people", sa.column("id"), sa.column("name"), sa.column("email"), sa.column("search"))
    change = sa.update(people).where(people.c.id == sa.bindparam("row")).values(search=sa.bindparam("words"))
    last = 0
    while (
        rows := op.get_bind()
        .execute(
            sa.select(people.c.id, people.c.name, people.c.email)
            .where(people.c.id > last)
            .order_by(people.c.id)
            .limit(AT_ONCE)
        )
        .all()
    ):
        op.get_bind().execute(change, [{"row": r.id, "words": search_text(r.name, r.email)} for r in rows])
        last = rows[-1].id


def _records() -> None:
    op.create_table(
        "person_tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_person_tags_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_tags")),
        sa.UniqueConstraint("person_id", "word", name=op.f("uq_person_tags_person_id_word")),
    )
    op.create_index("ix_person_tags_word_person_id", "person_tags", ["word", "person_id"])
    op.create_table(
        "person_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_person_notes_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_notes")),
    )
    op.create_index(op.f("ix_person_notes_person_id"), "person_notes", ["person_id"])
    op.create_table(
        "merged_people",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_merged_people_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["people.id"], name=op.f("fk_merged_people_into_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_merged_people")),
    )
    op.create_index(op.f("ix_merged_people_into_id"), "merged_people", ["into_id"])


def _lists() -> None:
    op.create_table(
        "people_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["organizers.id"],
            name=op.f("fk_people_views_organizer_id_organizers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_people_views_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_views")),
    )
    op.create_index(op.f("ix_people_views_organizer_id"), "people_views", ["organizer_id"])
    op.create_index(op.f("ix_people_views_cohort_id"), "people_views", ["cohort_id"])
    op.create_table(
        "people_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("heading", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('uploaded', 'applied')", name=op.f("ck_people_imports_state_known")),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_people_imports_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["organizers.id"],
            name=op.f("fk_people_imports_organizer_id_organizers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_imports")),
    )
    op.create_index(op.f("ix_people_imports_cohort_id"), "people_imports", ["cohort_id"])


def downgrade() -> None:
    for table in ("people_imports", "people_views", "merged_people", "person_notes", "person_tags"):
        op.drop_table(table)
    op.drop_index("ix_delivery_events_bounced", table_name="delivery_events")
    op.drop_index("ix_attendance_segments_registration_id", table_name="attendance_segments")
    op.drop_index("ix_registrations_cohort_id_registered_at_id", table_name="registrations")
    op.drop_index("ix_people_search", table_name="people")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("search")
