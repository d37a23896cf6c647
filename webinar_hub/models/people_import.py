"""A file of people on its way in: kept from the upload until it is applied or thrown away."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class PeopleImport(Base):
    """`rows` are the cells of the file below its heading; they are forgotten once it is applied.

    `columns` says for each field which column (from 0) holds it; `result` what became of the rows.
    """

    __tablename__ = "people_imports"
    __table_args__ = (CheckConstraint("state IN ('uploaded', 'applied')", name="state_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"))
    file_name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="uploaded")
    heading: Mapped[list[str]] = mapped_column(JSON)
    rows: Mapped[list[list[str]]] = mapped_column(JSON)
    columns: Mapped[dict[str, int]] = mapped_column(JSON)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
