"""An announcement: words an organizer writes to a part of a cohort, or of all cohorts of a webinar."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Announcement(Base):
    """draft → scheduled, or draft → waiting (for a second organizer) → scheduled; taking it back makes it a draft.

    `cohort_id` is None for one to every cohort of the webinar. `segment` says to whom (`rules/segment.py`), `body`
    is Markdown with placeholders (`rules/wording.py`). When it goes out there is a broadcast for each cohort.
    """

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'waiting', 'scheduled')", name="state_known"),
        CheckConstraint("kind IN ('announcement', 'news')", name="kind_known"),
        CheckConstraint("state = 'draft' OR due_at IS NOT NULL", name="scheduled_has_moment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinars.id", ondelete="CASCADE"), index=True)
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    # "announcement" belongs to the place somebody has; "news" goes to those who asked for it.
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    segment: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How many people were counted when it was scheduled, and who of the staff wrote and who allowed it.
    counted: Mapped[int] = mapped_column(default=0)
    written_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
