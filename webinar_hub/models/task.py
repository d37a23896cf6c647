"""A task: something only a person can do, such as calling somebody whom no mail reaches."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime

OPEN = text("done_at IS NULL")


class Task(Base):
    """One thing to do. `key` names it for ever, so that nothing is asked for twice.

    `text` holds no name and no address: those are read from the registration when the task is shown.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_open", "created_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_tasks_registration_id", "registration_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
