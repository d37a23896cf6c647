"""An organizer's own calendar to subscribe to: every session she may see, with how many are registered."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce


class OrganizerFeed(Base):
    """The revocable half of the calendar's address; without a row there is no calendar."""

    __tablename__ = "organizer_feeds"

    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(32), default=nonce)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
