"""A registration: a person's place in a cohort, and what she wants to be sent."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce, public_id


class Registration(Base):
    """One per person and cohort, however often she signs up, cancels and comes back."""

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("person_id", "cohort_id"),
        CheckConstraint("state IN ('confirmed', 'cancelled')", name="state_known"),
        # The order in which a broadcast is expanded.
        Index("ix_registrations_cohort_id_id", "cohort_id", "id"),
        # The order in which the studio lists a cohort's people.
        Index("ix_registrations_cohort_id_registered_at_id", "cohort_id", "registered_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    state: Mapped[str] = mapped_column(String(20), default="confirmed")
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Added to a session's revision in her own invites: rises when she leaves and when she comes back.
    revision: Mapped[int] = mapped_column(default=0)
    # The revocable half of her unsubscribe and download links.
    nonce: Mapped[str] = mapped_column(String(32), default=nonce)
    # What brought her to the sign-up, where the link to it said so (`rules/source.py`).
    source: Mapped[str] = mapped_column(String(40), default="", server_default="")
    reminders_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bonuses_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
