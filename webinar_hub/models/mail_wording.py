"""The words an organizer gave a kind of mail, for one webinar or for all; every version is kept."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class MailWording(Base):
    """One version. The highest `number` is in force; without `subject` and `body` it says "our own words again".

    `body` is Markdown with placeholders (`rules/wording.py`), never a template.
    """

    __tablename__ = "mail_wordings"
    __table_args__ = (
        CheckConstraint("(subject = '') = (body = '')", name="both_or_neither"),
        # NULL differs from NULL in a unique constraint, so "all webinars" needs an index of its own.
        Index("uq_mail_wordings_of_webinar", "webinar_id", "kind", "number", unique=True),
        Index(
            "uq_mail_wordings_everywhere",
            "kind",
            "number",
            unique=True,
            sqlite_where=text("webinar_id IS NULL"),
            postgresql_where=text("webinar_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webinar_id: Mapped[int | None] = mapped_column(ForeignKey("webinars.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    written_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
