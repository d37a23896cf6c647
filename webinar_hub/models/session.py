"""A session: one live hour of a cohort, with the revision its calendar entries carry."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import public_id


class Session(Base):
    """A live hour: the wall time and zone the organizer meant, and the instants worked out from them."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("cohort_id", "key"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("state IN ('scheduled', 'cancelled')", name="state_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    # The zone may be the cohort's of then: a cohort that moves to another zone re-derives its sessions.
    wall_start: Mapped[str] = mapped_column(String(19))
    zone: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    livestream_url: Mapped[str] = mapped_column(String(2000), default="")
    state: Mapped[str] = mapped_column(String(20), default="scheduled")
    # SEQUENCE of its invites (RFC 5546 2.1.4): rises with every change a calendar shows.
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Rises with every edit by a person, who says which one she has seen (`services/editing.py`).
    version: Mapped[int] = mapped_column(default=1, server_default="1")
