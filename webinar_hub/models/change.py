"""A change of a cohort's dates, with what was before: as long as nobody has been told it can be taken back (B6)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Change(Base):
    """What somebody changed at once. `until` is None where nothing waited, because it was too late to wait.

    `before` and `after` hold, by table and row, only what differs (`services/picture.py`).
    """

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_cohort_id_until", "cohort_id", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    actor: Mapped[str] = mapped_column(String(80))
    words: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class SilencedDelivery(Base):
    """A mail that a change took out of the outbox and that comes back when the change is taken back."""

    __tablename__ = "silenced_deliveries"

    change_id: Mapped[int] = mapped_column(ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    # Whoever was sending it at that moment held it until then.
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
