"""An invite's answer: what a person's calendar said about one session."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class InviteReply(Base):
    """The newest answer of one registration to the invite of one session.

    It answers the invite of that `sequence`: once the session has moved, it says nothing about the new time.
    `replied_at` is the calendar's own moment (DTSTAMP), which tells the newer of two answers.
    """

    __tablename__ = "invite_replies"
    __table_args__ = (
        UniqueConstraint("registration_id", "session_id"),
        CheckConstraint("answer IN ('accepted', 'declined', 'tentative')", name="answer_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    answer: Mapped[str] = mapped_column(String(20))
    sequence: Mapped[int]
    replied_at: Mapped[datetime] = mapped_column(UtcDateTime)
