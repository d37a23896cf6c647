"""A drop: materials released to a cohort at one moment; a surprise shows nothing of itself before."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import public_id


class Drop(Base):
    """One week's bonus."""

    __tablename__ = "drops"
    __table_args__ = (UniqueConstraint("cohort_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    surprise: Mapped[bool] = mapped_column(default=False)
    wall_release: Mapped[str] = mapped_column(String(19))
    zone: Mapped[str] = mapped_column(String(64))
    release_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # A drop that follows a session moves with it: so many days later, at a time of day or (empty) at its end.
    after_session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id", ondelete="SET NULL"))
    after_days: Mapped[int] = mapped_column(default=0)
    after_at: Mapped[str] = mapped_column(String(8), default="")
    # Or it opens to each one so many days after she came in, at a time of day or (empty) to the minute. Then
    # `release_at` is only when it was made so; who came before `enrolled_from` was past it by then and is left out.
    enrolment_days: Mapped[int | None]
    enrolment_at: Mapped[str] = mapped_column(String(8), default="", server_default="")
    enrolled_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Rises with every edit by a person, who says which one she has seen (`services/editing.py`).
    version: Mapped[int] = mapped_column(default=1, server_default="1")


def place_in_line() -> Any:
    """SQL: how many bonuses of its cohort open before a Drop, those on people's own clocks aside."""
    other = aliased(Drop)
    sooner = or_(other.release_at < Drop.release_at, and_(other.release_at == Drop.release_at, other.id < Drop.id))
    return (
        select(func.count())
        .where(other.cohort_id == Drop.cohort_id, other.enrolment_days.is_(None), sooner)
        .correlate(Drop)
        .scalar_subquery()
    )


class DropMaterial(Base):
    """A material's place in a drop."""

    __tablename__ = "drop_materials"

    drop_id: Mapped[int] = mapped_column(ForeignKey("drops.id", ondelete="CASCADE"), primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("materials.id"), primary_key=True)
    position: Mapped[int]


class DropGrant(Base):
    """One person has a drop before its moment, because somebody of the staff gave it to her."""

    __tablename__ = "drop_grants"

    drop_id: Mapped[int] = mapped_column(ForeignKey("drops.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[str] = mapped_column(String(80))
