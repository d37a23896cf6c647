"""A broadcast: one planned message to a cohort's audience, a single row until it is due."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    case,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Broadcast(Base):
    """A message of the plan: `key` names it for ever, `round` counts how often a moved session made it due again.

    planned → expanding → expanded; or planned → withdrawn (the plan no longer has it) or missed (nobody rang
    before it lost its sense).
    """

    __tablename__ = "broadcasts"
    __table_args__ = (
        UniqueConstraint("cohort_id", "key", "round"),
        CheckConstraint("state IN ('planned', 'expanding', 'expanded', 'withdrawn', 'missed')", name="state_known"),
        CheckConstraint("early IN ('begun', 'done')", name="early_known"),
        Index(
            "ix_broadcasts_due_at",
            "due_at",
            sqlite_where=text("state IN ('planned', 'expanding')"),
            postgresql_where=text("state IN ('planned', 'expanding')"),
        ),
        Index(
            "ix_broadcasts_held_until",
            "held_until",
            sqlite_where=text("held_until IS NOT NULL"),
            postgresql_where=text("held_until IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    round: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(40))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    drop_id: Mapped[int | None] = mapped_column(ForeignKey("drops.id", ondelete="CASCADE"))
    # What an organizer wrote, and to which part of the cohort (`rules/segment.py`); what the plan sends is for all.
    announcement_id: Mapped[int | None] = mapped_column(
        ForeignKey("announcements.id", ondelete="CASCADE"), index=True
    )
    segment: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    lead_minutes: Mapped[int | None]
    # A changed session's broadcast remembers what the old time was, for the words of the mail.
    old_starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20), default="planned")
    # One that is due to each person so many days after she came in, at a time of day: it is never done, `due_at` is
    # when the next one's turn is, and whoever came before `own_through` has had it. A bonus on the cohort's clock
    # has such a row for those who came after it (`own_after`), see `rules/own_clock.py`.
    own_days: Mapped[int | None]
    own_at: Mapped[str] = mapped_column(String(8), default="", server_default="")
    own_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    own_through: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How far the expansion has come: the last registration id that was looked at.
    expanded_through: Mapped[int] = mapped_column(default=0)
    expanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # A reminder to many begins before its moment: everybody is written to early, who comes later at the moment.
    early: Mapped[str | None] = mapped_column(String(10))
    # Until then nothing of it leaves, though it may be due: the change behind it can still be taken back.
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def is_free(cls, now: datetime) -> ColumnElement[bool]:
        """SQL: whether nothing holds it back at this moment."""
        return or_(cls.held_until.is_(None), cls.held_until <= now)

    @property
    def leaves(self) -> datetime:
        """When it leaves: at its moment, or when nothing holds it back any more."""
        return max(self.due_at, self.held_until or self.due_at)

    @classmethod
    def leaves_at(cls) -> ColumnElement[datetime]:
        """SQL: the same."""
        return case((cls.held_until > cls.due_at, cls.held_until), else_=cls.due_at)
