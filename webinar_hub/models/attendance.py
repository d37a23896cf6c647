"""Append-only evidence of who came and who took what: rows are added, never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class AttendanceSegment(Base):
    """A stretch of presence as one source saw it; a click on "Join" begins one whose end is not known."""

    __tablename__ = "attendance_segments"
    __table_args__ = (
        Index("ix_attendance_segments_session_id_registration_id", "session_id", "registration_id"),
        Index("ix_attendance_segments_registration_id", "registration_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"))
    source: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Download(Base):
    """One material version taken by one registration."""

    __tablename__ = "downloads"
    # Who has what of a drop is counted from the index alone.
    __table_args__ = (
        Index("ix_downloads_drop_id", "drop_id", "registration_id", "material_version_id"),
        Index("ix_downloads_material_version_id", "material_version_id", "drop_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    drop_id: Mapped[int] = mapped_column(ForeignKey("drops.id"))
    material_version_id: Mapped[int] = mapped_column(ForeignKey("material_versions.id"))
    downloaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
