"""What came back about a mail: a bounce, a complaint, "delivered"; rows are added, never changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime

BOUNCED = text("kind IN ('bounced_hard', 'bounced_soft', 'blocked')")


class DeliveryEvent(Base):
    """One fact about one delivery, as a provider or a mail server told it.

    `provider` and `event_id` name it for ever: told twice it is stored once. `delivery_id` is None where nothing
    proves which mail is meant; such a fact is kept for people to look at and has no consequences. That somebody
    opened a mail is not kept at all.
    """

    __tablename__ = "delivery_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        CheckConstraint(
            "kind IN ('delivered', 'deferred', 'bounced_hard', 'bounced_soft', 'blocked', 'complained', "
            "'unsubscribed')",
            name="kind_known",
        ),
        Index("ix_delivery_events_delivery_id", "delivery_id"),
        # Few among many that say "delivered".
        Index("ix_delivery_events_bounced", "delivery_id", sqlite_where=BOUNCED, postgresql_where=BOUNCED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(20))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    detail: Mapped[str] = mapped_column(String(500), default="")
