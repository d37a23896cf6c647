"""A registration: a person's place in a cohort, and what she wants to be sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce, public_id

UNPROVEN = text("state = 'unproven'")
WAITING = text("state = 'waitlisted'")
OFFERED = text("state = 'offered'")
JUDGED = text("state IN ('pending', 'declined')")


class Registration(Base):
    """One per person and cohort, however often she signs up, cancels and comes back."""

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("person_id", "cohort_id"),
        CheckConstraint(
            "state IN ('unproven', 'pending', 'waitlisted', 'offered', 'confirmed', 'declined', 'cancelled')",
            name="state_known",
        ),
        CheckConstraint("state != 'offered' OR offer_until IS NOT NULL", name="offer_has_end"),
        CheckConstraint("state != 'waitlisted' OR waiting_since IS NOT NULL", name="waiting_has_moment"),
        CheckConstraint("state = 'pending' OR NOT seat_kept", name="seat_kept_while_pending"),
        # The order in which a broadcast is expanded.
        Index("ix_registrations_cohort_id_id", "cohort_id", "id"),
        # The order in which the studio lists a cohort's people.
        Index("ix_registrations_cohort_id_registered_at_id", "cohort_id", "registered_at", "id"),
        # The few who wait among a hundred thousand who do not: in the order in which a seat is offered to them.
        Index(
            "ix_registrations_waiting",
            *("cohort_id", "waiting_rank", "waiting_since", "id"),
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index("ix_registrations_unproven", "registered_at", sqlite_where=UNPROVEN, postgresql_where=UNPROVEN),
        # Those an organizer has to decide on, and those she said no to.
        Index(
            "ix_registrations_judged",
            *("cohort_id", "state", "registered_at", "id"),
            sqlite_where=JUDGED,
            postgresql_where=JUDGED,
        ),
        Index(
            "ix_registrations_offered",
            *("cohort_id", "offer_until", "id"),
            sqlite_where=OFFERED,
            postgresql_where=OFFERED,
        ),
        # No number is given out twice, even where the newest row is deleted: others remember it (the log, bounces).
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    state: Mapped[str] = mapped_column(String(20), default="confirmed")
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Her place in the waitlist: lower ranks first (an organizer's wish), then who waits longest.
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_rank: Mapped[int] = mapped_column(default=0, server_default="0")
    # Until then a seat is held for her, which is hers if she says yes.
    offer_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # She had a place when the organizer began to look at her again: her seat stays hers until that is decided.
    seat_kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Why the organizer said no, in words she is told.
    reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # What she answered to the cohort's own questions, by the question's key (`rules/questions.py`).
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    # Added to a session's revision in her own invites: rises when she leaves and when she comes back.
    revision: Mapped[int] = mapped_column(default=0)
    # The revocable half of her unsubscribe and download links.
    nonce: Mapped[str] = mapped_column(String(32), default=nonce)
    # What brought her to the sign-up, where the link to it said so (`rules/source.py`).
    source: Mapped[str] = mapped_column(String(40), default="", server_default="")
    reminders_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bonuses_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# Written out as the partial indexes have it, and not as a parameter: else neither database would take them.
IS_WAITING = Registration.state == literal_column("'waitlisted'")
IS_OFFERED = Registration.state == literal_column("'offered'")
IS_JUDGED = Registration.state.in_((literal_column("'pending'"), literal_column("'declined'")))
