"""Invitations: lists of people who are asked to come, each with a link and an answer of her own (FEATURES A9)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce, public_id

DUE = text("due_at IS NOT NULL")
HELD = text("seat_until IS NOT NULL")


class InvitationList(Base):
    """One list: a group that a manager signs up ("group"), or whom the organizer invites ("organizer").

    `form_token` names the form it came from, so that sending that twice is sending it once.
    """

    __tablename__ = "invitation_lists"
    __table_args__ = (
        CheckConstraint("kind IN ('group', 'organizer')", name="kind_known"),
        Index("ix_invitation_lists_cohort_id_kind", "cohort_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    form_token: Mapped[str] = mapped_column(String(64), unique=True)
    # Who asks them: a manager as she gave herself, or what the organizer calls the list.
    title: Mapped[str] = mapped_column(String(120), default="")
    inviter_name: Mapped[str] = mapped_column(String(120), default="")
    inviter_email: Mapped[str] = mapped_column(String(254), default="")
    organisation: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    # The organizer's own words, Markdown.
    words: Mapped[str] = mapped_column(Text, default="")
    remind_after_days: Mapped[int | None]
    # The revocable half of the manager's link.
    link_nonce: Mapped[str] = mapped_column(String(32), default=nonce)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Invitation(Base):
    """One person who is asked to come. `due_at` is when the next mail to her is to be written, None for no more.

    Her address is not a person's before she signs up herself. `email_key` is it as it is compared.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("list_id", "email_key"),
        CheckConstraint(
            "state IN ('planned', 'invited', 'registered', 'declined', 'withdrawn', 'bounced')", name="state_known"
        ),
        Index("ix_invitations_cohort_id_state", "cohort_id", "state", "id"),
        Index("ix_invitations_email_key_mailed_at", "email_key", "mailed_at"),
        Index("ix_invitations_due_at", "due_at", "id", sqlite_where=DUE, postgresql_where=DUE),
        Index("ix_invitations_seat_until", "seat_until", sqlite_where=HELD, postgresql_where=HELD),
        Index("ix_invitations_registration_id", "registration_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    list_id: Mapped[int] = mapped_column(ForeignKey("invitation_lists.id", ondelete="CASCADE"))
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254))
    state: Mapped[str] = mapped_column(String(12), default="planned")
    # The revocable half of her link.
    nonce: Mapped[str] = mapped_column(String(32), default=nonce)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How many times she was to be written to, and when the last time was.
    mails: Mapped[int] = mapped_column(default=0)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # A seat counted in the cohort is kept for her until then.
    seat_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="SET NULL"))


class InvitationRefusal(Base):
    """An address that wants no invitations: to one cohort ("cohort:12") or any ("all"), as a keyed hash."""

    __tablename__ = "invitation_refusals"
    __table_args__ = (UniqueConstraint("address_hash", "scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(24))
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime)
