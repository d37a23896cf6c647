"""What somebody needs to take part fully, and whether it is arranged."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime

OPEN = text("arranged_at IS NULL")


class Accommodation(Base):
    """One wish per registration; asking for something else opens it again."""

    __tablename__ = "accommodations"
    __table_args__ = (Index("ix_accommodations_open", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), unique=True)
    # Of the words in `rules/accommodations.py`.
    needs: Mapped[list[str]] = mapped_column(JSON, default=list)
    words: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arranged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arranged_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"))
    # What she is told about it.
    note: Mapped[str] = mapped_column(String(1000), default="")
    # Counts what was arranged, so that each time is one mail.
    times: Mapped[int] = mapped_column(default=0)
