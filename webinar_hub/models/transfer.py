"""A transfer: somebody's wish that a colleague takes her place."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce as new_nonce

OPEN = text("state = 'open'")


class Transfer(Base):
    """One offer to one colleague. Until she takes it, the place stays where it is.

    Of a colleague who did not take it only the beginning of her address is kept (`masked`).
    """

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'taken', 'declined', 'withdrawn', 'expired')", name="state_known"),
        # Nobody can be promised a place that another one is promised.
        Index("uq_transfers_open", "registration_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_transfers_expires_at", "expires_at", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    # The revocable half of the link that the colleague is sent.
    nonce: Mapped[str] = mapped_column(String(32), default=new_nonce)
    # What the form was sent with, so that pressing its button twice is pressing it once.
    form_token: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="open")
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The place that came of it.
    taken_as_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="SET NULL"))
