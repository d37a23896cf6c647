"""What a presenter has been told of a session: the entry in her own calendar, under a UID of its own."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import public_id


class PresenterInvite(Base):
    """One entry for one address and session; it outlives the presenter's row, so that it can be taken back."""

    __tablename__ = "presenter_invites"
    __table_args__ = (
        UniqueConstraint("session_id", "email"),
        CheckConstraint("state IN ('invited', 'cancelled')", name="state_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(20), default="invited")
    # SEQUENCE of the last mail (RFC 5546 section 2.1.4).
    revision: Mapped[int] = mapped_column(default=0)
    # The session's revision that it told of.
    session_revision: Mapped[int]
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
