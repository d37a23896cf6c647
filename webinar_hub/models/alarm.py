"""An alarm: a webinar whose sign-up is under attack, for how long, and who ended it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Alarm(Base):
    """The latest one of a webinar; it goes on until `until`, which every new sign of an attack puts off."""

    __tablename__ = "alarms"

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinars.id", ondelete="CASCADE"), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200))
    # Somebody of the staff said that it is none: until then nothing raises it again.
    quiet_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
