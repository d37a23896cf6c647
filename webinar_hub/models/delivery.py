"""A delivery: one message to one person, the row of the outbox.

It is written in the transaction of the change that caused it: a database queue exists here because only then
"registered" and "will be written to" can never come apart.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime

OPEN_STATES = text("state IN ('queued', 'sending')")
NOT_SENT_STATES = text("state IN ('failed', 'expired', 'cancelled', 'suppressed')")


class Delivery(Base):
    """queued → sending → sent; or failed, expired, cancelled, suppressed. `docs/message-states.md` has the picture.

    `key` is what it is, for ever and for everybody: a second row of the same key cannot exist, and every mail
    carries it as X-Entity-Ref-ID. `lease_token` fences: only who holds it may record what became of the row.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'expired', 'cancelled', 'suppressed')",
            name="state_known",
        ),
        CheckConstraint("state != 'sending' OR lease_until IS NOT NULL", name="sending_is_leased"),
        CheckConstraint("state != 'sent' OR sent_at IS NOT NULL", name="sent_has_moment"),
        CheckConstraint("(registration_id IS NULL) = (notice_id IS NOT NULL)", name="to_somebody"),
        Index(
            "ix_deliveries_open",
            "priority",
            "due_at",
            "id",
            sqlite_where=OPEN_STATES,
            postgresql_where=OPEN_STATES,
        ),
        # What has lost its sense is looked for at every ring, and must be found among a million that have not.
        Index("ix_deliveries_expires_at", "expires_at", sqlite_where=OPEN_STATES, postgresql_where=OPEN_STATES),
        # The few that did not get out, for whoever looks after them among a million that did.
        Index(
            "ix_deliveries_not_sent",
            "state",
            "id",
            sqlite_where=NOT_SENT_STATES,
            postgresql_where=NOT_SENT_STATES,
        ),
        Index("ix_deliveries_registration_id", "registration_id"),
        Index("ix_deliveries_broadcast_id_state", "broadcast_id", "state"),
        Index(
            "uq_deliveries_notice_id",
            "notice_id",
            unique=True,
            sqlite_where=text("notice_id IS NOT NULL"),
            postgresql_where=text("notice_id IS NOT NULL"),
        ),
        # No number is given out twice, even where the newest row is deleted: others remember it (the log, bounces).
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    # Whom it goes to: somebody registered, or whoever a notice is for.
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    drop_id: Mapped[int | None] = mapped_column(ForeignKey("drops.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    priority: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The Date and DTSTAMP of the mail: set by the first attempt, so that every attempt has the same bytes.
    composed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply: Mapped[str | None] = mapped_column(String(500))
