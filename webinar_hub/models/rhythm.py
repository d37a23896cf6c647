"""A person's rhythm: at which hours she wants to be written to, and until when she pauses."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Rhythm(Base):
    """Only who has chosen something has a row. Times of day are minutes after midnight on her own clock.

    What is None is as her cohort has it. `bonus_at` -1 says "at the bonus's own moment", a window from 0 to 1440
    "at any hour". A pause names the topics that rest between its two moments; one that is over stays till the next.
    """

    __tablename__ = "rhythms"
    __table_args__ = (
        CheckConstraint("bonus_at BETWEEN -1 AND 1439", name="bonus_at_in_day"),
        CheckConstraint("(write_from IS NULL) = (write_until IS NULL)", name="window_whole"),
        CheckConstraint("write_from < write_until", name="window_not_empty"),
        CheckConstraint("(paused_at IS NULL) = (paused_until IS NULL)", name="pause_whole"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    bonus_at: Mapped[int | None]
    write_from: Mapped[int | None]
    write_until: Mapped[int | None]
    weekdays_only: Mapped[bool | None]
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pauses_reminders: Mapped[bool] = mapped_column(default=False, server_default=false())
    pauses_bonuses: Mapped[bool] = mapped_column(default=False, server_default=false())
    pauses_news: Mapped[bool] = mapped_column(default=False, server_default=false())
