"""A program: a cohort without dates, as days from its first week; a dated cohort is made from it in one step."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Program(Base):
    """The offsets of sessions and drops and everything a cohort needs beside them (`rules/program.py`)."""

    __tablename__ = "programs"

    id: Mapped[int] = mapped_column(primary_key=True)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinars.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    sessions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    drops: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    # Zone, capacity, reminders and the other words of the cohort it was made from.
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Rises with every edit by a person, who says which one she has seen (`services/editing.py`).
    version: Mapped[int] = mapped_column(default=1, server_default="1")
